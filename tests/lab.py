"""What the tests of the engine share: a lab of its own, waiting for a run, finding its trainers."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from core import runs
from core.engine import Engine
from core.runs import Ledger, Run
from core.settings import settings


@contextmanager
def lab(folder: Path, **changes: object) -> Iterator[Ledger]:
    """The ledger of a state folder and a library of its own, with these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"state": folder / "state", "models": folder / "models", "ahead": False, **changes}.items():
            patch.setenv(f"DIGITLAB_{name.upper()}", str(value))
        settings.cache_clear()
        runs.ledger.cache_clear()
        try:
            ledger = runs.ledger()
            yield ledger
            ledger.close()
        finally:
            settings.cache_clear()
            runs.ledger.cache_clear()
    settings.cache_clear()


@contextmanager
def running(ledger: Ledger) -> Iterator[Engine]:
    """An engine with one trainer."""
    engine = Engine(ledger, trainers=1)
    engine.start()
    yield engine
    engine.close()


def wait_for(ledger: Ledger, run_id: str, fact: Callable[[Run], bool], seconds: float = 90) -> Run:
    """The run, once something is so."""
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


def trainers(pid: int | None = None) -> list[int]:
    """The trainer processes below this process, or another one: those that hold TensorFlow."""
    children = psutil.Process(pid).children(recursive=True)
    return [child.pid for child in children if _memory(child) > 400e6]


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
