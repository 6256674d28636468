"""What the engine does when its own steps fail, with real trainers: no run is lost, stuck or made twice."""

import errno
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import CancelledError, Nanny, Status
from sqlalchemy.exc import OperationalError

from core import checkpoints, library, uploads
from core import engine as engines
from core.engine import Engine, _Running
from core.events import Control, EpochEnd, Progress
from core.jobs import Job
from core.recipe import PRESETS
from core.run import State
from core.runs import Ledger
from core.settings import settings
from tests.lab import ended, lab, running, trainers, wait_for

QUICK = PRESETS["ten-lines"].with_changes(training_images=2000, epochs=2)
LONG = PRESETS["express-mlp"].with_changes(epochs=200)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with lab(tmp_path_factory.mktemp("lab"), turn=0.05) as ledger, running(ledger) as engine:
        yield engine


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    return engine._ledger


class Trouble(Exception):
    """A database that is locked, a file that another program holds."""


def failing(times: int, does: Callable[..., object], error: Exception | None = None) -> Callable[..., object]:
    """What fails so often, and then does what it should."""
    left = [None] * times

    def do(*asked: object, **named: object) -> object:
        if left:
            left.pop()
            raise error or Trouble
        return does(*asked, **named)

    return do


def test_outcome_that_takes_long_to_come_is_asked_for_again(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BROUGHT_WITHIN", 1e-6)
    run_id = ledger.submit(QUICK, "own")
    wait_for(ledger, run_id, lambda run: run_id in engine._jobs and engine._jobs[run_id].sent.done())
    time.sleep(1)
    run = wait_for(ledger, run_id, lambda run: True)
    assert run.state == State.RUNNING
    monkeypatch.undo()
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.model) == (State.DONE, f"own-{run_id}")


def test_run_whose_trainer_dies_before_its_outcome_was_brought_is_tried_again(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "BROUGHT_WITHIN", 1e-6)
    run_id = ledger.submit(QUICK, "own")
    wait_for(ledger, run_id, lambda run: run_id in engine._jobs and engine._jobs[run_id].sent.done())
    for trainer in trainers():
        os.kill(trainer, signal.SIGKILL)
    wait_for(ledger, run_id, lambda run: run.attempt == 2)
    monkeypatch.undo()
    assert wait_for(ledger, run_id, ended).state == State.DONE


def test_model_is_published_once_though_its_end_could_not_be_written_down(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "finish", failing(1, ledger.finish))
    run_id = ledger.submit(QUICK, "own")
    assert wait_for(ledger, run_id, ended).state == State.DONE
    assert [name for name in library.names() if run_id in name] == [f"own-{run_id}"]


def test_run_that_cannot_be_begun_is_tried_three_times_and_then_fails(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "rewind", failing(3, ledger.rewind))
    run_id, after = (ledger.submit(QUICK, "own") for _ in range(2))
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.reason) == (State.FAILED, "It could not be started 3 times")
    assert wait_for(ledger, after, ended).state == State.DONE


def test_trainer_is_free_though_what_a_run_left_cannot_be_removed(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, after = (ledger.submit(QUICK, "own") for _ in range(2))
    monkeypatch.setattr(uploads, "file", failing(1, uploads.file))
    assert [wait_for(ledger, each, ended).state for each in (run_id, after)] == [State.DONE] * 2


def test_ledger_that_cannot_be_written_for_a_while_costs_no_trainer_and_no_event(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "MOST_STUMBLES", 1)
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    before = trainers()
    monkeypatch.setattr(ledger, "record", failing(5, ledger.record, full))
    run_id = ledger.submit(QUICK, "own")
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.attempt, run.deaths) == (State.DONE, 1, 0)
    assert trainers() == before
    assert [event.epoch for _, event in ledger.events(run_id) if isinstance(event, EpochEnd)] == [1, 2]


def test_trainer_that_dask_cannot_replace_is_there_again_after_a_while(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "TOO_FEW_FOR", 2)
    assert wait_for(ledger, ledger.submit(QUICK, "own"), ended).state == State.DONE
    (nanny,) = [each for each in Nanny._instances if each.status == Status.running]
    nanny.auto_restart = False
    for trainer in trainers():
        os.kill(trainer, signal.SIGKILL)
    assert wait_for(ledger, ledger.submit(QUICK, "own"), ended).state == State.DONE


def test_run_is_not_given_again_to_the_trainer_that_just_died(tmp_path: Path) -> None:
    """It dies after the engine has asked who is there, and before it hears of the run."""
    there, begun = [{"dead"}, {"another"}], []
    trainers = SimpleNamespace(
        addresses=lambda: there.pop(0),
        are_all=len,
        begin=lambda job, trainer, control: begun.append((job.attempt, trainer)),
        call_off=lambda attempts: None,
    )
    died = SimpleNamespace(
        done=lambda: True, status="error", exception=lambda timeout: CancelledError("died"), release=lambda: None
    )
    with lab(tmp_path) as ledger:
        engine = Engine(ledger, trainers=1)
        ledger.submit(QUICK, "own")
        run = ledger.claim()
        assert run is not None
        engine._jobs[run.id] = _Running(Job(run.id, 1, "own", QUICK), died, "dead", run.control, time.monotonic())
        engine._look(trainers)  # type: ignore[arg-type]
        assert begun == [(2, "another")]


