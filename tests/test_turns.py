"""Whose turn it is, and who makes way for whom."""

from collections import Counter

from core.events import Control
from core.recipe import PRESETS
from core.run import Run, State
from core.turns import in_turns, making_way


def runs(owners: str, state: State) -> list[Run]:
    """One run of each owner, a letter each; "-" is nobody in particular. Their ids are the letters and their places."""
    common = {"title": "own", "recipe": PRESETS["ten-lines"], "state": state, "attempt": 0, "control": Control()}
    return [
        Run.model_validate({"id": f"{owner}{place}", "owner": owner.strip("-"), "created": place, **common})
        for place, owner in enumerate(owners)
    ]


def chosen(running: str, waiting: str, long: str) -> list[str]:
    return sorted(making_way(runs(running, State.RUNNING), runs(waiting, State.QUEUED), long.split()))


def queue(waiting: str, running: str = "", served: dict[str, float] | None = None, lost: str = "") -> str:
    """The owners of those that wait, who came in the order of these letters, in the order of their turns."""
    rows = [
        {"number": place, "owner": owner.strip("-"), "first": owner in lost, "made_way": None, "created": float(place)}
        for place, owner in enumerate(waiting, 1)
    ]
    return "".join(row["owner"] or "-" for row in in_turns(rows[::-1], Counter(running), served or {}))


def test_everybody_s_first_turn_comes_before_anybody_s_second() -> None:
    assert queue("aaabbc") == "abcaba"


def test_owners_with_runs_going_on_come_after_those_without() -> None:
    assert queue("aab", running="a") == "baa"


def test_whoever_has_just_had_a_trainer_comes_after_those_who_waited_by_then() -> None:
    assert queue("abc", served={"a": 2.5}) == "bac"


def test_runs_of_nobody_in_particular_each_have_the_first_turn() -> None:
    assert queue("a--a", running="--") == "a--a"


def test_run_whose_trainer_was_lost_comes_first() -> None:
    assert queue("abc", running="cc", lost="c") == "cab"


def test_a_long_run_makes_way_for_somebody_else() -> None:
    assert chosen("a", "b", "a0") == ["a0"]


def test_nobody_makes_way_for_nobody_or_for_themselves() -> None:
    assert chosen("a", "", "a0") == chosen("a", "aa", "a0") == []


def test_what_has_not_had_its_turn_goes_on() -> None:
    assert chosen("ab", "cd", "b1") == ["b1"]


def test_one_that_waits_needs_one_trainer() -> None:
    assert chosen("abc", "d", "c2 a0 b1") == ["c2"]
    assert chosen("abc", "de", "c2 a0 b1") == ["a0", "c2"]


def test_nobody_makes_way_for_an_owner_who_has_as_many_going_on() -> None:
    assert chosen("ab", "b", "a0") == []
    assert chosen("aab", "b", "a0 a1") == ["a0"]
    assert chosen("aa", "bb", "a0 a1") == ["a0"]  # then both have one


def test_runs_of_nobody_in_particular_are_everybody_s() -> None:
    assert chosen("-", "-", "-0") == chosen("-", "a", "-0") == ["-0"]
    assert chosen("a", "-", "a0") == ["a0"]


def test_run_that_has_just_ended_is_not_asked() -> None:
    assert chosen("a", "b", "gone a0") == ["a0"]
