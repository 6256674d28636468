"""What each unit of a network looks for: the pieces of real digits that it answers to most strongly."""

import time
from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from core.insight.features import ENOUGH, LEAST, PIECE, bearable
from core.insight.network import Network
from core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.mnist import Pixels, scaled
from core.recipe import Recipe

COUNT = 1000  # test digits that are looked through, the first
BEST = 4  # pieces kept of each unit


@dataclass(frozen=True)
class Field:
    """The square of the image that one place of a layer sees: side, and how it moves from place to place, in pixels."""

    side: int
    step: int
    start: int  # of the first place's square; below 0 it reaches over the edge


@dataclass(frozen=True)
class Strongest:
    """A layer's strongest answers: arrays (units, BEST), strongest first."""

    digit: NDArray[np.int64]  # among the test digits
    row: NDArray[np.int64]  # of the layer's map; 0 where a layer has none
    column: NDArray[np.int64]
    value: NDArray[np.float32]


def fields(recipe: Recipe) -> list[Field | None]:
    """What a place of each layer sees; None once a layer is flat and sees everything."""
    field: Field | None = Field(1, 1, 0)
    found: list[Field | None] = []
    for layer in recipe.layers:
        match layer:
            case Conv() if field:
                before = (layer.kernel - 1) // 2 if layer.padding == "same" else 0
                side = field.side + (layer.kernel - 1) * field.step
                field = Field(side, field.step, field.start - before * field.step)
            case MaxPool() if field:
                field = Field(field.side + (layer.size - 1) * field.step, field.step * layer.size, field.start)
            case Dense() | Flatten():
                field = None
            case Dropout() | BatchNorm() | Conv() | MaxPool():  # the last two cannot follow a flat layer
                pass
            case _:
                assert_never(layer)
        found.append(field)
    return found


def strongest(network: Network, pixels: Pixels) -> list[Strongest]:
    """Each layer's strongest answers to the first `COUNT` of (n, 28, 28) uint8 images; to fewer if that takes long."""
    kept: list[list[tuple[NDArray[np.float32], NDArray[np.int64]]]] = [[] for _ in network.rows]
    piece, until = bearable(PIECE, network.values), time.monotonic() + ENOUGH
    for first in range(0, min(COUNT, len(pixels)), piece):
        if time.monotonic() > until and first >= LEAST:
            break
        for parts, output in zip(kept, network.layers(scaled(pixels[first : first + piece])), strict=True):
            parts.append(_peaks(output))
    return [_best(parts, row.output_shape) for parts, row in zip(kept, network.rows, strict=True)]


def _peaks(output: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Each image's largest value of each unit and its place: (n, units) both."""
    places = output.reshape(len(output), -1, output.shape[-1])
    place = places.argmax(1)
    return np.take_along_axis(places, place[:, None], 1)[:, 0], place


def _best(parts: list[tuple[NDArray[np.float32], NDArray[np.int64]]], shape: tuple[int, ...]) -> Strongest:
    values, places = (np.concatenate(part) for part in zip(*parts, strict=True))
    digit = np.argsort(-values, axis=0, kind="stable")[:BEST]
    place = np.take_along_axis(places, digit, 0)
    width = shape[1] if len(shape) == 3 else 1
    return Strongest(digit.T, (place // width).T, (place % width).T, np.take_along_axis(values, digit, 0).T)


def crop(image: NDArray[np.float32], field: Field | None, row: int, column: int) -> NDArray[np.float32]:
    """The square of a (28, 28) image that a place sees, black beyond the edge; the whole image without a field."""
    if field is None:
        return image
    top, left = field.start + row * field.step, field.start + column * field.step
    edge = max(0, -top, -left, top + field.side - 28, left + field.side - 28)
    wide = np.pad(image, edge)[top + edge :, left + edge :]
    return wide[: field.side, : field.side]
