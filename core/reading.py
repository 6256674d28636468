"""The digits of a drawing: grouped by geometry, and where a model refuses what that gives, as the model can read it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core import ink
from core.ink import Stroke
from core.library import Model

SURE = 0.9  # of what it reads, before a model may group otherwise than geometry
ALIKE = 0.95  # how much each part must look like a digit before one is taken apart

Digit = list[Stroke]


def digits(model: Model, strokes: Sequence[Stroke]) -> list[Digit]:
    """The strokes of each digit, in the order in which people read them.

    A group of `ink.segment` that the model does not take for a digit is joined to a neighbour if it takes both
    together for one, such as the strokes of a 4 that do not meet; or taken apart if it takes each part for one, such as
    a small digit below another. A drawing that is read without that is not changed.

    Raises:
        ValueError: As `ink.segment`.
    """
    found = ink.segment(strokes)
    if sum(map(len, found)) < 2:
        return found
    refused = [not taken for taken in _taken(model, found)]
    while any(refused) and len(found) > 1 and (pair := _joint(model, found, refused)) is not None:
        found[pair : pair + 2] = [[*found[pair], *found[pair + 1]]]
        refused[pair : pair + 2] = [False]
    if not any(refused):
        return found
    parts: list[Digit] = []
    for digit, is_refused in zip(found, refused, strict=True):
        apart = ink.segment(digit, apart=True) if is_refused else [digit]
        parts += apart if len(apart) > 1 and _taken(model, apart, ALIKE, SURE).all() else [digit]
    return ink.in_reading_order(parts)


def _joint(model: Model, found: Sequence[Digit], refused: Sequence[bool]) -> int | None:
    """The first of two neighbours, one of them refused, that together look most like a digit; None if none do."""
    pairs = [pair for pair in range(len(found) - 1) if refused[pair] or refused[pair + 1]]
    together = [[*found[pair], *found[pair + 1]] for pair in pairs]
    taken = _taken(model, together, model.likeness_threshold, SURE)
    return pairs[int(taken.argmax())] if taken.any() else None


def _taken(model: Model, found: Sequence[Digit], alike: float | None = None, sure: float = 0.0) -> NDArray[np.bool_]:
    """Which of these a model takes for digits: that look so much like one, and of whose reading it is so sure."""
    pictures = np.stack([picture for digit in found if (picture := ink.to_mnist(digit)) is not None])
    alike = model.likeness_threshold if alike is None else alike
    taken = model.digit_likeness(pictures) >= alike
    return np.asarray(taken & (model.predict(pictures).max(1) >= sure) if sure else taken)
