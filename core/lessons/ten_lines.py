"""The ten-line program, and what each of its lines does to real arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.layers import Dense
from core.mnist import Digits
from core.recipe import PRESETS

RECIPE = PRESETS["ten-lines"]
_LAYERS = [layer for layer in RECIPE.layers if isinstance(layer, Dense)]
_DENSE = ", ".join(f'keras.layers.Dense({layer.units}, activation="{layer.activation}")' for layer in _LAYERS)

LINES = (
    "import keras",
    "(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()",
    "x_train, x_test = x_train.reshape(60000, 784), x_test.reshape(10000, 784)",
    "x_train, x_test = x_train / 255, x_test / 255",
    "y_train, y_test = keras.utils.to_categorical(y_train), keras.utils.to_categorical(y_test)",
    f"model = keras.Sequential([{_DENSE}])",
    f'model.compile(optimizer="{RECIPE.optimizer}", loss="{RECIPE.loss}", metrics=["accuracy"])',
    f"model.fit(x_train, y_train, batch_size={RECIPE.batch_size}, epochs={RECIPE.epochs})",
    "loss, accuracy = model.evaluate(x_test, y_test)",
    "probabilities = model.predict(x_test)",
)


@dataclass(frozen=True)
class Facts:
    """What can be said of an array without printing it."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    low: float
    high: float
    megabytes: float  # 10**6 bytes


def arrays(digits: Digits, line: int) -> list[Facts]:
    """The four arrays after the line of that number, counted from 1; none before the second.

    Worked out from what NumPy and Keras do to the first images: the scaled pixels of all of them are half a gigabyte.
    """
    if line < 2:
        return []
    x, y = [digits.x_train, digits.x_test], [digits.y_train, digits.y_test]
    made = zip(("x_train", "y_train", "x_test", "y_test"), (x[0], y[0], x[1], y[1]), strict=True)
    return [_facts(name, array, line) for name, array in made]


def _facts(name: str, array: NDArray[np.uint8], line: int) -> Facts:
    first = pixels(array[:1], line) if name.startswith("x") else labels(array[:1], line)
    shape = (len(array), *first.shape[1:])
    low, high = float(array.min()), float(array.max())
    if name.startswith("x") and line >= 4:
        low, high = low / 255, high / 255
    if name.startswith("y") and line >= 5:
        low, high = float(first.min()), float(first.max())
    return Facts(name, shape, str(first.dtype), low, high, float(np.prod(shape) * first.itemsize / 1e6))


def pixels(images: NDArray[np.uint8], line: int) -> NDArray[Any]:
    """(n, 28, 28) pixels after the line of that number: flat after the third, from 0 to 1 after the fourth."""
    flat = images.reshape(len(images), -1) if line >= 3 else images
    return flat / 255 if line >= 4 else flat


def labels(digits: NDArray[np.uint8], line: int) -> NDArray[Any]:
    """(n,) labels after the line of that number: one-hot rows, float64 as Keras makes them, after the fifth."""
    return np.eye(10)[digits] if line >= 5 else digits
