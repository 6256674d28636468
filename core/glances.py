"""How a recipe that takes five glances sees an image: as it is, turned a little either way, smaller and larger.

Turning and resizing beat moving by a pixel on validation digits (mean negative log-likelihood of the first network
trained for it 0.0119, 0.0127 moved, 0.0142 with one glance).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform
from scipy.sparse import csr_array

GLANCES = ((0.0, 1.0), (6.0, 1.0), (-6.0, 1.0), (0.0, 0.95), (0.0, 1.05))  # degrees to the right, and size

MIDDLE = 13.5  # of an image, in pixels


def glances(images: NDArray[np.float32], count: int) -> list[NDArray[np.float32]]:
    """(n, 28, 28) images as each of `count` glances sees them, the first unchanged; same shape, same range."""
    flat = images.reshape(-1, 784)
    return [images, *((flat @ seen).reshape(images.shape) for seen in maps(count)[1:])]


@cache
def maps(count: int) -> tuple[csr_array, ...]:
    """(784, 784) float32 for each glance, the first one the identity: a flat image times it is what the glance sees.

    Sampling is bilinear, so each column holds at most four weights.
    """
    pixels = np.eye(784, dtype=np.float32).reshape(-1, 28, 28)
    found = []
    for degrees, size in GLANCES[:count]:
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / size
        offset = MIDDLE - turn @ np.array([MIDDLE, MIDDLE])
        found.append(csr_array(np.stack([affine_transform(pixel, turn, offset, order=1).ravel() for pixel in pixels])))
    return tuple(found)
