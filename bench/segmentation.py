"""How well several digits in one drawing are told apart, and read from left to right.

    python bench/segmentation.py FILE [--model NAME] [--uneven TIMES]

FILE holds pen strokes, which `core.drawings.read` takes. The strings are made of it: 2 to 5 digits by one writer in a
row, of nearly the same height, as far apart as the table says; below 0 their boxes overlap, but not their ink. Single
digits are tried as they were drawn, with a part gone over again, with the pen lifted on the way, by geometry alone; and
with a finger's slip somewhere on the board; and two of them so near that their ink meets or crosses. Slips, pairs and
strings are grouped as on Draw, where the model has a say.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import ink, library, reading
from core.drawings import HELD_OUT, Drawings, read
from core.ink import Stroke
from core.ink.lines import travelled
from core.model import Model

GAPS = (-0.05, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)  # between boxes; lengths in mean heights of a digit
STRINGS = 300  # for each gap
HEIGHT, OFFSET = 0.15, 0.08  # how far a digit's height and its middle are off the others', at most
APART = 0.03  # between the ink of neighbours, at least
SLIPS = (0, 8, 16, 24)  # canvas pixels
NEAR, PAIRS = (0.1, 0.03, 0.0, -0.05, -0.1), 200  # from ink to ink, across, at the same height; pairs for each
SHAKEN, LIFTED = 0.04, 0.03  # how far off a part is gone over again; the way without ink when the pen is lifted

Digit = list[Stroke]


class String(NamedTuple):
    gap: float
    digits: list[Digit]
    labels: list[int]


class Result(NamedTuple):
    exact: bool  # every digit has its own strokes and no others
    right: bool  # read, as segmented
    by_hand: bool  # read, if segmented exactly


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="pen strokes (.npz)")
    parser.add_argument("--model", default=None, metavar="NAME", help="a model of the library (default: the app's)")
    parser.add_argument("--uneven", type=float, default=1, metavar="TIMES", help="how much more uneven (default: 1)")
    options = parser.parse_args()
    drawings = read(options.file)
    model = library.load(options.model or library.default_name())

    random = np.random.default_rng(0)
    digits = [_scaled(strokes, 1) for strokes in drawings.strokes]
    _split("as drawn", digits)
    _split("a third gone over again", [_gone_over(digit, random) for digit in digits])
    _split("the pen lifted on the way", [_lifted(digit, random) for digit in digits])
    held_out = drawings.by(HELD_OUT) if len(drawings.by(HELD_OUT)) else drawings
    _slips(model, held_out, random)
    _touching(model, held_out, random)
    print()
    strings = [row_of_digits(drawings, gap, options.uneven, random) for gap in GAPS for _ in range(STRINGS)]
    results = [_result(model, string) for string in strings]
    print(f"{len(strings):,} strings, read by {model.name}; by hand: if all were segmented exactly\n")
    print(f"{'':<12}{'exact':>9}{'read right':>12}{'by hand':>9}")
    for gap in GAPS:
        _row(f"gap {gap:.0%}", [result for string, result in zip(strings, results, strict=True) if string.gap == gap])
    for count in range(2, 6):
        chosen = [len(string.digits) == count for string in strings]
        _row(f"{count} digits", [result for result, fits in zip(results, chosen, strict=True) if fits])


def _split(name: str, digits: Sequence[Digit]) -> None:
    split = sum(len(ink.segment(digit)) > 1 for digit in digits)
    print(f"single digits, {name}: {split} of {len(digits):,} are split, {split / len(digits):.2%}", flush=True)


def _slips(model: Model, drawings: Drawings, random: np.random.Generator) -> None:
    """Digits 150 pixels high with a finger's slip somewhere on a board of 400: how many are no longer read right."""
    for length in SLIPS:
        wrong = 0
        for strokes, label in zip(drawings.strokes, drawings.labels.tolist(), strict=True):
            digit = [stroke * 150 + (40, 150) for stroke in _scaled(strokes, 1)]
            place, angle = random.uniform(20, 380, 2), random.uniform(0, 2 * np.pi)
            slip = np.array([place, place + length * np.array([np.cos(angle), np.sin(angle)])])
            groups = reading.digits(model, ink.without_strays([*digit, slip] if length else digit))
            wrong += _reading(model, groups) != [label]
        print(
            f"single digits with a slip of {length} pixels: {wrong} of {len(drawings):,} are misread or split",
            flush=True,
        )


def _touching(model: Model, drawings: Drawings, random: np.random.Generator) -> None:
    """Two digits of one writer so near that their ink may meet: how many are read right, and how many wrong."""
    pairs = [
        random.choice(np.flatnonzero(drawings.writers == random.choice(drawings.writers)), 2) for _ in range(PAIRS)
    ]
    for near in NEAR:
        right = wrong = 0
        for pair in pairs:
            first, second = (_scaled(drawings.strokes[place], 1) for place in pair)
            across = near - _between(first, second)
            both = [150 * stroke for stroke in first] + [150 * (stroke + np.array([across, 0])) for stroke in second]
            groups = reading.digits(model, both)
            is_right = _reading(model, groups) == drawings.labels[pair].tolist()
            pictures = np.stack([picture for group in groups if (picture := ink.to_mnist(group)) is not None])
            taken = bool((model.digit_likeness(pictures) >= model.likeness_threshold).all())
            right += is_right and taken
            wrong += taken and not is_right
        print(f"pairs {near:.0%} from ink to ink: {right} of {PAIRS} are read right, {wrong} wrong", flush=True)


