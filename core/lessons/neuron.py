"""One neuron: a weighted sum and what it makes of it, and two rules by which it learns."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.mnist import Pixels

Array = NDArray[np.float64]
Output = Literal["step", "sigmoid"]

MIDDLE = slice(11, 17)  # rows and columns of the 6x6 pixels in the middle of 28x28


@dataclass(frozen=True)
class Points:
    """Two kinds of digits, each digit by two numbers measured on its picture; read-only."""

    x: Array  # (n, 2): ink in the middle, ink in all; each scaled to mean 0 and standard deviation 1
    kind: NDArray[np.bool_]  # (n,): whether it is the second kind
    pictures: Pixels  # (n, 28, 28) uint8, 0 background to 255 ink


def measured(images: Pixels, labels: NDArray[np.uint8], pair: tuple[int, int], count: int) -> Points:
    """The first `count` images of a pair of digits, measured.

    Args:
        images: (n, 28, 28), 0 background to 255 ink.
        labels: (n,), the digit 0 to 9.
        pair: Which two digits.
        count: How many of both together; all of them if there are fewer.
    """
    places = np.flatnonzero(np.isin(labels, pair))[:count]
    pictures = images[places]
    x = np.stack([pictures[:, MIDDLE, MIDDLE].mean((1, 2)), pictures.mean((1, 2))], axis=1)
    x = (x - x.mean(0)) / x.std(0)
    kind = labels[places] == pair[1]
    for array in (x, kind, pictures):
        array.flags.writeable = False
    return Points(x, kind, pictures)


def sums(x: Array, w: Array, b: float) -> Array:
    """z = w1 x1 + w2 x2 + b of each point: (n, 2) and (2,) to (n,)."""
    total: Array = x @ w + b
    return total


def output(z: Array, what: Output) -> Array:
    """What the neuron says, same shape as z: in {0, 1} for the step, in (0, 1) for the sigmoid."""
    return (z > 0).astype(np.float64) if what == "step" else sigmoid(z)


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), in (0, 1), without overflow."""
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))


def wrong(points: Points, w: Array, b: float) -> NDArray[np.intp]:
    """The places of the points on the wrong side of the line."""
    return np.flatnonzero((sums(points.x, w, b) > 0) != points.kind)


def loss(points: Points, w: Array, b: float) -> float:
    """Mean cross-entropy of the sigmoid's output."""
    z = sums(points.x, w, b)
    return float(np.mean(np.logaddexp(0, z) - points.kind * z))


def perceptron_step(points: Points, w: Array, b: float, rate: float) -> tuple[Array, float]:
    """Move the line towards the first point on its wrong side: w += rate (t - y) x, b += rate (t - y).

    Unchanged if there is none.

    Source: F. Rosenblatt, "The perceptron", 1958.
    """
    places = wrong(points, w, b)
    if not len(places):
        return w, b
    sign = 1 if points.kind[places[0]] else -1
    return w + rate * sign * points.x[places[0]], b + rate * sign


def gradient(points: Points, w: Array, b: float) -> tuple[Array, float]:
    """The slopes of `loss` by w, (2,), and by b: the means of (y - t) x and of y - t."""
    error = sigmoid(sums(points.x, w, b)) - points.kind
    return points.x.T @ error / len(error), float(error.mean())
