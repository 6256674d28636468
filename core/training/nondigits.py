"""Families of drawings that are no digits: letters, signs, pictures and scribbles, every one drawn anew.

A drawing that many would take for a digit has no place here: no O, I, S, Z, B, g or q, no balloon (a 9), no
snowman of two balls (an 8), no upright line (a 1).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from core.ink import Stroke
from core.training.glyphs import CHARACTERS, LETTERS, PICTURES, SIGNS
from core.training.hand import by_hand, circle, rounded, written

Family = Callable[[Generator], list[Stroke]]  # canvas pixels

# Never trained on: what the network does with them is how well it knows what it has not seen.
HELD_OUT = (
    *("letter A", "letter E", "letter K", "letter M", "letter R", "letter W", "letter X", "letter f", "letter h"),
    *(
        "arrow",
        "arrow up and down",
        "curved arrow",
        "check mark",
        "heart",
        "heart, curved",
        "house",
        "smiley",
        "spiral",
    ),
    *("star", "stick figure waving", "stick figure walking", "cube", "cat", "ampersand", "question mark", "tangle"),
)


def coil(random: Generator) -> list[Stroke]:
    """Loops of a pen that moves on."""
    turns = random.uniform(2.5, 7)
    angle = np.linspace(0, 2 * np.pi * turns, int(24 * turns))
    onward = np.linspace(0, random.uniform(1.5, 6), len(angle))[:, None] * _direction(random.uniform(-0.5, 0.5))
    radii = np.exp(random.normal(0, 0.3, 2)) * random.uniform(0.7, 1.3, (2,))
    return [onward + radii * np.stack([np.cos(angle), np.sin(angle)], 1)]


def cloud_of_dots(random: Generator) -> list[Stroke]:
    places = random.uniform(0, 9, (random.integers(3, 10), 2))
    return [place + random.normal(0, 0.2, (2, 2)) for place in places]


def flower(random: Generator) -> list[Stroke]:
    petals = int(random.integers(4, 8))
    stem = [np.array([[0.0, 4.0], [random.normal(0, 0.3), 8.0]])] * int(random.integers(0, 2))
    middle = circle(np.zeros(2), np.full(2, random.uniform(0.7, 1.5)), random)
    if random.random() < 0.5:
        angle = np.linspace(0, 2 * np.pi, 120)
        outside = (3 + random.uniform(0.7, 1.5) * np.cos(petals * angle))[:, None] * _directions(angle)
        return [middle, outside, *stem]
    around = np.linspace(0, 2 * np.pi, petals, endpoint=False) + random.normal(0, 0.1, petals)
    return [middle, *(circle(2.8 * _direction(angle), np.full(2, 1.3), random) for angle in around), *stem]


def hatch(random: Generator) -> list[Stroke]:
    """A patch filled by going back and forth."""
    turns = int(random.integers(6, 22))
    across = np.where(np.arange(turns) % 2, 4.0, -4.0) * random.uniform(0.6, 1.1, turns)
    along = np.linspace(-4, 4, turns) * random.uniform(0.5, 1.2) + random.normal(0, 0.2, turns)
    strokes = [_turned(np.stack([across, along], 1), random.uniform(0, np.pi))]
    if random.random() < 0.3:
        strokes.append(_turned(strokes[0], random.uniform(0.5, 2.5)))
    return strokes


def heart_curve(random: Generator) -> list[Stroke]:
    angle = np.linspace(0, 2 * np.pi, 80)
    across = 16 * np.sin(angle) ** 3
    upward = 13 * np.cos(angle) - random.uniform(4, 6) * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)
    return [np.stack([across * random.uniform(0.7, 1.1), -upward], 1)]


def overlapping_circles(random: Generator) -> list[Stroke]:
    """Three or more; two could be an 8."""
    count = int(random.integers(3, 7))
    return [circle(random.uniform(-3, 3, 2), random.uniform(1, 3.5, 2), random) for _ in range(count)]


def rose(random: Generator) -> list[Stroke]:
    """Lissajous figures and what a spirograph draws."""
    angle = np.linspace(0, 2 * np.pi, 160)
    first, second = random.choice([2, 3, 4, 5], 2, replace=False)
    if random.random() < 0.5:
        return [np.stack([np.sin(first * angle + random.uniform(0, 3)), np.sin(second * angle)], 1)]
    return [_directions(angle) + random.uniform(0.4, 0.9) * _directions(-first * angle)]


def sharp_polygon(random: Generator) -> list[Stroke]:
    """A closed line of five to nine corners that crosses itself."""
    corners = random.uniform(0, 9, (random.integers(5, 10), 2))
    return [np.concatenate([corners, corners[:1]])]


def spiral(random: Generator) -> list[Stroke]:
    turns = random.uniform(2.2, 4.5)
    angle = np.linspace(0, 2 * np.pi * turns, int(30 * turns)) * random.choice([-1, 1])
    radius = np.linspace(random.uniform(0, 0.1), 1, len(angle)) ** random.uniform(0.8, 1.3)
    return [_turned(radius[:, None] * _directions(angle), random.uniform(0, 6))]


def sun(random: Generator) -> list[Stroke]:
    rays = int(random.integers(6, 13))
    around = np.linspace(0, 2 * np.pi, rays, endpoint=False) + random.normal(0, 0.08, rays)
    near, far = random.uniform(1.7, 2.3), random.uniform(3, 4.2)
    lines = [_direction(angle) * np.array([[near], [far + random.normal(0, 0.2)]]) for angle in around]
    return [circle(np.zeros(2), np.full(2, random.uniform(1.2, 2)), random), *lines]


def symbol(random: Generator) -> list[Stroke]:
    """Three to six strokes, each a line, an arc, a corner or a ring, between places of a coarse grid."""
    grid = random.integers(0, 4, (6, 4, 2)) * 3 + random.normal(0, 0.4, (6, 4, 2))
    strokes: list[Stroke] = []
    for places in grid[: random.integers(3, 7)]:
        kind = random.random()
        if kind < 0.55:
            strokes.append(places[:2])
        elif kind < 0.75:
            strokes.append(rounded(places[:3]))
        elif kind < 0.9:
            strokes.append(places[:3])
        else:
            strokes.append(circle(places[0], random.uniform(0.8, 3, 2), random))
    return strokes


def tangle(random: Generator) -> list[Stroke]:
    """A pen that swings through a few frequencies at once."""
    time = np.linspace(0, 1, 240)[:, None, None]
    waves = np.sin(2 * np.pi * (time * random.uniform(1, 6, (2, 4)) + random.random((2, 4))))
    return [(waves * random.uniform(0.3, 1, (2, 4))).sum(2)]


def thrown_strokes(random: Generator) -> list[Stroke]:
    """Four to nine lines and bows anywhere."""
    count = int(random.integers(4, 10))
    return [rounded(random.uniform(0, 9, (random.integers(2, 5), 2))) for _ in range(count)]


def walk(random: Generator) -> list[Stroke]:
    """A pen with momentum that wanders."""
    keep = random.uniform(0.75, 0.95)
    speed = np.zeros(2)
    places = [np.zeros(2)]
    for push in random.normal(0, 1, (random.integers(60, 160), 2)):
        speed = keep * speed + push
        places.append(places[-1] + speed - 0.02 * places[-1])
    return [np.array(places)]


def wild_curve(random: Generator) -> list[Stroke]:
    """One round stroke through seven to fourteen places."""
    return [rounded(random.uniform(0, 9, (random.integers(7, 15), 2)))]


def wild_lines(random: Generator) -> list[Stroke]:
    return [random.uniform(0, 9, (random.integers(6, 13), 2))]


def zigzag(random: Generator) -> list[Stroke]:
    """Four teeth or more: three strokes could be a Z or an N."""
    teeth = int(random.integers(5, 13))
    height = np.where(np.arange(teeth) % 2, 1.0, -1.0) * random.uniform(1, 3) * random.uniform(0.6, 1.2, teeth)
    line = np.stack([np.linspace(0, 9, teeth) + random.normal(0, 0.2, teeth), height], 1)
    line = _turned(line, random.choice([0.0, np.pi / 2, random.uniform(0, np.pi)]))
    return [rounded(line) if random.random() < 0.3 else line]


def _glyph(way: str, random: Generator) -> list[Stroke]:
    return by_hand(written(way, random), random)


def _drawn(shape: Family, random: Generator) -> list[Stroke]:
    return by_hand(shape(random), random, turn=0.3)


def _direction(angle: float) -> NDArray[np.float64]:
    return np.array([np.cos(angle), np.sin(angle)])


def _directions(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def _turned(points: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    return np.stack([points @ _direction(angle), points @ _direction(angle + np.pi / 2)], 1)


_SHAPES: dict[str, Family] = {
    "circles": overlapping_circles,
    "coil": coil,
    "dots": cloud_of_dots,
    "flower": flower,
    "hatch": hatch,
    "heart, curved": heart_curve,
    "polygon": sharp_polygon,
    "rose": rose,
    "spiral": spiral,
    "sun": sun,
    "symbol": symbol,
    "tangle": tangle,
    "thrown strokes": thrown_strokes,
    "walk": walk,
    "wild curve": wild_curve,
    "wild lines": wild_lines,
    "zigzag": zigzag,
}
_WAYS = {f"letter {letter}": way for letter, way in LETTERS.items()} | SIGNS | CHARACTERS | PICTURES

FAMILIES: dict[str, Family] = {
    **{name: partial(_glyph, way) for name, way in _WAYS.items()},
    **{name: partial(_drawn, shape) for name, shape in _SHAPES.items()},
}
TRAINED = tuple(name for name in FAMILIES if name not in HELD_OUT)
