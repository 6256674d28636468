"""The files that runs go on from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import checkpoint, checkpoints
from core.checkpoint import Checkpoint, Progressed
from core.recipe import PRESETS
from core.runs import Ledger
from tests.lab import lab


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with lab(tmp_path) as ledger:
        yield ledger


def stands(images: int) -> bytes:
    """A checkpoint after so many images."""
    at = Progressed(
        epoch=1, step=1, loss_sum=1.0, right=1, images=images, seconds=1.0, most_images=None, history=(), changes=()
    )
    return checkpoint.to_bytes(Checkpoint(at, (), (), ()))


def test_run_goes_on_from_the_checkpoint_that_was_kept_last(ledger: Ledger) -> None:
    for images in (32, 64):
        checkpoints.keep("a", stands(images))
    assert checkpoints.latest("a") == (stands(64), 64)


def test_run_without_a_sound_checkpoint_begins_again(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    assert checkpoints.latest("a") == (None, 0)
    assert not caplog.text
    checkpoints.keep("a", stands(32)[:-50])
    assert checkpoints.latest("a") == (None, 0)
    assert "Run a begins again" in caplog.text


def test_checkpoints_of_runs_that_ended_or_never_were_are_removed(ledger: Ledger) -> None:
    waiting, stopped = (ledger.submit(PRESETS["ten-lines"], "own") for _ in range(2))
    for run_id in (waiting, stopped, "unknown"):
        checkpoints.keep(run_id, stands(32))
    ledger.request_stop(stopped)
    checkpoints.clear(ledger)
    assert [file.stem for file in checkpoints.folder().iterdir()] == [waiting]
