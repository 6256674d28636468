"""The 70,000 digits of MNIST and their splits.

Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits", CC BY-SA 3.0.
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.recipe import Recipe

FILE = Path(__file__).parent.parent / "data" / "mnist.npz"

# MD5 of each array written as the IDX file that was published (header and bytes), and its shape.
PUBLISHED = {
    "x_train": ((60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb"),
    "y_train": ((60_000,), "a25bea736e30d166cdddb491f175f624"),
    "x_test": ((10_000, 28, 28), "2646ac647ad5339dbf082846283269ea"),
    "y_test": ((10_000,), "27ae3e4e09519cfbb04c329615203637"),
}
_RECOVERY = "Restore it with `git checkout -- data/mnist.npz`, or see data/README.md."

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Digits:
    """MNIST, read-only.

    `x_train` (60000, 28, 28) and `x_test` (10000, 28, 28): uint8, 0 background to 255 ink.
    `y_train` (60000,) and `y_test` (10000,): uint8, the digit 0 to 9.
    """

    x_train: Pixels
    y_train: Pixels
    x_test: Pixels
    y_test: Pixels


@dataclass(frozen=True)
class Split:
    """What a recipe trains on and what it is watched on; same dtypes as `Digits`, validation possibly empty."""

    x_train: Pixels
    y_train: Pixels
    x_validation: Pixels
    y_validation: Pixels


def load(file: Path) -> Digits:
    """Read and check the digits.

    Raises:
        FileNotFoundError: If the file is not there.
        ValueError: If it is not the published data; the message says how to get it back.
    """
    if not file.exists():
        raise FileNotFoundError(f"The MNIST digits are missing: {file}. {_RECOVERY}")
    arrays: dict[str, Pixels] = {}
    try:
        with open(file, "rb") as opened, np.load(opened, allow_pickle=False) as stored:
            for name in PUBLISHED:
                arrays[name] = stored[name]
    except Exception as error:  # NumPy, zipfile, zlib and tokenize each name damage in their own way
        raise ValueError(f"The MNIST digits in {file} are damaged ({error}). {_RECOVERY}") from error
    for name, (shape, md5) in PUBLISHED.items():
        if arrays[name].shape != shape or _idx_md5(arrays[name]) != md5:
            raise ValueError(f"The MNIST digits in {file} are damaged: {name} is not as published. {_RECOVERY}")
        arrays[name].flags.writeable = False
    return Digits(**arrays)


@cache
def digits() -> Digits:
    """The project's own copy, read once a process."""
    return load(FILE)


def scaled(pixels: Pixels) -> NDArray[np.float32]:
    """Bytes from 0 to 255 as numbers from 0 to 1, as networks take them."""
    return np.asarray(pixels / np.float32(255), np.float32)


def a_digit(digit: int) -> str:
    """A digit with its article: "a 7", "an 8"."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def one_hot(labels: int | NDArray[np.integer]) -> NDArray[np.float32]:
    """A 1 in the place of each digit, 0 elsewhere: (n,) of 0 to 9 to (n, 10), one digit to (10,)."""
    return np.asarray(np.eye(10, dtype=np.float32)[labels])


def split(recipe: Recipe, digits: Digits) -> Split:
    """Cut the digits as the recipe says; a validation split is the end of the training images, as Keras cuts it."""
    n, used = recipe.fitted_images, recipe.training_images
    if recipe.validate_on_test:
        return Split(digits.x_train[:n], digits.y_train[:n], digits.x_test, digits.y_test)
    return Split(digits.x_train[:n], digits.y_train[:n], digits.x_train[n:used], digits.y_train[n:used])


def _idx_md5(array: Pixels) -> str:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return hashlib.md5(header + array.tobytes(), usedforsecurity=False).hexdigest()
