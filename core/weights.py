"""A network's weights as a safetensors file: names, shapes and numbers, and nothing that could be run."""

import json
from collections.abc import Mapping
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import Recipe, summary

MOST_HEADER_BYTES = 100_000

Weights = Mapping[str, NDArray[np.float32]]  # "1.kernel", "1.bias", "2.gamma", ...: layers count from 1


def shapes(recipe: Recipe) -> dict[str, tuple[int, ...]]:
    """Every array's name and shape, in the order and the layout of Keras's `get_weights`."""
    found: dict[str, tuple[int, ...]] = {}
    shape = recipe.input_shape
    for number, (layer, row) in enumerate(zip(recipe.layers, summary(recipe), strict=True), 1):
        match layer:
            case Dense():
                arrays = {"kernel": (shape[-1], layer.units), "bias": (layer.units,)}
            case Conv():
                arrays = {"kernel": (layer.kernel, layer.kernel, shape[-1], layer.filters), "bias": (layer.filters,)}
            case BatchNorm():
                arrays = dict.fromkeys(("gamma", "beta", "moving_mean", "moving_variance"), shape[-1:])
            case MaxPool() | Flatten() | Dropout():
                arrays = {}
            case _:
                assert_never(layer)
        found |= {f"{number}.{name}": size for name, size in arrays.items()}
        shape = row.output_shape
    return found


def to_bytes(recipe: Recipe, arrays: list[NDArray[np.float32]]) -> bytes:
    """What Keras's `get_weights` gives, as a safetensors file."""
    return save(dict(zip(shapes(recipe), arrays, strict=True)))


def from_bytes(data: bytes, recipe: Recipe) -> dict[str, NDArray[np.float32]]:
    """Read a recipe's weights, float32, in the order of `shapes`.

    Raises:
        ValueError: If the file is not safetensors, or does not hold exactly this recipe's arrays; found by its size
            and its header before any array is made.
    """
    wanted = shapes(recipe)
    numbers = sum(int(np.prod(shape)) for shape in wanted.values())
    if not 4 * numbers <= len(data) <= 4 * numbers + MOST_HEADER_BYTES:
        raise ValueError(f"The weights must be {numbers:,} float32 numbers, got a file of {len(data):,} bytes.")
    if _named(data) != {name: ("F32", list(shape)) for name, shape in wanted.items()}:
        raise ValueError("The weights are not those of this recipe: names, shapes or types differ.")
    try:
        arrays = load(data)
    except SafetensorError as error:  # numbers that overlap, or are not all there
        raise ValueError(f"The weights are not a safetensors file ({error}).") from None
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("The weights must be finite numbers.")
    return {name: arrays[name] for name in wanted}


def _named(data: bytes) -> dict[str, tuple[object, object]]:
    """Every array's type and shape, as the header of a safetensors file says."""
    length = int.from_bytes(data[:8], "little")
    try:
        if length > min(MOST_HEADER_BYTES, len(data) - 8):
            raise ValueError("its header is too long")
        header = json.loads(data[8 : 8 + length], object_pairs_hook=_without_twins)
        return {name: (entry["dtype"], entry["shape"]) for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ValueError(f"The weights are not a safetensors file ({type(error).__name__}).") from None


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)
