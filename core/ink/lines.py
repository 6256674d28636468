"""The geometry of strokes: points along them, how far away they are, where their ink lies."""

import numpy as np
from numpy.typing import NDArray

from core.ink.strokes import Stroke

_ROUNDING = 1e-6  # of a band: a point between two bands is in the lower one, wherever the drawing is moved


def travelled(stroke: Stroke) -> NDArray[np.float64]:
    """How far the pen has come at each point of a stroke, (n,), the first 0."""
    return np.append(0, np.cumsum(np.hypot(*np.diff(stroke, axis=0).T)))


def along(stroke: Stroke, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a stroke after these shares of the pen's way, (n, 2)."""
    way = travelled(stroke)
    return np.stack([np.interp(shares * way[-1], way, axis) for axis in stroke.T], axis=1)


def outward(stroke: Stroke) -> NDArray[np.float64]:
    """The direction, length 1, out of a stroke at its beginning, seen over a tenth of its way."""
    away = stroke[0] - along(stroke, np.array([0.1]))[0]
    return np.asarray(away / (np.hypot(*away) or 1.0))


def distances(points: NDArray[np.float64], line: Stroke) -> NDArray[np.float64]:
    """Between points, (n, 2), and a stroke, (n,)."""
    start, legs = line[:-1], np.diff(line, axis=0)
    if not len(legs):
        return np.asarray(np.hypot(*(points - line[0]).T))
    from_start = points[:, None] - start
    share = (from_start * legs).sum(2) / np.maximum((legs**2).sum(1), 1e-12)
    return np.asarray(np.hypot(*(from_start - share.clip(0, 1)[..., None] * legs).transpose(2, 0, 1)).min(1))


def outlines(
    points: NDArray[np.float64], lengths: NDArray[np.intp], bands: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where the ink of each stroke begins and ends in each band: inf and -inf without ink.

    Args:
        points: Shape (n, 2), of all strokes; the highest has y = 0.
        lengths: Shape (strokes,), how many points of each.
        bands: How many of equal height, from the highest point to the lowest.

    Returns:
        Two arrays, each shape (bands, strokes).
    """
    x, y = points[:, 0], points[:, 1] * (bands / (points[:, 1].max() or 1.0))
    stroke = np.repeat(np.arange(len(lengths)), lengths)  # of each point
    after = np.arange(1, len(points) + 1)
    after[np.cumsum(lengths) - 1] -= 1  # a stroke's last point leads to itself
    band = np.floor(y + _ROUNDING).astype(np.intp).clip(0, bands - 1)
    upper, lower = np.minimum(band, band[after]), np.maximum(band, band[after])
    line = np.repeat(np.arange(len(points)), lower - upper)  # once for each edge of a band it crosses
    edge = np.arange(1, len(line) + 1) + np.repeat(lower - np.cumsum(lower - upper), lower - upper)
    share = ((edge - y[line]) / (y[after] - y)[line]).clip(0, 1)  # of the line, before the crossing
    crossing = x[line] + share * (x[after] - x)[line]
    where = np.concatenate([band, edge - 1, edge]), np.concatenate([stroke, stroke[line], stroke[line]])
    left, right = np.full((2, bands, len(lengths)), np.inf)
    np.minimum.at(left, where, np.concatenate([x, crossing, crossing]))
    np.minimum.at(right, where, -np.concatenate([x, crossing, crossing]))
    return left, -right
