"""Labels as the answers that a network of ten outputs should give."""

import numpy as np

from core.lessons.neuron import Array
from core.mnist import one_hot


def distances(digit: int) -> tuple[Array, Array]:
    """How far each of the ten digits is from one: as numbers, and as one-hot vectors; (10,) each."""
    digits = np.arange(10)
    vectors = one_hot(digits).astype(np.float64)
    return np.abs(digits - digit).astype(np.float64), np.linalg.norm(vectors - vectors[digit], axis=1)
