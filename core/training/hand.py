"""The hand that draws a few control points differently every time, and any drawing as another hand would."""

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from core.ink import Stroke

_SWAY = np.array([[1.0, 0.3], [-0.4, 1.0], [0.6, -0.7]])  # where each of three waves pushes the pen
_STEPS = np.linspace(0, 1, 10, endpoint=False)[:, None]


def written(way: str, random: Generator, care: float = 0.35) -> list[Stroke]:
    """Draw one of the ways a glyph is written, every control point off by some `care` tenths of its field."""
    chosen = str(random.choice(way.split(" | ")))
    round_off = random.random() < 0.25  # somebody who turns no sharp corner
    return [_stroke(part.strip(), random, care, round_off) for part in chosen.split(" / ")]


def by_hand(strokes: Sequence[Stroke], random: Generator, turn: float = 0.12, lean: float = 0.15) -> list[Stroke]:
    """The drawing as some hand would leave it: turned, slanted, stretched, wavering, anywhere on the canvas.

    Args:
        strokes: In any unit.
        random: Draws the hand.
        turn: Standard deviation of the turn, in radians.
        lean: Standard deviation of the slant, as a share of the height.

    Returns:
        Canvas pixels, 60 to 360 px on the longer side.
    """
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    angle, slant, stretch = random.normal(0, turn), random.normal(0, lean), np.exp(random.normal(0, 0.15))
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = turned @ np.array([[stretch, slant], [0, 1 / stretch]])
    size = random.uniform(60, 360)
    waves = random.normal(0, random.uniform(1, 6), (3, 2)), random.uniform(0, 2 * np.pi, 3), random.uniform(0, 0.02)
    corner = random.uniform(0, 400, 2)
    placed = []
    for stroke in strokes:
        even = (_spaced(stroke) - (low + high) / 2) / max(float((high - low).max()), 1e-9)
        even = even + waves[2] * np.sin(even @ waves[0].T + waves[1]) @ _SWAY
        placed.append(even @ shape.T * size + corner)
    return placed


def rounded(corners: NDArray[np.float64]) -> Stroke:
    """A Catmull-Rom curve through (n, 2) points, closed if the last is the first."""
    if len(corners) < 3:
        return corners
    closed = np.allclose(corners[0], corners[-1])
    before = corners[-2] if closed else 2 * corners[0] - corners[1]
    after = corners[1] if closed else 2 * corners[-1] - corners[-2]
    a = np.concatenate([before[None], corners[:-2]])[:, None]
    d = np.concatenate([corners[2:], after[None]])[:, None]
    b, c, t = corners[:-1, None], corners[1:, None], _STEPS
    curve = (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3) / 2
    return np.concatenate([curve.reshape(-1, 2), corners[-1:]])


def circle(centre: NDArray[np.float64], radii: NDArray[np.float64], random: Generator) -> Stroke:
    """One turn of the pen from anywhere, not quite closed or a little more."""
    start = random.uniform(0, 2 * np.pi)
    angle = start + np.linspace(0, 2 * np.pi + random.normal(0, 0.2), 33) * random.choice([-1, 1])
    drift = np.linspace(0, 1, 33)[:, None] * random.normal(0, 0.08, 2) * radii
    around = np.stack([np.cos(angle), np.sin(angle)], 1) * radii * np.exp(random.normal(0, 0.1, 2))
    return np.asarray(centre + drift + around)


def _stroke(part: str, random: Generator, care: float, round_off: bool) -> Stroke:
    if part.startswith("o"):
        x, y, *radii = (float(figure) for figure in part[1:])
        return circle(np.array([x, y]) + random.normal(0, care, 2), np.array([radii[0], radii[-1]]), random)
    corners = np.array([[float(place[0]), float(place[1])] for place in part.removeprefix("~").split()])
    shaken = corners + random.normal(0, care, corners.shape)
    if len(corners) > 2 and (corners[0] == corners[-1]).all():
        shaken[-1] = shaken[0] + random.normal(0, care / 3, 2)
    if part.startswith("~"):
        return rounded(shaken)
    return _cut(_cut(shaken)) if round_off else shaken


def _cut(corners: Stroke) -> Stroke:
    """Cut the corners off, as Chaikin does."""
    if len(corners) < 3:
        return corners
    start, end = corners[:-1], corners[1:]
    inner = np.stack([0.8 * start + 0.2 * end, 0.2 * start + 0.8 * end], 1).reshape(-1, 2)
    return np.concatenate([corners[:1], inner[1:-1], corners[-1:]])


def _spaced(stroke: Stroke) -> Stroke:
    """The same line with points as near to each other as wavering asks for."""
    steps = np.linalg.norm(np.diff(stroke, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)])
    if len(stroke) > 60 or along[-1] == 0:
        return stroke
    places = np.union1d(np.linspace(0, along[-1], 25), along)
    return np.stack([np.interp(places, along, stroke[:, axis]) for axis in (0, 1)], 1)
