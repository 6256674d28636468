"""The latest checkpoint of every run that has not ended: one file a run beside the ledger."""

import logging
from pathlib import Path

from core import checkpoint, files
from core.runs import Ledger
from core.settings import settings

_log = logging.getLogger(__name__)


def folder() -> Path:
    """Where all of them are."""
    return settings().state / "checkpoints"


def file(run_id: str) -> Path:
    """Where a run's is, if it has one."""
    return folder() / f"{run_id}.npz"


def keep(run_id: str, data: bytes) -> None:
    """Put a run's checkpoint in the place of the one before.

    Raises:
        OSError: If it cannot be written; the one before still is there.
    """
    files.write(file(run_id), data)


def latest(run_id: str) -> tuple[bytes | None, int]:
    """A run's checkpoint and the number of images it was trained on by then; None and 0 if there is no sound one."""
    try:
        data = file(run_id).read_bytes()
        return data, checkpoint.from_bytes(data).at.images
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        _log.exception("Run %s begins again", run_id)
    return None, 0


def clear(ledger: Ledger) -> None:
    """Remove those of runs that have ended, and what killed writers left."""
    for left in folder().glob("*.npz"):
        run = ledger.get(left.stem)
        if run is None or run.state.ended:
            left.unlink(missing_ok=True)
    files.sweep(folder(), ".*.npz-*")
