"""The canvas's JSON, from whoever sends it, read as pen strokes."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ink.strokes import FARTHEST, InkError, Stroke, bounds

Command = tuple[str, list[float]]  # a path command and its numbers
Curves = NDArray[np.float64]  # (n, 4, 2): cubic Bezier curves, one behind the other

MAX_STROKES, MAX_POINTS, MAX_BYTES, MAX_DEPTH = 500, 20_000, 2_000_000, 8
FAR = FARTHEST / 10  # canvas pixels; what is turned or rounded from there is still within what strokes may be
FLATNESS = 0.1  # canvas pixels between a curve and the lines that replace it
STRIDE = 0.1  # of a stroke's longer side: from point to point of the pen on average, where Fabric would cut its corners

_NUMBERS = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0, "z": 0}  # behind each path command
_ORIGIN = {"left": -0.5, "center": 0.0, "right": 0.5, "top": -0.5, "bottom": 0.5}


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
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= FAR:  # NaN fails too
        raise _unreadable()
    return float(value)


def _placed(item: Mapping[str, Any], path: list[Command], pieces: int) -> list[Stroke]:
    """The strokes of one canvas object, where its transform puts them."""
    strokes, low, high = _trace(path, pieces)
    if item.get("left") is None or item.get("top") is None:
        return strokes
    matrix, centre = _transform(item, high - low)
    placed = [(stroke - (low + high) / 2) @ matrix.T + centre for stroke in strokes]
    if not all((np.abs(stroke) <= FAR).all() for stroke in placed):
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
        strokes.append(np.concatenate([begin[None], _flat(_as_moved(path[first:last], drawn), pieces)]))
        boxes += [begin[None], _extremes(boxed)]
    low, high = bounds(np.concatenate(boxes))
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


def _as_moved(path: list[Command], drawn: Curves) -> Curves:
    """A stroke's curves; where there are few, those through the places where the pen was.

    Fabric lets its curves meet midway between these places and only bends them towards each: where they are few, the
    corner of a 7 is cut off.
    """
    if len(path) < 4 or [name for name, _ in path] != ["M", *"Q" * (len(path) - 2), "L"]:
        return drawn
    numbers = np.array([numbers for _, numbers in path[1:-1]])
    places = np.concatenate([numbers[:, :2], [path[-1][1]]])
    steps = np.diff(places, axis=0)
    if np.abs(places[:-1] + steps / 2 - numbers[:, 2:]).max() > FLATNESS:  # not of Fabric's pen
        return drawn
    sparse = np.hypot(*steps.T).mean() > STRIDE * np.ptp(places, axis=0).max()
    return _through(places) if sparse else drawn


def _through(places: NDArray[np.float64]) -> Curves:
    """A smooth line through places, (n, 2), without loops or cusps between them: the centripetal Catmull-Rom curve.

    Source: C. Yuksel, S. Schaefer, J. Keyser, "Parameterization and applications of Catmull-Rom curves", CAD 43, 2011.
    """
    steps = np.diff(places, axis=0)
    times = np.sqrt(np.hypot(*steps.T)).clip(FLATNESS)[:, None]
    speeds, before, after = steps / times, times[:-1], times[1:]
    inner = speeds[:-1] + speeds[1:] - (steps[:-1] + steps[1:]) / (before + after)
    pace = np.concatenate([speeds[:1], inner, speeds[-1:]])
    here, there = places[:-1], places[1:]
    return np.stack([here, here + pace[:-1] * times / 3, there - pace[1:] * times / 3, there], axis=1)


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
    return InkError("This drawing cannot be read. Clear the board and draw again with the pen.")


def _too_much() -> InkError:
    return InkError("This drawing is too large. Clear the board and draw with fewer strokes.")
