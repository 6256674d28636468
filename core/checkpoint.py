"""A training in the middle: everything that is needed to go on as if nothing had happened."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.events import Changed, EpochEnd

Arrays = tuple[NDArray[np.generic], ...]
_GROUPS = ("network", "optimizer", "best")


class Progressed(BaseModel, frozen=True):
    """How far a training has come."""

    epoch: int  # that is being trained, from 1
    step: int  # full batches of it that are done
    loss_sum: float  # over its images so far
    right: int  # of its images so far
    images: int  # since the run began
    seconds: float  # since the run began, pauses left out
    most_images: int | None  # where a limit of seconds is to end the run, as measured last
    history: tuple[EpochEnd, ...]
    changes: tuple[Changed, ...]


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands and the values of Keras's own variables there, in their order."""

    at: Progressed
    network: Arrays  # weights, and the state of the chance in dropout
    optimizer: Arrays
    best: Arrays  # the network's at the lowest validation loss, or their mean; empty if the recipe asks for neither


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as an npz file."""
    arrays = {f"{group}-{place}": array for group in _GROUPS for place, array in enumerate(getattr(checkpoint, group))}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, at=np.frombuffer(checkpoint.at.model_dump_json().encode(), np.uint8), **arrays)
    return file.getvalue()


def from_bytes(data: bytes) -> Checkpoint:
    """Read and check a checkpoint.

    Raises:
        ValueError: If the bytes are not those of a checkpoint, or were damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:  # checks each array's CRC
            at = Progressed.model_validate_json(stored["at"].tobytes())
            groups = [_group(stored, group) for group in _GROUPS]
    except Exception as error:  # NumPy, zipfile and zlib each name damage in their own way
        raise ValueError(f"a checkpoint is damaged: {error}") from error
    return Checkpoint(at, *groups)


def _group(stored: np.lib.npyio.NpzFile, group: str) -> Arrays:
    count = sum(name.startswith(f"{group}-") for name in stored.files)
    return tuple(stored[f"{group}-{place}"] for place in range(count))
