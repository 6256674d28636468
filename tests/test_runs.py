"""The ledger: a queue in order, events of the right attempt, exactly one end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.events import Progress
from core.recipe import PRESETS, Recipe
from core.runs import Ledger, State

RECIPE = PRESETS["ten-lines"]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


def progress(images: int) -> Progress:
    return Progress(
        epoch=1, images=images, loss=1.5, accuracy=0.5, images_per_second=1e4, seconds=1.0, seconds_left=2.0
    )


def state(ledger: Ledger, run_id: str) -> State:
    run = ledger.get(run_id)
    assert run is not None
    return run.state


def test_submitted_run_waits_with_its_recipe(ledger: Ledger) -> None:
    run = ledger.get(ledger.submit(RECIPE, "ten-lines"))
    assert run is not None
    assert (run.state, run.recipe, run.title, run.attempt) == (State.QUEUED, RECIPE, "ten-lines", 0)


def test_unknown_run_is_none(ledger: Ledger) -> None:
    assert ledger.get("nonsense") is None
    assert ledger.position("nonsense") is None
    assert ledger.events("nonsense") == []


def test_queue_is_in_order_of_submission(ledger: Ledger) -> None:
    ids = [ledger.submit(RECIPE, "ten-lines") for _ in range(3)]
    assert [ledger.position(run_id) for run_id in ids] == [1, 2, 3]
    claimed = [ledger.claim() for _ in range(4)]
    assert [run and run.id for run in claimed] == [*ids, None]
    assert [ledger.position(run_id) for run_id in ids] == [None, None, None]


def test_newest_run_is_listed_first(ledger: Ledger) -> None:
    ids = [ledger.submit(RECIPE, "ten-lines") for _ in range(3)]
    assert [run.id for run in ledger.recent(2)] == ids[:0:-1]


def test_events_come_back_in_order_after_a_sequence_number(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    told = [progress(images) for images in (32, 64, 96)]
    assert all(ledger.record(run_id, 1, event) for event in told)
    everything = ledger.events(run_id)
    assert [event for _, event in everything] == told
    assert ledger.events(run_id, after=everything[0][0]) == everything[1:]


def test_events_of_an_older_attempt_are_dropped(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.record(run_id, 1, progress(32))
    ledger.lost(run_id, 1, "The trainer process died")
    assert not ledger.record(run_id, 1, progress(64))
    again = ledger.claim()
    assert again is not None
    assert (again.id, again.attempt, again.reason) == (run_id, 2, "The trainer process died")
    assert ledger.events(run_id) == []
    assert not ledger.record(run_id, 1, progress(64))
    assert not ledger.finish(run_id, 1, State.DONE)
    assert state(ledger, run_id) == State.RUNNING


def test_lost_run_goes_before_those_that_wait(ledger: Ledger) -> None:
    first, second = (ledger.submit(RECIPE, "ten-lines") for _ in range(2))
    ledger.claim()
    ledger.lost(first, 1, "The trainer process died")
    assert [ledger.position(run_id) for run_id in (first, second)] == [1, 2]


def test_run_lost_three_times_has_failed(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    for attempt in (1, 2, 3):
        assert ledger.claim() is not None
        ledger.lost(run_id, attempt, "The trainer process died")
    run = ledger.get(run_id)
    assert run is not None
    assert run.state == State.FAILED
    assert run.reason == "The trainer process died 3 times"


def test_lost_run_that_was_asked_to_stop_is_stopped(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_stop(run_id)
    ledger.lost(run_id, 1, "The trainer process died")
    assert state(ledger, run_id) == State.STOPPED


def test_stop_while_queued_ends_it_at_once(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.request_stop(run_id)
    assert state(ledger, run_id) == State.STOPPED
    assert ledger.claim() is None


def test_stop_while_running_is_a_wish_the_trainer_fulfils(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    ledger.request_stop(run_id)
    ledger.request_stop(run_id)
    (run,) = ledger.running()
    assert run.stop_requested


def test_ended_run_keeps_its_first_end(ledger: Ledger) -> None:
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    assert ledger.finish(run_id, 1, State.DONE, model="ten-lines-1", test_accuracy=0.9, test_loss=0.4)
    assert not ledger.finish(run_id, 1, State.FAILED, reason="late")
    ledger.request_stop(run_id)
    ledger.lost(run_id, 1, "late")
    run = ledger.get(run_id)
    assert run is not None
    assert (run.state, run.model, run.reason, run.test_accuracy) == (State.DONE, "ten-lines-1", None, 0.9)


def test_run_cannot_be_finished_with_a_state_that_is_no_end(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="must be done, stopped or failed"):
        ledger.finish("any", 1, State.RUNNING)


def test_ledger_is_the_same_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    before = Ledger(url)
    run_id = before.submit(Recipe(seed=7), "own")
    before.close()
    after = Ledger(url)
    run = after.get(run_id)
    after.close()
    assert run is not None
    assert run.recipe.seed == 7
