"""A small network trained on few digits until it knows them by heart: the run behind a lesson.

    python -m core.lessons.overfitting

trains it anew, in NumPy, for every number of training images, and writes `data/overfitting.json`.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core import mnist
from core.calibration import softmax
from core.lessons.adam import Adam
from core.mnist import Pixels
from core.recipe import PRESETS
from core.settings import ROOT

FILE = ROOT / "data" / "overfitting.json"
RECIPE = PRESETS["simple-cnn"]  # only its split: 54,000 images to train on, 6,000 to watch
SIZES = (100, 300, 1000, 3000)  # training images
HIDDEN, EPOCHS, BATCH, RATE, SEED = 64, 30, 20, 2e-3, 0

Values = NDArray[np.float32]


class Run(BaseModel, frozen=True):
    """What was measured on all digits of a kind after each epoch, the untrained network first: `EPOCHS` + 1 values.

    Losses are mean categorical cross-entropies in nats, accuracies shares in [0, 1].
    """

    loss: tuple[float, ...]
    accuracy: tuple[float, ...]
    val_loss: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    test_loss: tuple[float, ...]
    test_accuracy: tuple[float, ...]

    @property
    def best_epoch(self) -> int:
        """Where the validation loss was lowest: where one would have stopped."""
        return int(np.argmin(self.val_loss))


class Recorded(BaseModel, frozen=True):
    """The file: how the runs were made, and what they measured."""

    command: str = "python -m core.lessons.overfitting"
    hidden: int = HIDDEN  # ReLU units between the 784 pixels and the ten outputs
    batch_size: int = BATCH  # images a step
    learning_rate: float = RATE  # of Adam
    seed: int = SEED
    validation_images: int
    test_images: int
    runs: dict[int, Run]  # by training images


@cache
def recorded() -> Recorded:
    """The runs as they were recorded, read once a process."""
    return Recorded.model_validate_json(FILE.read_bytes())


def train(images: int) -> Run:
    """Train on the first so many images, and measure after every epoch."""
    digits = mnist.digits()
    split = mnist.split(RECIPE, digits)
    sets = (
        (split.x_train[:images], split.y_train[:images]),
        (split.x_validation, split.y_validation),
        (digits.x_test, digits.y_test),
    )
    ready = [(_scaled(x), y) for x, y in sets]
    measured = [[_measure(weights, x, y) for x, y in ready] for weights in _epochs(*ready[0])]
    columns = np.round(np.array(measured), 5)  # (epochs + 1, sets, loss and accuracy)
    names = ("loss", "accuracy", "val_loss", "val_accuracy", "test_loss", "test_accuracy")
    return Run(**dict(zip(names, columns.reshape(len(columns), -1).T.tolist(), strict=True)))


def _scaled(images: Pixels) -> Values:
    """(n, 28, 28) pixels as (n, 784) in [0, 1]."""
    return mnist.scaled(images).reshape(len(images), -1)


def _epochs(x: Values, y: Pixels) -> Iterator[list[Values]]:
    """The weights before the training and after each epoch: always the same arrays, which it changes."""
    random = np.random.default_rng(SEED)
    weights = [_glorot(random, x.shape[1], HIDDEN), np.zeros(HIDDEN, np.float32)]
    weights += [_glorot(random, HIDDEN, 10), np.zeros(10, np.float32)]
    adam = Adam(weights, RATE)
    yield weights
    for _ in range(EPOCHS):
        order = random.permutation(len(x))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            adam.step(_gradients(weights, x[chosen], y[chosen]))
        yield weights


def _glorot(random: np.random.Generator, inputs: int, outputs: int) -> Values:
    limit = np.sqrt(6 / (inputs + outputs))
    return random.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


def _forward(weights: list[Values], x: Values) -> tuple[Values, Values]:
    """The hidden values (n, HIDDEN) and the ten probabilities (n, 10)."""
    hidden = np.maximum(x @ weights[0] + weights[1], 0)
    return hidden, softmax(hidden @ weights[2] + weights[3])


def _gradients(weights: list[Values], x: Values, y: Pixels) -> list[Values]:
    hidden, probabilities = _forward(weights, x)
    output = (probabilities - np.eye(10, dtype=np.float32)[y]) / len(x)
    inner = (output @ weights[2].T) * (hidden > 0)
    return [x.T @ inner, inner.sum(0), hidden.T @ output, output.sum(0)]


def _measure(weights: list[Values], x: Values, y: Pixels) -> tuple[float, float]:
    probabilities = _forward(weights, x)[1]
    own = np.maximum(probabilities[np.arange(len(y)), y], 1e-12)
    return float(-np.log(own).mean()), float((probabilities.argmax(1) == y).mean())


def main() -> None:
    """Train all runs and write the file."""
    split = mnist.split(RECIPE, mnist.digits())
    made = Recorded(
        validation_images=len(split.x_validation),
        test_images=len(mnist.digits().x_test),
        runs={images: train(images) for images in SIZES},
    )
    FILE.write_text(made.model_dump_json() + "\n")


if __name__ == "__main__":
    main()
