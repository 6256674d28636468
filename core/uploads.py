"""Weights that somebody brought, waiting to be measured: one file a run beside the ledger, until the run has ended."""

import time
from pathlib import Path

from core import files, weights
from core.recipe import Recipe
from core.runs import Ledger, new_id
from core.settings import settings
from core.weights import Weights

TITLE = "uploaded"  # of its run, and how its model's name begins
ABOUT_TO_BE_SUBMITTED = 600  # seconds for which a file may lie here before its run is in the ledger


def submit(ledger: Ledger, recipe: Recipe, network_weights: Weights, owner: str = "") -> str:
    """Keep somebody's weights and put a run into the queue that measures them; returns its id.

    Raises:
        Refused: If the owner has enough runs waiting.
        OSError: If the weights cannot be kept.
    """
    clear(ledger)
    run_id = new_id()
    try:
        files.write(file(run_id), weights.to_bytes(recipe, list(network_weights.values())))
        return ledger.submit(recipe, TITLE, owner, upload=run_id)
    except Exception:
        file(run_id).unlink(missing_ok=True)
        raise


def file(run_id: str) -> Path:
    """Where a run's weights wait."""
    return folder() / f"{run_id}.safetensors"


def folder() -> Path:
    """Where all of them wait."""
    return settings().state / "uploads"


def read(run_id: str) -> bytes:
    """A run's weights.

    Raises:
        FileNotFoundError: If they are not here any more.
    """
    try:
        return file(run_id).read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError("they are not here any more; upload them again.") from None


def clear(ledger: Ledger) -> None:
    """Remove the weights of runs that have ended, those whose run was never submitted, and what killed writers left."""
    for left in folder().glob("*.safetensors"):
        run = ledger.get(left.stem)
        try:
            if run.state.ended if run else time.time() - left.stat().st_mtime > ABOUT_TO_BE_SUBMITTED:
                left.unlink()
        except FileNotFoundError:  # somebody else was quicker
            continue
    files.sweep(folder(), ".*.safetensors-*")
