"""What the engine does when its own steps fail, with a trainer that is only played: no run is lost or made twice."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import library, uploads
from core.engine import Engine
from core.events import Progress
from core.jobs import Outcome
from core.library import FILES, MORE_FILES
from core.recipe import PRESETS
from core.runs import Ledger, Run, State
from core.settings import ROOT, settings
from tests.lab import lab

QUICK = PRESETS["ten-lines"]
TOLD = Progress(epoch=1, images=32, loss=1, accuracy=0.5, images_per_second=1e4, seconds=1, seconds_left=2)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with lab(tmp_path) as ledger:
        yield ledger


class Trouble(Exception):
    """A database that is locked, a file that another program holds."""


class Trainer:
    """A Dask client with one trainer, and the future of its job: what they are asked, and what they answer."""

    def __init__(self, *outcomes: Outcome | Exception) -> None:
        self.status, self.outcomes = "finished", [*outcomes]
        self.scheduler = SimpleNamespace(identity=None)

    def sync(self, _: object) -> dict[str, Any]:
        return {"workers": {"here": {}}}

    def submit(self, *_: object, **__: object) -> "Trainer":
        return self

    def done(self) -> bool:
        return bool(self.outcomes)

    def release(self) -> None:
        """Nobody needs it any more."""

    def result(self, timeout: float) -> Outcome:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


@pytest.fixture
def engine(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine that nobody started, and that has no line to its trainer."""
    monkeypatch.setattr(Engine, "_tell", lambda *_: None)
    return Engine(ledger, trainers=1)


def look(engine: Engine, trainer: Trainer) -> None:
    engine._look(trainer)  # type: ignore[arg-type]


def get(ledger: Ledger, run_id: str) -> Run:
    run = ledger.get(run_id)
    assert run is not None
    return run


def bundle() -> dict[str, bytes]:
    return {file: (ROOT / "trained_models" / "ten-lines" / file).read_bytes() for file in (*FILES, *MORE_FILES)}


def test_outcome_that_takes_long_to_come_is_asked_for_again(engine: Engine, ledger: Ledger) -> None:
    run_id = ledger.submit(QUICK, "own")
    slow = Trainer(TimeoutError(), Outcome(0, bundle()))
    for _ in range(2):
        look(engine, slow)
    assert get(ledger, run_id).state == State.RUNNING
    look(engine, slow)
    assert (get(ledger, run_id).state, get(ledger, run_id).model) == (State.DONE, f"own-{run_id}")


def test_model_is_published_once_though_its_end_could_not_be_written_down(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ledger.submit(QUICK, "own")
    outcome = Outcome(0, bundle())
    trainer = Trainer(outcome, outcome)
    look(engine, trainer)
    with monkeypatch.context() as full:
        full.setattr(ledger, "finish", fail)
        with pytest.raises(Trouble):
            look(engine, trainer)
    look(engine, trainer)
    assert get(ledger, run_id).state == State.DONE
    assert library.names() == [f"own-{run_id}"]


def test_run_that_cannot_be_begun_is_tried_three_times_and_then_fails(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = ledger.submit(QUICK, "own")
    with monkeypatch.context() as full:
        full.setattr(ledger, "rewind", fail)
        for _ in range(3):
            with pytest.raises(Trouble):
                look(engine, Trainer())
    look(engine, Trainer())
    assert (get(ledger, run_id).state, get(ledger, run_id).reason) == (State.FAILED, "It could not be started 3 times")


def test_trainer_is_free_though_what_a_run_left_cannot_be_removed(
    engine: Engine, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (ledger.submit(QUICK, "own") for _ in range(2))
    trainer = Trainer(Outcome(0, bundle()))
    look(engine, trainer)
    with monkeypatch.context() as busy:
        busy.setattr(Path, "unlink", fail)
        with pytest.raises(Trouble):
            look(engine, trainer)
    look(engine, trainer)
    assert [get(ledger, run_id).state for run_id in (first, second)] == [State.DONE, State.RUNNING]


def test_what_is_no_event_is_dropped_and_the_others_are_kept(engine: Engine, ledger: Ledger) -> None:
    run_id = ledger.submit(QUICK, "own")
    look(engine, Trainer())
    broken = TOLD.model_copy(update={"probe": (float("nan"),) * 10})
    for event in (broken, TOLD):
        engine._told.append({"run_id": run_id, "attempt": 1, "event": event.model_dump_json()})
    look(engine, Trainer())
    assert [event for _, event in ledger.events(run_id)] == [TOLD]


def test_what_stopped_runs_and_killed_writers_left_is_removed(engine: Engine, ledger: Ledger) -> None:
    run_id = ledger.submit(QUICK, "own")
    look(engine, Trainer())
    ledger.request_pause(run_id)
    ledger.paused(run_id, 1)
    kept = engine._checkpoint_file(run_id)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"where it stood")
    left = [settings().models / ".new-1", settings().models / ".gone-1", settings().models / ".new-2"]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(b"half")
    uploads.folder().mkdir()
    half = uploads.folder() / ".1.safetensors-x"
    half.write_bytes(b"half")
    for old in (*left[:2], half):
        os.utime(old, (time.time() - 7200,) * 2)
    engine._sweep()
    assert kept.exists()
    assert [path.exists() for path in (*left, half)] == [False, False, True, False]  # one is perhaps being written
    ledger.request_stop(run_id)
    engine._sweep()
    assert not kept.exists()


def fail(*_: object, **__: object) -> None:
    raise Trouble
