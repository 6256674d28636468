"""Runs on real trainer processes: queue, stop, a killed trainer, one server a state folder."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core import library, runs
from core.engine import Engine
from core.events import EpochEnd, Progress
from core.recipe import OUTPUT, PRESETS, Dense, Recipe
from core.runs import Ledger, Run, State
from core.settings import settings

QUICK = PRESETS["ten-lines"].with_changes(training_images=2000, epochs=2)
LONG = PRESETS["express-mlp"].with_changes(epochs=200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("lab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITLAB_STATE", str(folder / "state"))
        patch.setenv("DIGITLAB_MODELS", str(folder / "models"))
        settings.cache_clear()
        runs.ledger.cache_clear()
        yield folder
    settings.cache_clear()
    runs.ledger.cache_clear()


@pytest.fixture(scope="module")
def ledger(folder: Path) -> Iterator[Ledger]:
    ledger = runs.ledger()
    engine = Engine(ledger, trainers=1)
    engine.start()
    yield ledger
    engine.close()
    ledger.close()


def wait_for(ledger: Ledger, run_id: str, fact: Callable[[Run], bool], seconds: float = 90) -> Run:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        run = ledger.get(run_id)
        assert run is not None
        if fact(run):
            return run
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain: {run}")


def ended(run: Run) -> bool:
    return run.state.ended


def test_run_becomes_a_model_that_can_be_loaded(ledger: Ledger) -> None:
    run_id = ledger.submit(QUICK, "own")
    run = wait_for(ledger, run_id, ended)
    assert run.state == State.DONE, run.reason
    assert run.model == f"own-{run_id}"
    assert run.model in library.names()
    model = library.load(run.model)
    assert model.recipe == QUICK
    assert model.card.test_accuracy == run.test_accuracy
    told = [event for _, event in ledger.events(run_id)]
    assert [event.epoch for event in told if isinstance(event, EpochEnd)] == [1, 2]
    assert sum(isinstance(event, Progress) for event in told) >= 2
    assert told[-1].images == 4000


def test_running_run_stops_when_told_and_keeps_no_model(ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    waiting = ledger.submit(QUICK, "own")
    wait_for(ledger, run_id, lambda run: bool(ledger.events(run_id)))
    assert ledger.position(waiting) == 1
    ledger.request_stop(run_id)
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.model) == (State.STOPPED, None)
    assert wait_for(ledger, waiting, ended).state == State.DONE


def test_run_that_diverges_fails_with_the_reason(ledger: Ledger) -> None:
    linear = Dense(units=64, activation="linear")
    wild = Recipe(layers=(linear, linear, linear, OUTPUT), optimizer="sgd", learning_rate=10)
    run = wait_for(ledger, ledger.submit(wild, "own"), ended)
    assert run.state == State.FAILED
    assert "stopped being a number" in (run.reason or "")


def test_killed_trainer_is_replaced_and_the_run_begins_again(ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: bool(ledger.events(run_id)))
    (trainer,) = _trainers()
    os.kill(trainer, signal.SIGKILL)
    run = wait_for(ledger, run_id, lambda run: run.attempt == 2 and bool(ledger.events(run_id)))
    assert run.state == State.RUNNING
    assert run.reason == "The trainer process died"
    ledger.request_stop(run_id)
    assert wait_for(ledger, run_id, ended).state == State.STOPPED


def test_second_server_on_one_state_folder_refuses(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="Another Digit Lab server uses"):
        Engine(ledger, trainers=1).start()


def _trainers() -> list[int]:
    """The trainer processes of this test process: the ones that hold TensorFlow."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if child.memory_info().rss > 400e6]
