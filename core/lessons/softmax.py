"""From ten sums to ten probabilities, and back."""

import numpy as np

from core.calibration import softmax
from core.lessons.neuron import Array

__all__ = ["evidence", "odds", "softmax"]

SMALLEST = 1e-9  # probability that is still told from 0


def evidence(probabilities: Array) -> Array:
    """Sums whose softmax is these probabilities, (n,), with mean 0.

    Only differences between sums count: adding the same to all of them changes no probability, so one number is free.
    """
    logarithms = np.log(np.maximum(probabilities, SMALLEST))
    centred: Array = logarithms - logarithms.mean()
    return centred


def odds(share: float) -> float:
    """p to 1 - p."""
    return share / (1 - share)
