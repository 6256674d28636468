"""Charts as plain Plotly dictionaries: a chart is polled by many viewers, and figure objects cost milliseconds each.

Text, grid and background colours are left out; whoever shows a figure fills in those of its theme.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal, TypedDict

from core.events import EpochEnd, Progress

MOST_POINTS = 300  # of a curve; more cannot be seen on a screen

# Told apart by the colour-blind and, at 3:1 or better, from a white as from a near-black page.
BLUE = "#2f7fd6"
ORANGE = "#d5730b"
GREY = "#8a93a1"

_LEFT = {"x": 0, "xref": "paper", "xanchor": "left"}
_ABOVE = {"y": 1, "yref": "paper", "yanchor": "bottom", "pad": {"b": 13}}

Metric = Literal["loss", "accuracy"]


class Figure(TypedDict):
    """What `plotly.graph_objects.Figure` and Plotly's own JavaScript take."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


def probability_bars(probabilities: Sequence[float], doubtful: bool = False) -> Figure:
    """Ten lying bars, 0 above 9, the best one marked, each with its percentage.

    Args:
        probabilities: Ten values in [0, 1], digit 0 first. Ten zeros give the empty chart: nothing marked or written.
        doubtful: What was read looks like no digit: all bars are grey.
    """
    values = [float(value) for value in probabilities]
    if len(values) != 10:
        raise ValueError(f"probabilities must be ten values, got {len(values)}")
    best = max(range(10), key=values.__getitem__) if any(values) and not doubtful else None
    labels = [_bold(percentage(value), digit == best) if any(values) else "" for digit, value in enumerate(values)]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [max(round(value, 4), 0.0001) for value in values],  # a bar of no length at all cannot glide
        "y": list(range(10)),
        "text": labels,
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "constraintext": "none",
        "hoverinfo": "skip",
        "marker": {"color": [BLUE if digit == best else GREY for digit in range(10)]},
        "textfont": {"size": 14},
    }
    layout = {
        "bargap": 0.28,
        "margin": {"l": 24, "r": 62, "t": 4, "b": 4},
        "showlegend": False,
        "xaxis": {"range": [0, 1], "visible": False, "fixedrange": True},
        "yaxis": {
            "range": [9.5, -0.5],
            "tickvals": list(range(10)),
            "ticktext": [_bold(str(digit), digit == best) for digit in range(10)],
            "tickfont": {"size": 16},
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }
    return {"data": [bars], "layout": layout}


def _bold(text: str, bold: bool) -> str:
    return f"<b>{text}</b>" if bold else text


def percentage(share: float) -> str:
    """A share in [0, 1] with as many digits as matter: "91%", "0.3%", "<0.1%", "99.7%"."""
    if share < 0.001:
        return "<0.1%"
    if 0.9995 <= share < 1:
        return ">99.9%"
    places = 1 if share < 0.0095 or 0.995 <= share < 1 else 0
    return f"{100 * share:.{places}f}%"


def live_curves(
    train: Sequence[Progress],
    epochs: Sequence[EpochEnd],
    metric: Metric,
    *,
    total_images: int,
    total_epochs: int,
) -> Figure:
    """A run's loss or accuracy so far, on axes that have the whole run's length from the start.

    Args:
        train: Every progress event so far.
        epochs: Every finished epoch; those with validation figures give a second curve.
        metric: What the curves show.
        total_images: What the whole run will train on, over all epochs.
        total_epochs: The recipe's epochs.
    """
    points = thinned([(event.images, getattr(event, metric)) for event in train], total_images)
    per_epoch = total_images / total_epochs
    training = _line("training", [(images / per_epoch, value) for images, value in points], metric, BLUE)
    validation = {end.epoch: getattr(end, f"val_{metric}") for end in epochs}
    validated = [(epoch, value) for epoch, value in validation.items() if value is not None]
    data = [training]
    if validated:
        data.append(_with_marks(_line("validation", validated, metric, ORANGE)))
    seen = [value for _, value in [*points, *validated]]
    layout = {
        "margin": {"l": 52, "r": 14, "t": 40, "b": 44},
        "hovermode": "x unified",
        "dragmode": False,
        "showlegend": bool(validated),
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "title": {"text": metric.capitalize(), **_LEFT, **_ABOVE},
        "xaxis": _epoch_axis(total_epochs),
        "yaxis": _value_axis(metric, seen),
    }
    return {"data": data, "layout": layout}


def thinned(values: Sequence[tuple[int, float]], total_images: int) -> list[tuple[int, float]]:
    """Merge (images, mean since the last pair) into at most `MOST_POINTS` pairs of the same kind.

    A pair's value is the mean over all its images. Where a pair ends does not depend on later ones, so a growing
    curve keeps the points it has. A run that went back to its checkpoint tells some images twice; the later counts.
    """
    kept: list[tuple[int, float]] = []
    for images, value in values:
        while kept and kept[-1][0] >= images:
            kept.pop()
        kept.append((images, value))
    merged: dict[int, tuple[int, float]] = {}  # by number of the stretch: (images at its end, sum over its images)
    before = 0
    for images, value in kept:
        stretch = -(-images * MOST_POINTS // total_images)  # rounded up, in whole numbers
        total = merged.get(stretch, (0, 0.0))[1]
        merged[stretch] = (images, total + value * (images - before))
        before = images
    starts = [0, *(end for end, _ in merged.values())]
    return [(end, total / (end - start)) for start, (end, total) in zip(starts, merged.values(), strict=False)]


def _line(name: str, points: Sequence[tuple[float, float]], metric: Metric, color: str) -> dict[str, Any]:
    """One curve; a value that is not finite leaves a gap, for JSON has no word for it."""
    return {
        "type": "scatter",
        "name": name,
        "mode": "lines",
        "x": [round(x, 4) for x, _ in points],
        "y": [float(f"{value:.5g}") if math.isfinite(value) else None for _, value in points],
        "line": {"color": color, "width": 2.5},
        "hovertemplate": "%{y:.1%}" if metric == "accuracy" else "%{y:.4f}",
    }


def _with_marks(line: dict[str, Any]) -> dict[str, Any]:
    """A curve whose points are marked, and named in its hover text: the pointer may be epochs away."""
    return {
        **line,
        "mode": "lines+markers",
        "marker": {"size": 7, "color": line["line"]["color"]},
        "hovertemplate": line["hovertemplate"] + " (epoch %{x:d})",
    }


def _epoch_axis(epochs: int) -> dict[str, Any]:
    """Epochs from 0 to the last one, with at most ten whole numbers written on it."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100) if epochs <= 10 * step)
    return {
        "title": {"text": "epochs"},
        "range": [0, epochs * 1.012],  # or the last mark is cut in half
        "tick0": 0,
        "dtick": step,
        "hoverformat": ".2f",
        "unifiedhovertitle": {"text": "after %{x} epochs"},
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
    }


def _value_axis(metric: Metric, values: Sequence[float]) -> dict[str, Any]:
    """Accuracy from 0 to 100%; loss from 0 to the next round number above what was seen, so it seldom moves."""
    axis: dict[str, Any] = {"fixedrange": True, "zeroline": False, "nticks": 6}
    if metric == "accuracy":
        ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
        return {
            **axis,
            "range": [0, 1],
            "tickvals": ticks,
            "ticktext": [f"{tick:.0%}" for tick in ticks],
        }
    highest = max((value for value in values if math.isfinite(value)), default=0)
    return {**axis, "range": [0, _round_above(highest)]}


def _round_above(value: float) -> float:
    """The smallest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten that lies above the value."""
    if value <= 0:
        return 1
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20) if power * step > value)
