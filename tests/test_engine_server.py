"""Trouble of the server itself: killed with runs in its ledger, on a disk that is full."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

import core.trainers
from core import library
from core.engine import Engine
from core.events import EpochEnd
from core.layers import OUTPUT, Dense
from core.recipe import PRESETS, Recipe
from core.run import State
from core.runs import Ledger
from core.settings import ROOT
from tests.lab import cluster, ended, lab, trainers, wait_for

QUICK = PRESETS["ten-lines"].with_changes(training_images=2000, epochs=2)
LONG = PRESETS["express-mlp"].with_changes(epochs=200)
SERVER = """
import time
from core.engine import Engine
from core.runs import ledger
if __name__ == "__main__":
    Engine(ledger(), trainers=1).start()
    time.sleep(1000)
"""


@contextmanager
def server(folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """An engine in a process of its own, killed with -9 at the end: it has no time to say goodbye."""
    script = folder / "server.py"
    script.write_text(SERVER)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, script], cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def epochs(ledger: Ledger, run_id: str) -> list[int]:
    return [event.epoch for _, event in ledger.events(run_id) if isinstance(event, EpochEnd)]


def test_outcomes_that_wait_to_be_brought_do_not_keep_a_server_that_ends(tmp_path: Path) -> None:
    with lab(tmp_path) as ledger:
        engine, go_on = Engine(ledger, trainers=1), threading.Event()
        bringing = [engine._bringers.submit(go_on.wait, 10) for _ in range(80)]
        engine.close()
        go_on.set()
        assert bringing[-1].cancelled()


def test_server_that_ends_does_not_wait_for_trainers_that_still_warm_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\n\ntime.sleep(1000)\n")
    monkeypatch.setattr(core.trainers, "WARM_UP", str(slow))
    with lab(tmp_path) as ledger:
        engine = Engine(ledger, trainers=2)
        engine.start()
        while len(multiprocessing.active_children()) < 2:
            time.sleep(0.1)
        engine.close()
        assert not engine._thread.is_alive()
        assert not multiprocessing.active_children()


def test_killed_server_finds_its_queue_again_and_leaves_no_process_behind(tmp_path: Path) -> None:
    with lab(tmp_path) as ledger:
        going = ledger.submit(LONG.with_changes(epochs=8), "own")
        waiting = [ledger.submit(QUICK, "own") for _ in range(3)]
        with server(tmp_path) as first:
            wait_for(ledger, going, lambda run: len(epochs(ledger, going)) >= 2)
            children = [process.pid for process in psutil.Process(first.pid).children(recursive=True)]
            assert trainers(first.pid)
        assert [ledger.position(run_id) for run_id in waiting] == [1, 2, 3]
        before = epochs(ledger, going)
        until = time.monotonic() + 20
        while any(psutil.pid_exists(pid) for pid in children) and time.monotonic() < until:
            time.sleep(0.1)
        assert not any(psutil.pid_exists(pid) for pid in children)
        with server(tmp_path):
            runs = [wait_for(ledger, run_id, ended) for run_id in (going, *waiting)]
        assert [run.state for run in runs] == [State.DONE] * 4
        assert (runs[0].attempt, runs[0].deaths) == (2, 0)
        assert epochs(ledger, going) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert epochs(ledger, going)[: len(before)] == before
        assert [run.ended for run in runs] == sorted(run.ended or 0 for run in runs)
        assert sorted(library.names()) == sorted(str(run.model) for run in runs)


def test_model_that_was_published_before_the_server_died_is_not_made_twice(tmp_path: Path) -> None:
    with lab(tmp_path) as ledger:
        run_id = ledger.submit(QUICK, "own")
        with server(tmp_path):
            run = wait_for(ledger, run_id, ended)
        again = ledger.submit(QUICK, "own")
        ledger.claim()
        (tmp_path / "models" / str(run.model)).rename(tmp_path / "models" / f"own-{again}")
        with server(tmp_path):
            run = wait_for(ledger, again, ended)
        assert (run.state, run.model, run.attempt) == (State.DONE, f"own-{again}", 1)
        assert library.names() == [f"own-{again}"]


def test_trainer_elsewhere_leaves_what_a_killed_server_gave_it_to_the_next_attempt(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1) as address, lab(tmp_path, scheduler=address) as ledger:
        run_id = ledger.submit(LONG, "own")
        with server(tmp_path):
            wait_for(ledger, run_id, lambda run: len(epochs(ledger, run_id)) >= 2)
        with server(tmp_path):
            wait_for(ledger, run_id, lambda run: run.attempt == 2)
            before = len(epochs(ledger, run_id))
            wait_for(ledger, run_id, lambda run: len(epochs(ledger, run_id)) > before, seconds=30)
            ledger.request_stop(run_id)
            run = wait_for(ledger, run_id, ended)
        assert (run.state, run.attempt, run.deaths) == (State.STOPPED, 2, 0)


def test_run_that_failed_brings_no_tensorflow_into_the_server(tmp_path: Path) -> None:
    linear = Dense(units=64, activation="linear")
    wild = Recipe(layers=(linear, linear, linear, OUTPUT), optimizer="sgd", learning_rate=10)
    with lab(tmp_path) as ledger, server(tmp_path) as process:
        run = wait_for(ledger, ledger.submit(wild, "own"), ended)
        assert (run.state, run.reason) == (
            State.FAILED,
            "The loss stopped being a number in epoch 1; a smaller learning rate may help.",
        )
        mapped = {Path(mapping.path).name for mapping in psutil.Process(process.pid).memory_maps()}
        assert any("python" in name for name in mapped)
        assert not any("tensorflow" in name for name in mapped)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Use up what is free on a file system."""
    file = folder / "filler"
    with open(file, "wb", buffering=0) as out:
        for size in (2**16, 2**10, 1):
            try:
                while True:
                    out.write(b"x" * size)
            except OSError:
                continue
    return file


