"""Labels as the answers that a network of ten outputs should give."""

import numpy as np
from numpy.typing import NDArray

from core.lessons.neuron import Array


def one_hot(labels: NDArray[np.integer]) -> NDArray[np.float32]:
    """A 1 in the place of each digit: (n,) of 0 to 9 to (n, 10), as the app's training makes them."""
    vectors: NDArray[np.float32] = np.eye(10, dtype=np.float32)[labels]
    return vectors


def distances(digit: int) -> tuple[Array, Array]:
    """How far each of the ten digits is from one: as numbers, and as one-hot vectors; (10,) each."""
    digits = np.arange(10)
    vectors = one_hot(digits).astype(np.float64)
    return np.abs(digits - digit).astype(np.float64), np.linalg.norm(vectors - vectors[digit], axis=1)
