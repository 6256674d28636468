"""Strokes repainted with MNIST's pen, scaled and centred: what the network sees."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.ink.strokes import Picture, Stroke, bounds, checked

# The pen, in MNIST pixels; how these were chosen: docs/ink.md.
PEN = 2.0  # width of a line at half of its ink
EDGE = 1.5  # width of the slope from full ink to none
BOX = 20.0  # longer side of a digit, pen and edge included
MIDDLE = 13.5  # of the field, as a pixel's index
CENTRE = 14.0  # centre of mass, as a pixel's index: pixel (14, 14) reaches from 13.5 to 14.5
SMALLEST = 24.0  # canvas pixels; a smaller drawing is a dot or a comma and is not blown up to the whole box
PAINTINGS = 3  # each places the centre of mass better: pixels are coarse
SPACING = 0.4  # points nearer to each other are left out,
STRAIGHT = 0.01  # unless the line through the others would miss one of them by more

_GRID = np.arange(28, dtype=np.float32)


class Step(NamedTuple):
    """One stage of the way from the canvas to the network."""

    name: str
    picture: Picture


def to_mnist(strokes: Sequence[Stroke]) -> Picture | None:
    """Repaint a drawing the way MNIST's digits were made.

    The strokes are scaled to fit 20x20 pixels, keeping their aspect ratio, painted with a pen as wide
    as MNIST's finer ones and placed so that their centre of mass is at pixel (14, 14) of a 28x28 field, or as near
    as the field's edge allows.

    Args:
        strokes: Pen strokes, each shape (n, 2): x to the right, y down, canvas pixels.

    Returns:
        Shape (28, 28), float32 in [0, 1], background 0. None if nothing was drawn.

    Raises:
        ValueError: If a stroke has another shape or a coordinate is not finite or absurdly far away.

    Source: LeCun, Cortes, Burges, "The MNIST database"; centre measured on its 60,000 training images.
    """
    drawn = checked(strokes)
    if not drawn:
        return None
    segments, half = _scaled(drawn)
    room = 14 - (PEN + EDGE) / 2 - half  # between the ink and the field's edge, on either side
    place = np.array([CENTRE, CENTRE])
    for _ in range(PAINTINGS - 1):
        ink = _paint(segments + place)
        centre = np.array([ink.sum(0) @ _GRID, ink.sum(1) @ _GRID]) / ink.sum()
        place = np.clip(place + CENTRE - centre, MIDDLE - room, MIDDLE + room)
    return _paint(segments + place)


def steps(strokes: Sequence[Stroke], side: float, brush: float) -> list[Step]:
    """Every stage of `to_mnist` as the network would see it, for showing; the last one is what it does see.

    Args:
        strokes: As for `to_mnist`.
        side: Of the square canvas, in its pixels.
        brush: Width of the canvas's line, in its pixels.

    Returns:
        "As drawn" (the whole canvas, merely shrunk), "Scaled" (to MNIST's box, line and all), "Repainted" (with
        MNIST's pen) and "Centred" (by its mass); nothing if nothing was drawn.
    """
    drawn, centred = checked(strokes), to_mnist(strokes)
    if centred is None:
        return []
    shrink = 28 / side
    canvas = np.concatenate([_segments(stroke * shrink - 0.5) for stroke in drawn])
    low, high = bounds(np.concatenate(drawn))
    with_brush = BOX / max(float((high - low).max()) + brush, SMALLEST)  # the box holds the line as well
    scaled = np.concatenate([_segments((stroke - (low + high) / 2) * with_brush) for stroke in drawn])
    repainted, _ = _scaled(drawn)
    return [
        Step("As drawn", _paint(canvas, brush * shrink, 1)),
        Step("Scaled", _paint(scaled + MIDDLE, brush * with_brush, 1)),
        Step("Repainted", _paint(repainted + MIDDLE)),
        Step("Centred", centred),
    ]


def _scaled(drawn: Sequence[Stroke]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The strokes' segments around (0, 0), filling the box once painted; half their extent (2,)."""
    low, high = bounds(np.concatenate(drawn))
    scale = (BOX - PEN - EDGE) / max(float((high - low).max()), SMALLEST)
    segments = np.concatenate([_segments((stroke - (low + high) / 2) * scale) for stroke in drawn])
    return segments, (high - low) / 2 * scale


def _paint(segments: NDArray[np.floating], pen: float | None = None, edge: float | None = None) -> Picture:
    """Ink of each pixel by its distance to the nearest segment.

    Args:
        segments: Shape (n, 2, 2): start and end of each, x and y, in MNIST pixels.
        pen: Width of the line at half of its ink; `PEN` unless told.
        edge: Width of the slope from full ink to none; `EDGE` unless told.

    Returns:
        Shape (28, 28) in [0, 1].
    """
    pen, edge = PEN if pen is None else pen, EDGE if edge is None else edge
    segments = segments.astype(np.float32)  # twice as fast, and exact to 1e-4 pixels
    nearest = np.full((28, 28), np.inf, np.float32)
    for first in range(0, len(segments), 128):  # so many fit into a processor's cache
        start, end = segments[first : first + 128, 0, :, None], segments[first : first + 128, 1, :, None]
        along = end - start
        length = np.maximum((along**2).sum(1), 1e-12)[..., None]  # squared, (n, 1, 1)
        offset = _GRID - start  # (n, 2, 28): of each column, of each row
        dot = offset * along
        dot = dot[:, 0, None, :] + dot[:, 1, :, None]
        square = offset**2
        square = square[:, 0, None, :] + square[:, 1, :, None]
        share = dot / length  # of the segment, at its point nearest to the pixel
        np.clip(share, 0, 1, out=share)
        dot *= 2
        dot -= share * length
        dot *= share
        square -= dot
        np.minimum(nearest, square.min(0), out=nearest)
    distance = np.sqrt(np.maximum(nearest, 0))
    return np.asarray(np.clip(0.5 + (pen / 2 - distance) / edge, 0, 1), np.float32)


def _segments(stroke: Stroke) -> NDArray[np.float64]:
    """The lines of a stroke, shape (n, 2, 2), without points that hardly bend it; a dot is one line of no length."""
    stroke = _thinned(stroke) if len(stroke) > 2 else stroke
    return np.stack([stroke[:-1], stroke[1:]], axis=1) if len(stroke) > 1 else np.stack([stroke, stroke], axis=1)


def _thinned(stroke: Stroke) -> Stroke:
    """Every point about `SPACING` along the stroke, and those between wherever one lies off the straight way."""
    steps = np.hypot(*np.diff(stroke, axis=0).T)
    block = np.concatenate([[0], np.floor(np.cumsum(steps) / SPACING)])
    keep = np.concatenate([[True], np.diff(block) > 0])
    keep[-1] = True
    corners = np.flatnonzero(keep)
    which = np.minimum(np.cumsum(keep) - 1, len(corners) - 2)  # of the ways between corners, for each point
    start, way = stroke[corners[:-1]], np.diff(stroke[corners], axis=0)
    offset = stroke - start[which]
    share = (offset * way[which]).sum(1) / np.maximum((way**2).sum(1), 1e-12)[which]
    off = np.hypot(*(offset - np.clip(share, 0, 1)[:, None] * way[which]).T) > STRAIGHT
    keep |= np.logical_or.reduceat(off, corners[:-1])[which]
    return np.asarray(stroke[keep])
