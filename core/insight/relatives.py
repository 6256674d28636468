"""The training digits that a network finds most like a drawing."""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from core.ink import Picture
from core.insight.features import Report, bearable, bounded, features, last_hidden, silent
from core.insight.network import Network
from core.mnist import Digits, scaled

COUNT = 10_000  # training digits, the first, at most
CHUNK = 2000  # compared at once


@dataclass(frozen=True)
class Relative:
    """A training digit and how far it is: a distance between lists of values, without a unit."""

    number: int  # among the training digits, from 0
    label: int
    distance: float


class Relatives:
    """The first training digits as one network's last hidden layer sees them; read-only, for all visitors.

    Args:
        network: Whose eyes.
        digits: MNIST.
        report: Told the share that is done.
    """

    def __init__(self, network: Network, digits: Digits, report: Report = silent) -> None:
        self._layer, self._network = last_hidden(network), network
        values = prod(network.rows[self._layer - 1].output_shape) if self._layer else 784
        pixels = digits.x_train[: bearable(COUNT, values)]
        if self._layer:
            self._values = features(network, self._layer, pixels, report)
        else:
            self._values = scaled(pixels).reshape(len(pixels), -1).astype(np.float16)
        self.count = len(self._values)
        self._labels = digits.y_train[: self.count]

    def nearest(self, picture: Picture, count: int = 8) -> list[Relative]:
        """The nearest by Euclidean distance, nearest first."""
        own = self._network.layer(self._layer, picture[None]) if self._layer else picture
        distances = _distances(self._values, bounded(own.reshape(-1)))
        return [
            Relative(int(number), int(self._labels[number]), float(distances[number]))
            for number in np.argsort(distances, kind="stable")[:count]
        ]


def _distances(values: NDArray[np.float16], own: NDArray[np.float32]) -> NDArray[np.float32]:
    chunks = [values[first : first + CHUNK].astype(np.float32) - own for first in range(0, len(values), CHUNK)]
    return np.concatenate([np.sqrt(np.einsum("nd,nd->n", chunk, chunk)) for chunk in chunks])
