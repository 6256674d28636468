"""How wrong a guess is: cross-entropy, and the squared error beside it."""

import numpy as np
from numpy.typing import NDArray

from core.lessons.neuron import Array

SMALLEST = 1e-7  # probability below which Keras counts this one


def cross_entropy(right: Array) -> Array:
    """-ln p of the probability that was given to the right answer, any shape; 0 for a sure and right guess."""
    return -np.log(np.clip(right, SMALLEST, 1))


def cross_entropy_slope(right: Array) -> Array:
    """Its slope, -1 / p: the surer a wrong guess, the harder the push."""
    return -1 / np.clip(right, SMALLEST, 1)


def squared_error(right: Array) -> Array:
    """(1 - p)^2: never more than 1, however wrong."""
    return (1 - right) ** 2


def squared_error_slope(right: Array) -> Array:
    """Its slope, -2 (1 - p)."""
    return -2 * (1 - right)


def of_each(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> Array:
    """The cross-entropy of each guess: (n, 10) and (n,) to (n,)."""
    return cross_entropy(probabilities[np.arange(len(labels)), labels].astype(np.float64))


def from_best_to_worst(losses: Array, shares: tuple[float, ...]) -> list[int]:
    """The places of the losses that these shares of all are no worse than: 0 is the best one, 1 the worst."""
    order = np.argsort(losses, kind="stable")
    return [int(order[round(share * (len(order) - 1))]) for share in shares]
