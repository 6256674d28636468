"""The ten classes of MNIST: their digits in order or by chance, their average, their spread, and their odd ones out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.mnist import Pixels, scaled

TWENTY = 20  # digits shown at a time, as the tutorials plot them
COMPONENTS = 50  # directions in which a class varies most, in which distances are taken
NEIGHBOURS = 10  # nearest digits of the same class that a digit is measured against
CHUNK = 1000  # digits compared with their class at once

Numbers = NDArray[np.intp]  # digits, by their place in their array, from 0


@dataclass(frozen=True)
class Statistics:
    """Of every class, read-only: `mean` and `spread` (10, 28, 28) float32 in [0, 1], `counts` (10,).

    The spread is each pixel's standard deviation over the class; ink is 1.
    """

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    counts: Numbers


@dataclass(frozen=True)
class OddOnes:
    """Digits of a class that look least like it, the oddest first.

    `numbers` (k,) are their places in the array that was searched; `distances` (k,) their mean distance to their
    nearest neighbours, `usual` the median of that distance over the class, all in units of one full pixel.
    """

    numbers: Numbers
    distances: NDArray[np.float32]
    usual: float


def order(labels: Pixels, digit: int | None = None, seed: int | None = None) -> Numbers:
    """The numbers of all digits, or of one class, rising; with a seed in the order that chance gives."""
    numbers = np.arange(len(labels)) if digit is None else np.flatnonzero(labels == digit)
    return numbers if seed is None else np.random.default_rng(seed).permutation(numbers)


def twenty(numbers: Numbers, number: int) -> tuple[int, Numbers]:
    """The block of at most twenty in which a digit stands.

    Args:
        numbers: As `order` gives them, at least one.
        number: The digit. If it is not among them it is the next one that is, or the last.

    Returns:
        That digit's number, and the block's.
    """
    rising = np.sort(numbers)
    number = int(rising[min(int(np.searchsorted(rising, number)), len(rising) - 1)])
    first = int(np.flatnonzero(numbers == number)[0]) // TWENTY * TWENTY
    return number, numbers[first : first + TWENTY]


def statistics(images: Pixels, labels: Pixels) -> Statistics:
    """Average and spread of each class; images (n, 28, 28), every class at least once."""
    classes = [scaled(images[labels == digit]) for digit in range(10)]
    mean = np.stack([members.mean(0) for members in classes])
    spread = np.stack([members.std(0) for members in classes])
    counts = np.bincount(labels, minlength=10)
    for array in (mean, spread, counts):
        array.flags.writeable = False
    return Statistics(mean, spread, counts)


def odd_ones(images: Pixels, labels: Pixels, digit: int, count: int = 10) -> OddOnes:
    """The digits of a class that lie farthest from their nearest neighbours in it.

    Distances are taken along the class's first principal components. A way of writing that a few people share (a 7
    with a bar) has neighbours and is not odd, though it may lie far from the class's average.

    Source: F. Angiulli, C. Pizzuti, "Fast outlier detection in high dimensional spaces", PKDD 2002.
    """
    numbers = order(labels, digit)
    flat = scaled(images[numbers]).reshape(len(numbers), -1)
    flat -= flat.mean(0)
    _, axes = np.linalg.eigh(flat.T @ flat)  # smallest first
    points = flat @ axes[:, -COMPONENTS:]
    distances = _to_neighbours(points)
    oddest = np.argsort(distances)[::-1][:count]
    found = OddOnes(numbers[oddest], distances[oddest], float(np.median(distances)))
    found.numbers.flags.writeable = found.distances.flags.writeable = False
    return found


def _to_neighbours(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean distance of each point, (n, d), to its nearest others."""
    near = min(NEIGHBOURS, len(points) - 1)
    squares = np.einsum("ij,ij->i", points, points)
    means = []
    for first in range(0, len(points), CHUNK):
        part = slice(first, first + CHUNK)
        apart = squares[part, None] + squares - 2 * points[part] @ points.T
        np.put_along_axis(apart, np.arange(len(points))[part, None], np.inf, 1)  # none is its own neighbour
        nearest = np.partition(apart, near - 1, axis=1)[:, :near]
        means.append(np.sqrt(np.maximum(nearest, 0)).mean(1))
    return np.concatenate(means)
