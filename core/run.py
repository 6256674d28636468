"""One run as a row of the ledger tells it: what is trained, for whom, and how far it has come."""

import logging
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import BaseModel

from core.events import Control
from core.recipe import Recipe

_log = logging.getLogger(__name__)


class State(StrEnum):
    """Where a run is; the last three are its ends."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (State.DONE, State.STOPPED, State.FAILED)


class Run(BaseModel, frozen=True):
    """One row of the ledger, as it was when it was read."""

    id: str
    title: str  # the recipe's name on the page
    recipe: Recipe
    state: State
    owner: str = ""  # who started it; empty: nobody in particular, to whom no limits apply
    reason: str | None = None  # why it failed, or is tried again
    attempt: int  # 0 before the first
    deaths: int = 0  # of its trainers
    made_way: float | None = None  # since when it waits again because it made way for others, Unix seconds
    control: Control  # what people ask of it
    start: str | None = None  # the model whose weights it began with
    uploaded: bool = False  # somebody brought its weights: they are measured, and not trained
    probe: str | None = None  # a digit to follow: `jobs.pixels_to_text`
    created: float  # Unix seconds, as the two below
    started: float | None = None  # of the latest attempt
    ended: float | None = None
    model: str | None = None  # the bundle it became
    test_accuracy: float | None = None  # share of the 10,000 test digits
    test_loss: float | None = None

    @property
    def stop_requested(self) -> bool:
        return self.control.stop is not None


def from_row(row: Any) -> Run | None:
    """A row of the ledger; None, and a word in the log, if it holds no run: another version may have written it."""
    try:
        recipe, control = Recipe.model_validate_json(row["recipe"]), Control.model_validate_json(row["control"])
        return Run.model_validate({**row, "recipe": recipe, "control": control})
    except ValueError as error:
        _complain(row["id"], str(error))
        return None


def from_rows(rows: Iterable[Any]) -> list[Run]:
    """The rows that can be read."""
    return [run for row in rows if (run := from_row(row)) is not None]


@cache  # once: pages and the engine read the ledger many times a second
def _complain(run_id: str, error: str) -> None:
    _log.error("Run %s cannot be read: %s", run_id, error)
