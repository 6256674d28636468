"""The gradient of a few images against that of all: a network without hidden layer, 784 inputs and ten outputs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.calibration import softmax
from core.lessons.neuron import Array
from core.mnist import Pixels, one_hot, scaled

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)  # images a batch
DRAWS = 20  # batches of each size
STEPS, RATE, BATCH = 150, 0.5, 64  # of the training that goes before, if one does

Gradient = NDArray[np.float32]  # (784, 10): the slope of the mean loss by each weight


@dataclass(frozen=True)
class Scatter:
    """Gradients of batches beside that of all images; read-only."""

    full: Gradient
    examples: dict[int, Gradient]  # by size: that of the first batch
    cosines: dict[int, Array]  # by size: of each batch with the full one, (DRAWS,) in [-1, 1]


def gradient(x: NDArray[np.float32], target: NDArray[np.float32], weights: Gradient) -> Gradient:
    """The mean over the images of x (p - t), where p is the softmax of x w.

    Args:
        x: (n, 784) in [0, 1].
        target: (n, 10), one-hot.
        weights: (784, 10).
    """
    return np.asarray(x.T @ (softmax(x @ weights) - target) / np.float32(len(x)), np.float32)


def cosine(one: Gradient, other: Gradient) -> float:
    """1 if both point the same way, 0 if across."""
    return float(np.vdot(one, other) / (np.linalg.norm(one) * np.linalg.norm(other)))


def scatter(images: Pixels, labels: NDArray[np.uint8], *, learned: bool) -> Scatter:
    """Gradients of batches drawn by chance, always the same ones, and how well they agree with the full one.

    Args:
        images: (n, 28, 28), 0 background to 255 ink.
        labels: (n,), the digit 0 to 9.
        learned: Whether the network has been trained for `STEPS` steps, or stands at its start, all weights 0.
    """
    random = np.random.default_rng(1)
    x = scaled(images).reshape(len(images), -1)
    target = one_hot(labels)
    weights = np.zeros((x.shape[1], 10), np.float32)
    for _ in range(STEPS if learned else 0):
        chosen = random.integers(len(x), size=BATCH)
        weights -= np.float32(RATE) * gradient(x[chosen], target[chosen], weights)
    full = gradient(x, target, weights)
    examples, cosines = {}, {}
    for size in SIZES:
        batches = (random.choice(len(x), size, replace=False) for _ in range(DRAWS))
        slopes = [gradient(x[chosen], target[chosen], weights) for chosen in batches]
        examples[size] = slopes[0]
        cosines[size] = np.array([cosine(one, full) for one in slopes])
    for array in (full, *examples.values(), *cosines.values()):
        array.flags.writeable = False
    return Scatter(full, examples, cosines)


def as_picture(slopes: Gradient, digit: int) -> NDArray[np.float32]:
    """A digit's 784 slopes as a picture (28, 28) in [0, 1]: grey 0.5 is no slope, white wants more weight, black less.

    A step goes against the slope; the strongest is white or black.
    """
    push = -slopes[:, digit].reshape(28, 28)
    strongest = np.abs(push).max()
    return np.asarray(0.5 + push / (2 * strongest) if strongest else np.full_like(push, 0.5), np.float32)
