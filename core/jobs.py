"""What travels between the engine and a trainer: a job there, its outcome back."""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.recipe import Recipe

TOPIC = "digit-lab"  # of the messages that a trainer sends on the way
CHECKPOINTS = "digit-lab-checkpoints"  # the queue in which checkpoints travel


@dataclass(frozen=True)
class Job:
    """One attempt at a run."""

    run_id: str
    attempt: int
    title: str
    recipe: Recipe
    probe: str | None = None  # from `pixels_to_text`
    start: bytes | None = None  # a bundle's `model.keras` to begin with
    start_name: str | None = None  # that bundle's name
    checkpoint: bytes | None = None  # where to go on
    weights: bytes | None = None  # safetensors that were uploaded: measured, and not trained

    @property
    def name(self) -> str:
        return attempt_name(self.run_id, self.attempt)


def attempt_name(run_id: str, attempt: int) -> str:
    """Names an attempt among all that a scheduler knows: its task, and what it is told."""
    return f"digit-lab-{run_id}-{attempt}"


@dataclass(frozen=True)
class Outcome:
    """What a trainer sends back at an attempt's end."""

    events_told: int
    files: dict[str, bytes] | None = None  # of the bundle; None if it was paused or discarded
    stopped: bool = False
    checkpoint: bytes | None = None  # if it was paused
    test_accuracy: float | None = None
    test_loss: float | None = None
    spent: bool = False  # its trainer, whose memory is half full by now: another one should take the next job


class Failed(Exception):
    """Why a training came to nothing, as a sentence.

    The engine must not meet the exceptions of a training themselves: to read one, Python imports what defined it.
    """


class TrainerDied(Exception):
    """Dask gave an attempt to a second trainer when the first one died; trying again is the ledger's business."""


class Message(BaseModel, frozen=True):
    """What a trainer says on the way: one of these."""

    run_id: str
    attempt: int
    event: str | None = None  # JSON of `core.events`
    checkpoint: bool = False  # one lies in the queue
    fatal: str | None = None  # why the trainer ends itself, as a sentence


def pixels_to_text(image: NDArray[np.uint8]) -> str:
    """(28, 28) uint8 as base64, for a database and for JSON."""
    return base64.b64encode(image.tobytes()).decode()


def pixels_from_text(text: str) -> NDArray[np.uint8]:
    """(28, 28) uint8; raises ValueError if it is something else."""
    return np.frombuffer(base64.b64decode(text, validate=True), np.uint8).reshape(28, 28)
