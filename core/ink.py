"""From pen strokes to the 28x28 image MNIST would hold: the drawing is ink, not pixels."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]  # (n, 2): x to the right, y down, canvas pixels
Command = tuple[str, list[float]]  # a path command and its numbers
Curves = NDArray[np.float64]  # (n, 4, 2): cubic Bezier curves, one behind the other

# The pen, in MNIST pixels; how these were chosen: docs/ink.md.
PEN = 2.0  # width of a line at half of its ink
EDGE = 1.5  # width of the slope from full ink to none
BOX = 20.0  # longer side of a digit, pen and edge included
CENTRE = 14.0  # centre of mass, as a pixel's index: pixel (14, 14) reaches from 13.5 to 14.5
SMALLEST = 24.0  # canvas pixels; a smaller drawing is a dot or a comma and is not blown up to the whole box
PAINTINGS = 3  # each places the centre of mass better: pixels are coarse
SPACING = 0.4  # points nearer to each other are left out,
STRAIGHT = 0.01  # unless the line through the others would miss one of them by more

MAX_STROKES, MAX_POINTS, MAX_BYTES, MAX_DEPTH = 500, 20_000, 2_000_000, 8
FARTHEST = 1e6  # canvas pixels
FLATNESS = 0.1  # canvas pixels between a curve and the lines that replace it

_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0, "z": 0}  # behind each path command
_ORIGIN = {"left": -0.5, "center": 0.0, "right": 0.5, "top": -0.5, "bottom": 0.5}
_GRID = np.arange(28, dtype=np.float32)


class InkError(ValueError):
    """A drawing that is refused; the message tells the visitor what to do."""


def strokes_from_canvas(json_data: Mapping[str, Any] | None) -> list[Stroke]:
    """Read the pen strokes off the canvas, where the visitor sees them: moved, scaled or turned objects included.

    Args:
        json_data: What streamlit-drawable-canvas sends (Fabric.js); not to be trusted.

    Returns:
        One stroke for each time the pen was put down; empty if nothing was drawn.

    Raises:
        InkError: If it is anything but a drawing of reasonable size.
    """
    drawing: object = json_data
    if drawing is None:
        return []
    objects = drawing.get("objects") if isinstance(drawing, Mapping) else None
    if not isinstance(objects, list):
        raise _unreadable()
    if len(objects) > MAX_STROKES or _too_large(drawing):
        raise _too_much()
    paths = [_commands(item) for item in objects]
    if sum(map(len, paths)) > MAX_POINTS or sum(name == "M" for path in paths for name, _ in path) > MAX_STROKES:
        raise _too_much()
    pieces = min(MAX_POINTS // max(sum(map(len, paths)), 1), 32)  # of a curve, at most
    return [stroke for item, path in zip(objects, paths, strict=True) for stroke in _placed(item, path, pieces)]


def to_mnist(strokes: Sequence[Stroke]) -> NDArray[np.float32] | None:
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
    checked = [np.asarray(stroke, np.float64) for stroke in strokes]
    for stroke in checked:
        if stroke.ndim != 2 or stroke.shape[1] != 2:
            raise ValueError(f"a stroke must be shaped (n, 2), got {stroke.shape}")
        if not (np.abs(stroke) <= FARTHEST).all():  # NaN fails too
            raise ValueError(f"coordinates must be finite and at most {FARTHEST:,.0f} from 0, got {stroke}")
    drawn = [stroke for stroke in checked if len(stroke)]
    if not drawn:
        return None
    low, high = _bounds(np.concatenate(drawn))
    reach = (PEN + EDGE) / 2  # of the ink, from the middle of the line
    scale = (BOX - 2 * reach) / max(float((high - low).max()), SMALLEST)
    segments = np.concatenate([_segments((stroke - (low + high) / 2) * scale) for stroke in drawn])
    room = 14 - reach - (high - low) / 2 * scale  # between the ink and the field's edge, on either side
    place = np.array([CENTRE, CENTRE])
    for _ in range(PAINTINGS - 1):
        ink = _paint(segments + place)
        centre = np.array([ink.sum(0) @ _GRID, ink.sum(1) @ _GRID]) / ink.sum()
        place = np.clip(place + CENTRE - centre, 13.5 - room, 13.5 + room)  # the field's middle is at 13.5
    return _paint(segments + place)


def _paint(segments: NDArray[np.floating]) -> NDArray[np.float32]:
    """Ink of each pixel by its distance to the nearest segment.

    Args:
        segments: Shape (n, 2, 2): start and end of each, x and y, in MNIST pixels.

    Returns:
        Shape (28, 28) in [0, 1].
    """
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
    return np.asarray(np.clip(0.5 + (PEN / 2 - distance) / EDGE, 0, 1), np.float32)


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


def _bounds(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return points.min(0), points.max(0)


def _too_large(value: object) -> bool:
    """Whether JSON is longer or deeper than any honest drawing; looks at no more of it than it must."""
    budget, heap = MAX_BYTES, [(value, 0)]
    while heap and budget >= 0:
        item, depth = heap.pop()
        budget -= len(item) + 2 if isinstance(item, str) else 8
        if isinstance(item, Mapping | list):
            if depth == MAX_DEPTH or 8 * len(item) > budget:
                return True
            inside = [*item.keys(), *item.values()] if isinstance(item, Mapping) else item
            heap.extend((inner, depth + 1) for inner in inside)
    return budget < 0


def _commands(item: object) -> list[Command]:
    """The checked path of one canvas object."""
    path = item.get("path") if isinstance(item, Mapping) and item.get("type") in ("Path", "path") else None
    if not isinstance(path, list) or not path:
        raise _unreadable()
    if len(path) > MAX_POINTS:
        raise _too_much()
    commands = [_command(step) for step in path]
    if commands[0][0] != "M":
        raise _unreadable()
    return commands


def _command(step: object) -> Command:
    if not isinstance(step, list | tuple) or not step or not isinstance(step[0], str):
        raise _unreadable()
    if _NUMBERS.get(step[0]) != len(step) - 1:
        raise _unreadable()
    return step[0], [_number(value) for value in step[1:]]


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= FARTHEST:  # NaN fails too
        raise _unreadable()
    return float(value)


def _placed(item: Mapping[str, Any], path: list[Command], pieces: int) -> list[Stroke]:
    """The strokes of one canvas object, where its transform puts them."""
    strokes, low, high = _trace(path, pieces)
    if item.get("left") is None or item.get("top") is None:
        return strokes
    matrix, centre = _transform(item, high - low)
    placed = [(stroke - (low + high) / 2) @ matrix.T + centre for stroke in strokes]
    if not all((np.abs(stroke) <= FARTHEST).all() for stroke in placed):
        raise _unreadable()
    return placed


def _transform(item: Mapping[str, Any], size: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A canvas object's turn and scale (2, 2), and where the centre of its box is (2,)."""

    def number(key: str, default: float) -> float:
        return _number(item.get(key, default))

    flip_x, flip_y = item.get("flipX", False), item.get("flipY", False)
    origin_x, origin_y = item.get("originX", "center"), item.get("originY", "center")
    if not isinstance(flip_x, bool) or not isinstance(flip_y, bool):
        raise _unreadable()
    if origin_x not in ("left", "center", "right") or origin_y not in ("top", "center", "bottom"):
        raise _unreadable()
    scale = np.diag([number("scaleX", 1) * (-1 if flip_x else 1), number("scaleY", 1) * (-1 if flip_y else 1)])
    skew_x, skew_y, angle = (math.radians(number(key, 0)) for key in ("skewX", "skewY", "angle"))
    shape = scale @ np.array([[1, math.tan(skew_x)], [0, 1]]) @ np.array([[1, 0], [math.tan(skew_y), 1]])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    outside = np.abs(shape) @ (size + number("strokeWidth", 0))  # Fabric counts the brush as part of the box
    origin = np.array([_ORIGIN[origin_x], _ORIGIN[origin_y]])
    return turn @ shape, np.array([number("left", 0), number("top", 0)]) - turn @ (origin * outside)


