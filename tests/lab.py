"""What the tests of the engine share: a lab of its own, trainers elsewhere, waiting for a run, finding its trainers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from core import runs
from core.engine import Engine
from core.run import Run
from core.runs import Ledger
from core.settings import ROOT, settings


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


@contextmanager
def cluster(folder: Path, workers: int, memory: float = 6) -> Iterator[str]:
    """A scheduler and its workers, started by the commands that the README gives; they share no folder with us."""
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    found = elsewhere / "scheduler.json"
    dask = [sys.executable, "-m", "dask"]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "DIGITLAB_STATE": str(elsewhere / "state"),
        "DIGITLAB_MODELS": str(elsewhere / "models"),
        "DIGITLAB_AHEAD": "false",
        "DIGITLAB_TRAINER_MEMORY": str(memory),
    }
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(found)]
    with open(elsewhere / "log", "wb") as log:
        start = partial(subprocess.Popen, cwd=elsewhere, env=environment, stdout=log, stderr=subprocess.STDOUT)
        processes = [start([*dask, *scheduler])]
        while not found.exists():
            time.sleep(0.1)
            assert processes[0].poll() is None, (elsewhere / "log").read_text()
        address = json.loads(found.read_text())["address"]
        worker = ["worker", address, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
        processes += [start([*dask, *worker, "--preload", "core.training.warm"]) for _ in range(workers)]
        yield address
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def wait_for(ledger: Ledger, run_id: str, fact: Callable[[Run], bool], seconds: float = 180) -> Run:
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
