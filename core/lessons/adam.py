"""Adam, the optimizer, for the few networks that are trained in NumPy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MEAN, SQUARE, EPSILON = 0.9, 0.999, 1e-7  # Keras's: of the two running means what stays at each step; never divide by 0


class Adam:
    """Moves arrays of weights in their place.

    Args:
        weights: Arrays of floating point numbers, any shapes.
        rate: The learning rate.

    Source: D. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    """

    def __init__(self, weights: Sequence[NDArray[np.floating]], rate: float) -> None:
        self._weights, self._rate, self._steps = weights, rate, 0
        self._means = [np.zeros_like(array) for array in weights]
        self._squares = [np.zeros_like(array) for array in weights]

    def step(self, slopes: Sequence[NDArray[np.floating]]) -> None:
        """One step against the slopes, shaped as the weights."""
        self._steps += 1
        rate = float(self._rate * np.sqrt(1 - SQUARE**self._steps) / (1 - MEAN**self._steps))
        for array, mean, square, slope in zip(self._weights, self._means, self._squares, slopes, strict=True):
            mean += (1 - MEAN) * (slope - mean)
            square += (1 - SQUARE) * (slope**2 - square)
            array -= rate * mean / (np.sqrt(square) + EPSILON)
