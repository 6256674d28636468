"""The digits of a drawing: grouped by geometry, and where a model refuses what that gives, as the model can read it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core import ink
from core.ink import Stroke
from core.library import Model

SURE = 0.9  # of what it reads, before a model may group otherwise than geometry
MOST = 40  # digits that are read at once
ALIKE = 0.95  # how much each part must look like a digit before one is taken apart

Digit = list[Stroke]


def digits(model: Model, strokes: Sequence[Stroke]) -> list[Digit]:
    """The strokes of each digit, in the order in which people read them.

    A group of `ink.segment` that the model does not take for a digit is joined to a neighbour if it takes both
    together for one, such as the strokes of a 4 that do not meet; or taken apart if it takes each part for one, such as
    a small digit below another. A drawing that is read without that is not changed, nor one of more than `MOST` digits.

    Raises:
        ValueError: As `ink.segment`.
    """
    found = ink.segment(strokes)
    if sum(map(len, found)) < 2 or len(found) > MOST:
        return found
    refused = ~_taken(model, found)
    if not refused.any():
        return found
    joined = _with_neighbours(model, found, refused)
    parts: list[Digit] = []
    for digit, is_refused in joined:
        apart = ink.segment(digit, apart=True) if is_refused else [digit]
        parts += apart if len(apart) > 1 and _taken(model, apart, ALIKE, SURE).all() else [digit]
    return ink.in_reading_order(parts)


def _with_neighbours(model: Model, found: Sequence[Digit], refused: NDArray[np.bool_]) -> list[tuple[Digit, bool]]:
    """The groups, a refused one joined to a neighbour where both together are a digit; with whether it is refused."""
    pairs = [place for place in range(len(found) - 1) if refused[place] or refused[place + 1]]
    together = {place: [*found[place], *found[place + 1]] for place in pairs}
    fits = dict(zip(pairs, _taken(model, list(together.values()), None, SURE), strict=True)) if pairs else {}
    joined: list[tuple[Digit, bool]] = []
    place = 0
    while place < len(found):
        fit = fits.get(place, False)
        joined.append((together[place], False) if fit else (found[place], bool(refused[place])))
        place += 2 if fit else 1
    return joined


def _taken(model: Model, found: Sequence[Digit], alike: float | None = None, sure: float = 0.0) -> NDArray[np.bool_]:
    """Which of these a model takes for digits: that look so much like one, and of whose reading it is so sure."""
    pictures = np.stack([picture for digit in found if (picture := ink.to_mnist(digit)) is not None])
    alike = model.likeness_threshold if alike is None else alike
    taken = model.digit_likeness(pictures) >= alike
    return np.asarray(taken & (model.predict(pictures).max(1) >= sure) if sure else taken)