def _between(first: Digit, second: Digit) -> float:
    """The least way across from the right of one digit's ink to the left of another's, at the same height."""
    rights, lefts = ({}, {})
    for edges, digit, far in ((rights, first, max), (lefts, second, min)):
        for x, y in np.concatenate([_dense(stroke, 0.01) for stroke in digit]):
            row = round(y / 0.02)
            edges[row] = far(edges.get(row, x), x)
    return min((lefts[row] - rights[row] for row in rights.keys() & lefts.keys()), default=0.0)


def _gone_over(digit: Digit, random: np.random.Generator) -> Digit:
    """A third of the longest stroke drawn once more, a little beside it."""
    line = _dense(max(digit, key=lambda stroke: len(_dense(stroke))))
    first, angle = random.integers(0, len(line) * 2 // 3), random.uniform(0, 2 * np.pi)
    again = line[first : first + max(2, len(line) // 3)]
    return [*digit, again + SHAKEN * np.array([np.cos(angle), np.sin(angle)])]


def _lifted(digit: Digit, random: np.random.Generator) -> Digit:
    """The longest stroke in two, not at its very ends."""
    cut = max(range(len(digit)), key=lambda stroke: len(_dense(digit[stroke])))
    line = _dense(digit[cut], LIFTED / 3)
    place = random.integers(len(line) // 5, max(len(line) // 5 + 1, len(line) * 4 // 5 - 3))
    return [*digit[:cut], line[: place + 1], line[place + 3 :], *digit[cut + 1 :]]


def row_of_digits(drawings: Drawings, gap: float, uneven: float, random: np.random.Generator) -> String:
    """Digits of a random writer in a row; drawn again until no ink touches that of the digit before."""
    own = np.flatnonzero(drawings.writers == random.choice(drawings.writers))
    while True:
        which, digits, right = random.choice(own, random.integers(2, 6)), list[Digit](), 0.0
        for drawing in which:
            digit = _scaled(drawings.strokes[drawing], 1 + uneven * random.uniform(-HEIGHT, HEIGHT))
            place = np.array([right, uneven * random.uniform(-OFFSET, OFFSET)])
            digits.append([stroke + place for stroke in digit])
            right = float(np.concatenate(digits[-1])[:, 0].max()) + gap
        if all(_distance(one, other) >= APART for one, other in pairwise(digits)):
            large = [[100 * stroke for stroke in digit] for digit in digits]  # canvas pixels
            return String(gap, large, drawings.labels[which].tolist())


def _scaled(strokes: Sequence[Stroke], height: float) -> Digit:
    """A digit so high, unless it is a lying one: its left end at 0, its middle at 0."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    width, tall = high - low
    corner = np.array([low[0], (low[1] + high[1]) / 2])
    return [(stroke - corner) * (height / max(tall, width / 1.5)) for stroke in strokes]


def _distance(one: Digit, other: Digit) -> float:
    """Between the ink of two digits."""
    first, second = (np.concatenate([_dense(stroke) for stroke in digit]) for digit in (one, other))
    return float(np.hypot(*(first[:, None] - second).transpose(2, 0, 1)).min())


def _dense(stroke: Stroke, apart: float = 0.02) -> NDArray[np.float64]:
    """Points along a stroke, so many heights of a digit from each other or less."""
    way = travelled(stroke)
    at = np.linspace(0, way[-1], int(way[-1] / apart) + 2)
    return np.stack([np.interp(at, way, axis) for axis in stroke.T], axis=1)


def _result(model: Model, string: String) -> Result:
    found = reading.digits(model, [stroke for digit in string.digits for stroke in digit])
    exact = _names(found) == _names(string.digits)
    by_hand = _reading(model, string.digits) == string.labels
    return Result(exact, by_hand if exact else _reading(model, found) == string.labels, by_hand)


def _names(digits: Sequence[Digit]) -> list[list[int]]:
    return [[id(stroke) for stroke in digit] for digit in digits]


def _reading(model: Model, digits: Sequence[Digit]) -> list[int]:
    pictures = [ink.to_mnist(digit) for digit in digits]
    read = model.predict(np.stack([picture for picture in pictures if picture is not None])).argmax(1)
    return [int(label) for label in read]


def _row(name: str, results: Sequence[Result]) -> None:
    exact, right, by_hand = np.mean(results, axis=0)
    print(f"{name:<12}{exact:>9.1%}{right:>12.1%}{by_hand:>9.1%}", flush=True)


if __name__ == "__main__":
    main()
