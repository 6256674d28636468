"""What stands around a plot: its title, its legend and its axes."""

import math
from collections.abc import Sequence
from typing import Any

from core.charts import GREY, Metric

LEGEND = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}  # above the plot's right end
BARE: dict[str, Any] = {"showgrid": False, "zeroline": False, "fixedrange": True}  # an axis without lines


def heading(text: str) -> dict[str, Any]:
    """A title above the left end of the x axis."""
    left, above = {"x": 0, "xref": "paper", "xanchor": "left"}, {"y": 1, "yref": "paper", "yanchor": "bottom"}
    return {"text": text, **left, **above, "pad": {"b": 13}}


def axis(span: Sequence[float], title: str = "") -> dict[str, Any]:
    """From the one end of `span` to the other, with a grid."""
    plain: dict[str, Any] = {"range": list(span), "fixedrange": True, "zeroline": False}
    return {**plain, "title": {"text": title}} if title else plain


def epoch_axis(epochs: float) -> dict[str, Any]:
    """Epochs from 0 to the last one, at every moment between them."""
    return {
        "title": {"text": "epochs"},
        "range": [0, epochs * 1.012],  # or the last mark is cut in half
        "tick0": 0,
        "dtick": epoch_step(epochs),
        "hoverformat": ".2f",
        "unifiedhovertitle": {"text": "after %{x} epochs"},
        **BARE,
    }


def epoch_step(epochs: float) -> float:
    """From one number written on an axis of epochs to the next: at most ten of them, whole ones if there is one."""
    parts = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if epochs < 1 else ()
    steps: tuple[float, ...] = (*parts, 1, 2, 5, 10, 20, 50, 100)
    return next(step for step in steps if epochs <= 10 * step)


def value_axis(metric: Metric, values: Sequence[float]) -> dict[str, Any]:
    """Accuracy from 0 to 100%; loss from 0 to the next round number above what was seen, so it seldom moves."""
    if metric == "accuracy":
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        return {**axis([0, 1]), "nticks": 6, "tickvals": ticks, "ticktext": [f"{tick:.0%}" for tick in ticks]}
    highest = max((value for value in values if math.isfinite(value)), default=0)
    return {**axis([0, _round_above(highest)]), "nticks": 6}


def zoomed_axis(metric: Metric, values: Sequence[float]) -> dict[str, Any]:
    """Accuracy from 90 to 100%, once it was there; the loss on a logarithmic axis, whose ends seldom move."""
    if metric == "accuracy":
        ticks = [0.9, 0.92, 0.94, 0.96, 0.98, 1]
        there = max(values, default=0) >= ticks[0]
        zoom = {"range": [ticks[0], 1], "tickvals": ticks, "ticktext": [f"{tick:.0%}" for tick in ticks]}
        return value_axis(metric, values) | (zoom if there else {})
    known = [math.log10(value) for value in values if math.isfinite(value) and value > 0]
    if not known:
        return value_axis(metric, values)
    return log_axis(math.floor(3 * min(known)) / 3, (math.floor(3 * max(known)) + 1) / 3)


def log_axis(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis between two powers of ten, with plain numbers written on it."""
    steps = (1, 2, 5) if high - low < 2.5 else (1, 3) if high - low < 4 else (1,)
    ticks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    return {**axis([low, high]), "type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def _round_above(value: float) -> float:
    """The smallest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten that lies above the value."""
    if value <= 0:
        return 1
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20) if power * step > value)


def dotted_line(x: float) -> dict[str, Any]:
    """A grey line from the bottom of a plot to its top."""
    line = {"color": GREY, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def whiskers(values: Sequence[float], intervals: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """A thin bar through each value, from the low to the high end of its interval."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [round(high - value, 4) for value, (_, high) in zip(values, intervals, strict=True)],
        "arrayminus": [round(value - low, 4) for value, (low, _) in zip(values, intervals, strict=True)],
    }
