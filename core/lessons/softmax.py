"""From ten probabilities back to the sums that gave them, and to their odds."""

import numpy as np

from core.lessons.neuron import Array

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
