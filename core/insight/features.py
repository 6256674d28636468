"""Many digits' outputs of one layer, worked out in pieces that leave the processor to others in between."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.insight.network import Network
from core.mnist import Pixels, scaled

PIECE = 100  # images, at most
LEAST = 100  # images that are looked at, however long it takes
ENOUGH = 20  # seconds for all images; after that those that are done have to do, for others wait
MOST_VALUES = 20_000_000  # held at once, of all images together

Report = Callable[[float], None]  # told the share that is done


def silent(share: float) -> None:
    """Nobody wants to know."""


def bearable(most: int, values: int) -> int:
    """How many images, at most so many, with so many values each can be held at once."""
    return max(1, min(most, MOST_VALUES // max(1, values)))


def features(network: Network, layer: int, pixels: Pixels, report: Report = silent) -> NDArray[np.float16]:
    """A layer's outputs for (n, 28, 28) uint8 images, each laid out as one list: (n, values).

    Only for the first of them if a wide network would take longer than `ENOUGH`.
    """
    parts = []
    piece, until = bearable(PIECE, network.values), time.monotonic() + ENOUGH
    for first in range(0, len(pixels), piece):
        output = network.layer(layer, scaled(pixels[first : first + piece]))
        parts.append(bounded(output.reshape(len(output), -1)).astype(np.float16))
        report(min(1.0, (first + piece) / len(pixels)))
        if time.monotonic() > until and first + piece >= LEAST:
            break
        time.sleep(0)  # a visitor's stroke goes before
    return np.concatenate(parts)


def bounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values that float16 can hold; a wild network has larger ones."""
    most = float(np.finfo(np.float16).max)
    return np.nan_to_num(np.clip(values, -most, most))


def last_hidden(network: Network) -> int:
    """The number of the layer that the output layer reads; 0, the image itself, if there is none."""
    return len(network.rows) - 1