def _trace(path: list[Command], pieces: int) -> tuple[list[Stroke], NDArray[np.float64], NDArray[np.float64]]:
    """Flatten a path: its strokes, and the corners of the box Fabric gives it.

    Fabric takes a quadratic curve's box to be that of the cubic with the same control point twice.
    """
    strokes: list[Stroke] = []
    boxes: list[NDArray[np.float64]] = []
    starts = [index for index, (name, _) in enumerate(path) if name == "M"] + [len(path)]
    for first, last in pairwise(starts):
        begin = np.array(path[first][1])
        drawn, boxed = _curves(path[first:last])
        strokes.append(np.concatenate([begin[None], _flat(drawn, pieces)]))
        boxes += [begin[None], _extremes(boxed)]
    low, high = _bounds(np.concatenate(boxes))
    return strokes, low, high


def _curves(path: list[Command]) -> tuple[Curves, Curves]:
    """One stroke's commands as cubic curves: as they are drawn, and as Fabric measures their box."""
    begin = here = path[0][1]
    drawn: list[list[float]] = []
    boxed: list[list[float]] = []
    for name, numbers in path[1:]:
        end = numbers[-2:] or begin
        if name == "C":
            inner = measured = numbers[:4]
        elif name == "Q":
            control = numbers[:2]
            measured = control + control
            inner = [(p + 2 * q) / 3 for p, q in zip(here + end, measured, strict=True)]
        else:
            measured = here + end
            inner = [(2 * p + q) / 3 for p, q in zip(measured, end + here, strict=True)]
        drawn.append([*here, *inner, *end])
        boxed.append([*here, *measured, *end])
        here = end
    return np.reshape(drawn, (-1, 4, 2)), np.reshape(boxed, (-1, 4, 2))


