"""What leads a run from one state to the next."""

from typing import Any

import pytest

from core import transitions
from core.events import Control
from core.recipe import PRESETS
from core.run import Run, State
from core.transitions import MOST_DEATHS, Change


def run(state: State, attempt: int = 1, deaths: int = 0, **control: Any) -> Run:
    return Run(
        id="a", title="own", recipe=PRESETS["ten-lines"], state=state, attempt=attempt, deaths=deaths, created=1,
        control=Control(**control),
    )  # fmt: skip


def state(change: Change) -> State | None:
    return change.get("state")


@pytest.mark.parametrize("end", [State.DONE, State.STOPPED, State.FAILED])
def test_nothing_changes_a_run_that_has_ended(end: State) -> None:
    over = run(end)
    assert transitions.stop(over, keep=False) == transitions.stop(over, keep=True) == {}
    assert transitions.pause(over) == transitions.resume(over) == transitions.ask(over, slow=True) == {}
    assert transitions.put_aside(over, 1, made_way=False) == transitions.lose(over, 1, "It died", blame=True) == {}


@pytest.mark.parametrize(
    ("before", "attempt", "after"),
    [
        (State.QUEUED, 0, State.STOPPED),  # it has not begun to learn
        (State.QUEUED, 1, State.QUEUED),
        (State.PAUSED, 1, State.QUEUED),
        (State.RUNNING, 1, None),  # its trainer is asked
    ],
)
def test_model_is_made_of_what_has_begun_to_learn(before: State, attempt: int, after: State | None) -> None:
    change = transitions.stop(run(before, attempt), keep=True)
    assert state(change) == after
    assert Control.model_validate_json(change["control"]).stop == "keep"
    assert bool(change.get("first")) == (after == State.QUEUED)


def test_what_was_thrown_away_is_not_kept_and_not_paused() -> None:
    asked = run(State.RUNNING, stop="discard")
    assert transitions.stop(asked, keep=True) == transitions.pause(asked) == {}


@pytest.mark.parametrize(
    ("control", "after"),
    [
        ({"stop": "discard"}, State.STOPPED),
        ({"stop": "keep"}, State.QUEUED),
        ({"pause": True}, State.PAUSED),
        ({}, State.QUEUED),
    ],
)
def test_what_a_trainer_put_aside_does_what_people_asked_last(control: dict[str, Any], after: State) -> None:
    assert state(transitions.put_aside(run(State.RUNNING, **control), 1, made_way=True)) == after


def test_word_of_an_older_attempt_changes_nothing() -> None:
    again = run(State.RUNNING, attempt=2)
    assert transitions.put_aside(again, 1, made_way=False) == transitions.lose(again, 1, "It died", blame=True) == {}


def test_only_a_run_that_is_to_blame_fails_for_its_trainers_deaths() -> None:
    often = run(State.RUNNING, deaths=MOST_DEATHS - 1)
    assert state(transitions.lose(often, 1, "It died", blame=True)) == State.FAILED
    assert state(transitions.lose(often, 1, "The server was stopped", blame=False)) == State.QUEUED
