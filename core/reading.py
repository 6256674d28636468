"""The digits of a drawing: grouped by geometry, and where a model refuses what that gives, as the model can read it."""

from collections.abc import Sequence
from itertools import combinations, pairwise, starmap

import numpy as np
from numpy.typing import NDArray

from core import ink
from core.ink import Stroke
from core.model import Model

SURE = 0.9  # of what it reads, before a model may group otherwise than geometry
MOST = 40  # digits that are read at once
ALIKE = 0.95  # how much each part must look like a digit before one is taken apart
WIDE = 0.75  # times as wide as high; what is wider may be several digits, even if it looks like one
HIGH = 0.5  # of a group's height that each of the digits side by side in it has, at least
OVERLAP = 0.35  # of the narrower one's width that two digits may reach over each other, at most
MOST_STROKES = 8  # of a group that is taken apart

Digit = list[Stroke]


def digits(model: Model, strokes: Sequence[Stroke]) -> list[Digit]:
    """The strokes of each digit, in the order in which people read them.

    A group of `ink.segment` that the model does not take for a digit is joined to a neighbour if it takes both
    together for one, such as the strokes of a 4 that do not meet; or taken apart if it takes each part for one, such as
    a small digit below another. So is a group as wide as two digits, which touch. A drawing that is read without that
    is not changed, nor one of more than `MOST` digits.

    Raises:
        ValueError: As `ink.segment`.
    """
    found = ink.segment(strokes)
    if sum(map(len, found)) < 2 or len(found) > MOST:
        return found
    refused = ~_taken(model, found)
    groups = _with_neighbours(model, found, refused)
    return ink.in_reading_order([part for group, is_refused in groups for part in _apart(model, group, is_refused)])


def _apart(model: Model, group: Digit, refused: bool) -> list[Digit]:
    """The digits that a group is made of: itself, if it is not surely several."""
    width, height = np.ptp(np.concatenate(group), axis=0)
    if refused:
        parts = ink.segment(group, apart=True)
        if len(parts) > 1 and _taken(model, parts, ALIKE, SURE).all():
            return parts
    if (refused or width > WIDE * height) and 1 < len(group) <= MOST_STROKES:
        return _side_by_side(model, group)
    return [group]


def _side_by_side(model: Model, group: Digit) -> list[Digit]:
    """The fewest digits, from left to right, that the strokes of a group may be; the group itself if they are none."""
    strokes = sorted(group, key=lambda stroke: float(stroke[:, 0].min() + stroke[:, 0].max()))
    count = len(strokes)
    least = HIGH * _height(group)
    spans = [span for span in combinations(range(count + 1), 2) if span != (0, count)]
    digits = {(start, end): strokes[start:end] for start, end in spans}
    digits = {span: digit for span, digit in digits.items() if _height(digit) >= least}
    if not digits:
        return [group]
    taken = dict(zip(digits, _taken(model, list(digits.values()), ALIKE, SURE), strict=True))
    for cuts in range(1, count):
        for inner in combinations(range(1, count), cuts):
            ends = list(pairwise((0, *inner, count)))
            parts = [digits[span] for span in ends if taken.get(span, False)]
            if len(parts) == len(ends) and all(starmap(_beside, pairwise(parts))):
                return parts
    return [group]


def _height(digit: Digit) -> float:
    return float(np.ptp(np.concatenate(digit)[:, 1]))


def _beside(left: Digit, right: Digit) -> bool:
    """Whether two digits reach over each other no more than neighbours do."""
    ours, theirs = (np.concatenate(digit)[:, 0] for digit in (left, right))
    return bool(ours.max() - theirs.min() <= OVERLAP * min(np.ptp(ours), np.ptp(theirs)))


def _with_neighbours(model: Model, found: Sequence[Digit], refused: NDArray[np.bool_]) -> list[tuple[Digit, bool]]:
    """The groups, a refused one joined to a neighbour where both together are a digit; with whether it is refused."""
    pairs = [
        place
        for place in range(len(found) - 1)
        if (refused[place] or refused[place + 1]) and not ink.is_minus(found[place], found[place + 1])
    ]
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