def test_trainers_are_not_blamed_for_silence_while_the_server_stood_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "STOOD_STILL", 0.5)
    with lab(tmp_path) as ledger:
        stopped = Engine(ledger, trainers=1)
        stopped._jobs["a"] = _Running(Job("a", 1, "own", QUICK), None, "", Control(), time.monotonic())
        silent: list[float] = []

        def look(_trainers: object) -> None:
            silent.append(time.monotonic() - stopped._jobs["a"].heard_at)
            if len(silent) == 2:
                stopped._closing.set()
            time.sleep(1)  # as if somebody had pressed Ctrl+Z

        monkeypatch.setattr(stopped, "_look", look)
        stopped._look_again_and_again(SimpleNamespace(reachable=True))  # type: ignore[arg-type]
        assert max(silent) < 0.5


def test_what_is_no_event_is_dropped_and_the_run_goes_on(engine: Engine, ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: ledger.progress(run_id) is not None)
    told = ledger.progress(run_id)
    assert told is not None
    broken = told.model_copy(update={"probe": (float("nan"),) * 10})
    engine._told.append({"run_id": run_id, "attempt": 1, "event": broken.model_dump_json()})
    wait_for(ledger, run_id, lambda run: (ledger.progress(run_id) or told).images > told.images)
    ledger.request_stop(run_id)
    wait_for(ledger, run_id, ended)
    assert all(not event.probe for _, event in ledger.events(run_id) if isinstance(event, Progress))


def test_long_run_makes_way_for_somebody_else_and_goes_on_where_it_was(ledger: Ledger) -> None:
    long = ledger.submit(LONG, "own", "a")
    wait_for(ledger, long, lambda run: ledger.progress(run.id) is not None)
    quick = ledger.submit(QUICK, "own", "b")
    assert wait_for(ledger, quick, ended).state == State.DONE
    stood = ledger.progress(long)
    wait_for(ledger, long, lambda run: run.state == State.RUNNING and ledger.progress(run.id) != stood)
    ledger.request_stop(long)
    run = wait_for(ledger, long, ended)
    assert (run.attempt, run.deaths) == (2, 0)
    told = [event.images for _, event in ledger.events(long)]
    assert told == sorted(told)


def test_ctrl_c_that_reaches_a_trainer_too_is_left_to_the_server(ledger: Ledger) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: ledger.progress(run.id) is not None)
    for trainer in trainers():
        os.kill(trainer, signal.SIGINT)
    heard = ledger.progress(run_id)
    wait_for(ledger, run_id, lambda run: ledger.progress(run.id) != heard)
    ledger.request_stop(run_id)
    run = wait_for(ledger, run_id, ended)
    assert (run.state, run.attempt, run.deaths) == (State.STOPPED, 1, 0)


def test_run_paused_on_a_full_disk_goes_on_from_its_checkpoint_before(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: checkpoints.file(run_id).exists())
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(checkpoints, "keep", failing(1000, checkpoints.keep, full))
    ledger.request_pause(run_id)
    wait_for(ledger, run_id, lambda run: run.state == State.PAUSED)
    monkeypatch.undo()
    ledger.resume(run_id)
    run = wait_for(ledger, run_id, lambda run: run.state == State.RUNNING and ledger.has_told(run))
    epochs = [event.epoch for _, event in ledger.events(run_id) if isinstance(event, EpochEnd)]
    assert epochs[:1] == [1]
    assert (run.attempt, run.deaths) == (2, 0)
    ledger.request_stop(run_id)
    wait_for(ledger, run_id, ended)


def test_what_stopped_runs_and_killed_writers_left_is_removed(engine: Engine, ledger: Ledger, tmp_path: Path) -> None:
    run_id = ledger.submit(LONG, "own")
    wait_for(ledger, run_id, lambda run: ledger.progress(run_id) is not None)
    ledger.request_pause(run_id)
    wait_for(ledger, run_id, lambda run: run.state == State.PAUSED)
    kept = checkpoints.file(run_id)
    left = [settings().models / name for name in (".new-1", ".gone-1", ".new-2")]
    uploads.folder().mkdir(exist_ok=True)
    half, card = uploads.folder() / ".1.safetensors-x", settings().models / "mine" / ".card.json-x"
    card.parent.mkdir(parents=True)
    for file in (half, card):
        file.write_bytes(b"half")
    for folder in left:
        folder.mkdir()
        (folder / "model.onnx").write_bytes(b"half")
    for old in (*left[:2], half, card):
        os.utime(old, (time.time() - 7200,) * 2)
    engine._sweep()
    assert kept.exists()
    assert [path.exists() for path in (*left, half, card)] == [False, False, True, False, False]  # one may go on
    card.parent.rmdir()
    ledger.request_stop(run_id)
    engine._sweep()
    assert not kept.exists()