def _flat(curves: Curves, pieces: int) -> Stroke:
    """Points along the curves, without the first; at most so many pieces a curve."""
    bend = np.abs(np.diff(curves, 2, axis=1)).max((1, 2))
    parts = np.clip(np.ceil(np.sqrt(bend / FLATNESS)), 1, pieces).astype(np.intp)
    which = np.repeat(np.arange(len(curves)), parts)
    step = np.arange(len(which)) - np.repeat(np.cumsum(parts) - parts, parts) + 1
    return _at(curves[which], (step / parts[which])[:, None])


def _extremes(curves: Curves) -> NDArray[np.float64]:
    """The ends of cubic curves and the points where they turn back in x or in y, shape (n, 2)."""
    a, b, c, d = np.moveaxis(curves, 1, 0)
    square, half, constant = d - 3 * c + 3 * b - a, a - 2 * b + c, b - a  # of the derivative
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(half**2 - square * constant, 0))
        stable = -(half + np.copysign(root, half))
        times = [np.nan_to_num(np.clip(time, 0, 1)) for time in (stable / square, constant / stable)]
    return np.concatenate([a, d, *(_at(curves, time) for time in times)])


def _at(curves: Curves, time: NDArray[np.float64]) -> NDArray[np.float64]:
    a, b, c, d = np.moveaxis(curves, 1, 0)
    rest = 1 - time
    return np.asarray(rest**3 * a + 3 * rest**2 * time * b + 3 * rest * time**2 * c + time**3 * d)


def _unreadable() -> InkError:
    return InkError("This drawing cannot be read. Clear the canvas and draw the digit again with the pen.")


def _too_much() -> InkError:
    return InkError("This drawing is too large. Clear the canvas and draw one digit with a few strokes.")
