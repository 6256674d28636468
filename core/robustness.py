"""How much a network bears: digits disturbed more and more, and how many of them it still reads."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.mnist import Pixels, scaled
from core.model import Predict

PIECE = 100  # images that are disturbed and read at once
SEED = 20  # of all chance below
SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))  # rows down, columns to the right
AROUND = 16  # directions in which a pen is widened or narrowed
MEASURED = Path(__file__).parent.parent / "data" / "shuffled_pixels.json"

Images = NDArray[np.float32]  # (n, 28, 28) in [0, 1], ink 1
Coordinates = NDArray[np.float64]
Disturb = Callable[[Images, float, int], Images]  # images, strength, number of the first image


@dataclass(frozen=True)
class Disturbance:
    """One way to change a digit.

    What chance decides depends on an image's number alone: every model, and every visitor, gets the same images.
    """

    title: str
    axis: str  # what the strength is, with its unit
    written: str  # a strength in words, as a format
    strengths: tuple[float, ...]  # rising; `none` is among them
    apply: Disturb
    about: str
    none: float = 0  # the strength that changes nothing
    share: bool = False  # the strength is one in [0, 1]

    def label(self, strength: float) -> str:
        """A strength as people read it: "+15 degrees"."""
        return self.written.format(strength)


def sampled(images: Images, rows: Coordinates, columns: Coordinates) -> Images:
    """The images' values at places between pixels, interpolated linearly; 0 outside.

    Args:
        images: Shape (n, 28, 28).
        rows, columns: Shape (28, 28): where each pixel of the result comes from.
    """
    padded = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    rows, columns = np.clip(rows + 1, 0, 29), np.clip(columns + 1, 0, 29)
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    down, right = (rows - top).astype(np.float32), (columns - left).astype(np.float32)
    above = padded[:, top, left] * (1 - right) + padded[:, top, left + 1] * right
    below = padded[:, top + 1, left] * (1 - right) + padded[:, top + 1, left + 1] * right
    return np.asarray(above * (1 - down) + below * down, np.float32)


def right(predict: Predict, disturbance: Disturbance, strength: float, x: Pixels, y: Pixels, piece: int) -> int:
    """How many of one piece of the digits are read right.

    Args:
        x, y: Digits (n, 28, 28) uint8 with their labels.
        piece: Which `PIECE` of them, counted from 0.
    """
    part = slice(piece * PIECE, (piece + 1) * PIECE)
    images = disturbance.apply(scaled(x[part]), strength, piece * PIECE)
    return int((predict(images).argmax(1) == y[part]).sum())


def order_of_pixels(share: float) -> NDArray[np.intp]:
    """One fixed permutation of the 784 places, which moves this share of them and leaves the others."""
    chosen = np.random.default_rng(SEED).permutation(784)[: round(784 * share)]
    places = np.arange(784)
    places[chosen] = np.roll(chosen, 1)
    return places


def _grid() -> tuple[Coordinates, Coordinates]:
    rows, columns = np.mgrid[0:28, 0:28].astype(float)
    return rows, columns


def _shifted(images: Images, pixels: float, first: int) -> Images:
    rows, columns = _grid()
    moved = np.empty_like(images)
    for turn, (down, across) in enumerate(SIDES):
        mine = (np.arange(len(images)) + first) % len(SIDES) == turn
        moved[mine] = sampled(images[mine], rows - pixels * down, columns - pixels * across)
    return moved


def _turned(images: Images, degrees: float, _first: int) -> Images:
    rows, columns = (place - 14 for place in _grid())  # about where MNIST centres its digits
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return sampled(images, 14 + cosine * rows - sine * columns, 14 + sine * rows + cosine * columns)


def _scaled(images: Images, factor: float, _first: int) -> Images:
    rows, columns = (14 + (place - 14) / factor for place in _grid())
    return sampled(images, rows, columns)


def _pen(images: Images, wider: float, _first: int) -> Images:
    """Each pixel becomes the largest value within a circle around it, or the smallest."""
    radius, rows, columns = abs(wider) / 2, *_grid()
    pick = np.maximum if wider > 0 else np.minimum
    found = images
    for reach in (radius, radius / 2) if radius > 1 else (radius,):
        for angle in np.arange(AROUND) * (2 * math.pi / AROUND):
            there = sampled(images, rows + reach * math.sin(angle), columns + reach * math.cos(angle))
            found = pick(found, there)
    return found


def _noisy(images: Images, spread: float, first: int) -> Images:
    noise = [np.random.default_rng((SEED, first + place)).standard_normal((28, 28)) for place in range(len(images))]
    return np.clip(images + np.float32(spread) * np.asarray(noise, np.float32), 0, 1)


def _covered(images: Images, side: float, first: int) -> Images:
    covered = images.copy()
    for place in range(len(images)):
        low = np.random.default_rng((SEED, first + place)).integers(8, 21, 2) - int(side) // 2
        top, left = (max(0, int(corner)) for corner in low)
        covered[place, top : max(0, int(low[0]) + int(side)), left : max(0, int(low[1]) + int(side))] = 0
    return covered


def _shuffled(images: Images, share: float, _first: int) -> Images:
    return images.reshape(-1, 784)[:, order_of_pixels(share)].reshape(-1, 28, 28)


DISTURBANCES: dict[str, Disturbance] = {
    "shift": Disturbance(
        "Shift", "pixels off the middle", "{:g} px", tuple(range(11)), _shifted,
        "The digits are pushed off the middle, by turns to the right, down, to the left and up.",
    ),
    "rotation": Disturbance(
        "Rotation", "degrees, clockwise above 0", "{:+g}°", (-90, -60, -45, -30, -15, 0, 15, 30, 45, 60, 90),
        _turned, "The digits are turned about the middle of the image.",
    ),
    "scaling": Disturbance(
        "Scaling", "size, as a multiple", "x {:g}", (0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2.0), _scaled,
        "The digits are made smaller or larger; the image stays 28x28, so large ones are cut off.", none=1,
    ),
    "pen-width": Disturbance(
        "Pen width", "pixels by which the line is wider", "{:+g} px", (-2, -1.5, -1, -0.5, 0, 1, 2, 3, 4, 5), _pen,
        "The line is made thinner or thicker: each pixel takes the smallest or largest value in a circle around it.",
    ),
    "noise": Disturbance(
        "Noise", "standard deviation of the noise (ink is 1)", "{:g}", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0),
        _noisy, "Every pixel gets a random number added, and is cut to the range 0 to 1 again.",
    ),
    "occlusion": Disturbance(
        "Occlusion", "side of the covered square, pixels", "{:g} px", (0, 2, 4, 6, 8, 10, 12, 14, 16), _covered,
        "A square of background covers a part of the digit, at a place that chance chose.",
    ),
    "shuffled": Disturbance(
        "Shuffled pixels", "share of the pixels that change places", "{:.0%}",
        (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1), _shuffled,
        "Pixels change places, in all digits in the same way.", share=True,
    ),
}  # fmt: skip


class Trained(BaseModel, frozen=True):
    """One network that was trained on ordinary or on shuffled digits, and tested on the same kind."""

    preset: str
    shuffled: bool
    right: int  # of `ShuffledPixels.test_images`
    seconds: float


class ShuffledPixels(BaseModel, frozen=True):
    """What `bench/shuffled_pixels.py` measured."""

    command: str
    made: str  # a date
    epochs: int
    training_images: int
    test_images: int
    seed: int  # of the initial weights
    versions: dict[str, str]
    networks: tuple[Trained, ...]


@cache
def shuffled_pixels() -> ShuffledPixels | None:
    """The measurement that ships with the project; None if its file is missing."""
    return ShuffledPixels.model_validate_json(MEASURED.read_bytes()) if MEASURED.exists() else None
