"""Whether an image is a digit at all: one small network, shared by all models that say which digit it is."""

import hashlib
from functools import cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from pydantic import AwareDatetime, BaseModel, ValidationError

from core.settings import ROOT

MODEL = ROOT / "data" / "likeness.onnx"  # its card lies beside it: likeness.json

BATCH = 256  # images a call of the network, so that its memory stays small
_RECOVERY = "Restore it with `git checkout -- data/{name}`, or see data/README.md."
_opening = Lock()


class Refused(BaseModel, frozen=True):
    """How many of so many images were not taken for digits."""

    refused: int
    of: int


class Card(BaseModel, frozen=True):
    """What the network was made from and what was measured."""

    threshold: float  # likeness below which an image is not taken for a digit, in [0, 1]
    trained_on: dict[str, int]  # images of each kind
    validation: dict[str, Refused]  # the digits that the threshold was chosen on
    measured: dict[str, Refused]  # on what neither the network nor the threshold was fitted to
    families: dict[str, Refused]  # of non-digits, held out: the same, one by one
    parameters: int
    epochs: int
    seed: int
    seconds: float  # training
    created: AwareDatetime
    versions: dict[str, str]
    sha256: str  # of likeness.onnx
    credit: str  # whose data


class _Network(NamedTuple):
    card: Card
    session: onnxruntime.InferenceSession


def digit_likeness(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each image looks like a digit, whichever.

    Args:
        images: Shape (n, 28, 28), float32 in [0, 1], background 0, as `ink.to_mnist` makes them.

    Returns:
        Shape (n,), float32 in [0, 1]: near 1 for digits, near 0 for scribbles, letters and pictures.

    Raises:
        ValueError: If the images have another shape, or the network's file is damaged.
        FileNotFoundError: If the network is not there.
    """
    if images.ndim != 3 or images.shape[1:] != (28, 28):
        raise ValueError(f"images must be shaped (n, 28, 28), got {images.shape}")
    session = _network().session
    likeness = np.empty(len(images), np.float32)
    for first in range(0, len(images), BATCH):
        batch = np.ascontiguousarray(images[first : first + BATCH], np.float32)[..., None]
        (found,) = session.run(None, {session.get_inputs()[0].name: batch})
        likeness[first : first + BATCH] = found
    return np.clip(likeness, 0, 1)


def threshold() -> float:
    """The likeness below which an image is not taken for a digit; errors as `digit_likeness`."""
    return _network().card.threshold


def card() -> Card:
    """What the network was made from and what was measured; errors as `digit_likeness`."""
    return _network().card


def _network() -> _Network:
    with _opening:  # so that it is opened once
        return _open(MODEL)


@cache
def _open(model: Path) -> _Network:
    for file in (model, model.with_suffix(".json")):
        if not file.exists():
            raise FileNotFoundError(f"The likeness network is missing: {file}. {_RECOVERY.format(name=file.name)}")
    onnx = model.read_bytes()
    try:
        card = Card.model_validate_json(model.with_suffix(".json").read_bytes())
    except ValidationError as error:
        damage = f"its card cannot be read ({error.error_count()} errors). {_RECOVERY.format(name='likeness.json')}"
        raise ValueError(f"The likeness network in {model} is damaged: {damage}") from None
    if hashlib.sha256(onnx).hexdigest() != card.sha256:
        damage = f"it does not match its checksum. {_RECOVERY.format(name=model.name)}"
        raise ValueError(f"The likeness network in {model} is damaged: {damage}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # many visitors share few cores
    return _Network(card, onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"]))