def test_full_disk_fails_the_run_keeps_the_models_and_is_got_over(small_disk: Path) -> None:
    with lab(small_disk) as ledger:
        engine = Engine(ledger, trainers=1)
        engine.start()
        first = wait_for(ledger, ledger.submit(QUICK, "own"), ended)
        assert first.state == State.DONE, first.reason

        run_id = ledger.submit(QUICK.with_changes(epochs=60), "own")
        wait_for(ledger, run_id, lambda run: len(epochs(ledger, run_id)) >= 1)
        filler = fill(small_disk)  # events, checkpoints and the model find no room now
        time.sleep(5)
        assert library.names() == [first.model]
        assert library.load(str(first.model)).card.test_accuracy == first.test_accuracy
        filler.unlink()
        run = wait_for(ledger, run_id, ended)
        assert run.state == State.DONE or "No space left on device" in (run.reason or "")
        assert library.contents()[1] == {}
        assert not list((small_disk / "models").glob(".new-*"))

        last = wait_for(ledger, ledger.submit(QUICK, "own"), ended)
        assert last.state == State.DONE
        engine.close()


def test_full_library_fails_the_run_with_that_reason(small_disk: Path, tmp_path: Path) -> None:
    with lab(tmp_path, models=small_disk) as ledger:
        engine = Engine(ledger, trainers=1)
        engine.start()
        first = wait_for(ledger, ledger.submit(QUICK, "own"), ended)
        filler = fill(small_disk)
        run = wait_for(ledger, ledger.submit(QUICK, "own"), ended)
        assert run.state == State.FAILED
        assert run.reason is not None
        assert run.reason.startswith("The model could not be saved: [Errno 28] No space left on device")
        assert library.names() == [first.model]
        filler.unlink()
        assert wait_for(ledger, ledger.submit(QUICK, "own"), ended).state == State.DONE
        engine.close()
