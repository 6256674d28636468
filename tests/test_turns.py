"""Who makes way for whom."""

from core.events import Control
from core.recipe import PRESETS
from core.runs import Run, State
from core.turns import making_way


def runs(owners: str, state: State) -> list[Run]:
    """One run of each owner, a letter each; "-" is nobody in particular. Their ids are the letters and their places."""
    common = {"title": "own", "recipe": PRESETS["ten-lines"], "state": state, "attempt": 0, "control": Control()}
    return [
        Run.model_validate({"id": f"{owner}{place}", "owner": owner.strip("-"), "created": place, **common})
        for place, owner in enumerate(owners)
    ]


def chosen(running: str, waiting: str, long: str) -> list[str]:
    return sorted(making_way(runs(running, State.RUNNING), runs(waiting, State.QUEUED), long.split()))


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
