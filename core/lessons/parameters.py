"""Counting a network's parameters, term by term."""

from dataclasses import dataclass
from typing import assert_never

from core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool
from core.recipe import Recipe, summary


@dataclass(frozen=True)
class Term:
    """One layer's part of the sum."""

    title: str
    factors: tuple[int, ...]  # whose product is the number of weights; empty if there are none
    biases: int
    parameters: int
    shape: str  # of what the layer gives, in words

    @property
    def told(self) -> str:
        """The term as it is written down: "784 x 10 + 10"; a dash if there is nothing to count."""
        weights = " × ".join(f"{factor:,}" for factor in self.factors)  # noqa: RUF001
        return f"{weights} + {self.biases:,}" if self.biases else weights or "-"


def terms(recipe: Recipe) -> list[Term]:
    """Every layer's term, in order; their `parameters` are what `recipe.summary` counts."""
    found = []
    shape = recipe.input_shape
    for layer, row in zip(recipe.layers, summary(recipe), strict=True):
        factors, biases = _factors(layer, shape)
        told = " x ".join(f"{size:,}" for size in row.output_shape)
        found.append(Term(layer.title, factors, biases, row.parameters, told))
        shape = row.output_shape
    return found


def _factors(layer: Layer, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """What is multiplied to get the number of weights, and the number of biases."""
    match layer:
        case Dense():
            return (shape[0], layer.units), layer.units
        case Conv():
            return (layer.kernel, layer.kernel, shape[2], layer.filters), layer.filters
        case BatchNorm():
            return (4, shape[-1]), 0  # scale, shift, moving mean, moving variance
        case MaxPool() | Flatten() | Dropout():
            return (), 0
        case _:
            assert_never(layer)
