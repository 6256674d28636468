"""Charts as plain Plotly dictionaries: a chart is polled by many viewers, and figure objects cost milliseconds each.

Text, grid and background colours are left out; whoever shows a figure fills in those of its theme.
"""

import math
from collections.abc import Sequence
from typing import Any, Literal, TypedDict

from core.events import Changed, EpochEnd, Progress

MOST_POINTS = 300  # of a curve; more cannot be seen on a screen
FEWEST_FOR_A_LINE = 3  # fewer are marked as well: one alone draws no line

# Told apart by the colour-blind and, at 3:1 or better, from a white as from a near-black page.
BLUE = "#2f7fd6"
ORANGE = "#d5730b"
GREY = "#8a93a1"

_LEFT = {"x": 0, "xref": "paper", "xanchor": "left"}
_ABOVE = {"y": 1, "yref": "paper", "yanchor": "bottom", "pad": {"b": 13}}

Metric = Literal["loss", "accuracy"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy")  # in the order of the pages
Matrix = Sequence[Sequence[int]]  # 10 x 10 counts


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


def percentage(probability: float) -> str:
    """A probability with as many digits as matter: "91%", "0.3%", "<0.1%"; a softmax's is never quite 0 or 1."""
    if probability < 0.001:
        return "<0.1%"
    if probability >= 0.9995:
        return ">99.9%"
    places = 1 if probability < 0.0095 or probability >= 0.995 else 0
    return f"{100 * probability:.{places}f}%"


def counted(share: float) -> str:
    """A share of things that were counted, as `percentage` writes it; none are 0%, and all are 100%."""
    return f"{share:.0%}" if share in (0, 1) else percentage(share)


def live_curves(
    train: Sequence[Progress],
    epochs: Sequence[EpochEnd],
    metric: Metric,
    *,
    total_images: int,
    total_epochs: float,
    changes: Sequence[Changed] = (),
    zoomed: bool = False,
) -> Figure:
    """A run's loss or accuracy so far, on axes that have the whole run's length from the start.

    Args:
        train: Every progress event so far, as `core.history` has them.
        epochs: Every finished epoch; those with validation figures give a second curve.
        metric: What the curves show.
        total_images: What the whole run will train on, over all epochs.
        total_epochs: The epochs that these images are.
        changes: Where somebody changed the learning rate; marked.
        zoomed: Accuracy from 90 % on, once it was there, and the loss on a logarithmic axis.
    """
    points = thinned([(event.images, getattr(event, metric)) for event in train], total_images)
    per_epoch = total_images / total_epochs
    training = line("training", [(images / per_epoch, value) for images, value in points], metric, BLUE)
    validation = {end.epoch: getattr(end, f"val_{metric}") for end in epochs}
    validated = [(epoch, value) for epoch, value in validation.items() if value is not None]
    data = [training]
    if validated:
        data.append(_with_marks(line("validation", validated, metric, ORANGE)))
    seen = [value for _, value in [*points, *validated]]
    layout = {
        # With room for the legend, or the curves would move when it comes.
        "margin": {"l": 52, "r": 14, "t": 48, "b": 44},
        "hovermode": "x unified",
        "dragmode": False,
        "showlegend": bool(validated),
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "title": heading(metric.capitalize()),
        "xaxis": _epoch_axis(total_epochs),
        "yaxis": (_zoomed_axis if zoomed else value_axis)(metric, seen),
        "shapes": [_mark(change.images / per_epoch) for change in changes],
        "annotations": [
            _words(change.images / per_epoch, f"rate {change.learning_rate:g}", change.images < total_images / 20)
            for change in changes
        ],
    }
    return {"data": data, "layout": layout}


def _mark(x: float) -> dict[str, Any]:
    """A dotted line from bottom to top."""
    line = {"color": GREY, "width": 1.5, "dash": "dot"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def _words(x: float, text: str, behind: bool) -> dict[str, Any]:
    """Words that stand along such a line, before or behind it."""
    side = "left" if behind else "right"
    place = {"x": x, "y": 0.5, "yref": "paper", "xanchor": side, "yanchor": "middle", "textangle": -90}
    return {"text": text, "showarrow": False, "font": {"size": 11, "color": GREY}, **place}


def digit_bars(confusion: Matrix) -> Figure:
    """Ten lying bars: of each digit, the share that was read right.

    Args:
        confusion: 10 x 10 counts, rows what the digits are, columns what was said.
    """
    right = [row[digit] / sum(row) if sum(row) else 0.0 for digit, row in enumerate(confusion)]
    labels = [counted(share) if sum(row) else "" for share, row in zip(right, confusion, strict=True)]
    figure = probability_bars([0.0] * 10)
    figure["data"][0] |= {"x": [max(share, 0.0001) for share in right], "text": labels}
    figure["data"][0]["marker"] = {"color": BLUE}
    return figure


def confusion_matrix(confusion: Matrix) -> Figure:
    """Ten rows of ten cells: what the digits are against what was said; right ones blue, mistakes orange.

    A cell's shade is its share of the row: full blue for a whole row, full orange for a twentieth of it already, since
    the mistakes are what one looks for.
    """
    share = [[count / sum(row) if sum(row) else 0.0 for count in row] for row in confusion]
    right = [
        [value if row == column else None for column, value in enumerate(cells)] for row, cells in enumerate(share)
    ]
    wrong = [
        [None if row == column else value for column, value in enumerate(cells)] for row, cells in enumerate(share)
    ]
    common = {
        "type": "heatmap",
        "x": list(range(10)),
        "y": list(range(10)),
        "customdata": confusion,
        "texttemplate": "%{text}",
        "textfont": {"size": 11},
        "hovertemplate": "a %{y}, read as %{x}: %{customdata}<extra></extra>",
        "hoverongaps": False,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "zmin": 0,
    }
    digits = {"tickvals": list(range(10)), "ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True}
    layout = {
        "margin": {"l": 44, "r": 8, "t": 4, "b": 44},
        "xaxis": {**digits, "title": {"text": "read as"}},
        "yaxis": {**digits, "title": {"text": "true digit"}, "range": [9.5, -0.5]},
    }
    shades = [_shades(right, BLUE, 1.0), _shades(wrong, ORANGE, 0.05)]
    data = [{**common, **shade, "text": _counts(confusion, shade["z"])} for shade in shades]
    return {"data": data, "layout": layout}


def _counts(confusion: Matrix, z: list[list[float | None]]) -> list[list[str]]:
    """What to write into the cells that have a value; nothing into empty ones."""
    return [
        [f"{count}" if count and value is not None else "" for count, value in zip(counts, values, strict=True)]
        for counts, values in zip(confusion, z, strict=True)
    ]


def _shades(z: list[list[float | None]], color: str, full: float) -> dict[str, Any]:
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    faint, strong = (f"rgba({red},{green},{blue},{alpha})" for alpha in (0.08, 0.68))  # the counts are read on both
    return {"z": z, "zmax": full, "colorscale": [[0, faint], [1, strong]]}


def thinned(values: Sequence[tuple[int, float]], total_images: int) -> list[tuple[int, float]]:
    """Merge (images, mean since the last pair), images rising, into at most `MOST_POINTS` pairs of the same kind.

    A pair's value is the mean over all its images. Where a pair ends does not depend on later ones, so a growing
    curve keeps the points it has.
    """
    merged: dict[int, tuple[int, float]] = {}  # by number of the stretch: (images at its end, sum over its images)
    before = 0
    for images, value in values:
        stretch = -(-images * MOST_POINTS // total_images)  # rounded up, in whole numbers
        total = merged.get(stretch, (0, 0.0))[1]
        merged[stretch] = (images, total + value * (images - before))
        before = images
    starts = [0, *(end for end, _ in merged.values())]
    return [(end, total / (end - start)) for start, (end, total) in zip(starts, merged.values(), strict=False)]


def heading(text: str) -> dict[str, Any]:
    """A title above the left end of the x axis."""
    return {"text": text, **_LEFT, **_ABOVE}


def line(name: str, points: Sequence[tuple[float, float]], metric: Metric, color: str) -> dict[str, Any]:
    """One curve; a value that is not finite leaves a gap, for JSON has no word for it."""
    return {
        "type": "scatter",
        "name": name,
        "mode": "lines" if len(points) >= FEWEST_FOR_A_LINE else "lines+markers",
        "marker": {"size": 7, "color": color},
        "x": [round(x, 4) for x, _ in points],
        "y": [float(f"{value:.5g}") if math.isfinite(value) else None for _, value in points],
        "line": {"color": color, "width": 2.5},
        "hovertemplate": "%{y:.1%}" if metric == "accuracy" else "%{y:.4f}",
    }


def _with_marks(curve: dict[str, Any]) -> dict[str, Any]:
    """A curve whose points are marked, and named in its hover text: the pointer may be epochs away."""
    return {
        **curve,
        "mode": "lines+markers",
        "hovertemplate": curve["hovertemplate"] + " (epoch %{x:d})",
    }


def _epoch_axis(epochs: float) -> dict[str, Any]:
    """Epochs from 0 to the last one, with at most ten numbers written on it, whole ones if there is one."""
    parts = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if epochs < 1 else ()
    step = next(step for step in (*parts, 1, 2, 5, 10, 20, 50, 100) if epochs <= 10 * step)
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


def value_axis(metric: Metric, values: Sequence[float]) -> dict[str, Any]:
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


def _zoomed_axis(metric: Metric, values: Sequence[float]) -> dict[str, Any]:
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
    return {
        "type": "log", "fixedrange": True, "zeroline": False, "range": [low, high],
        "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks],
    }  # fmt: skip


def _round_above(value: float) -> float:
    """The smallest of 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8 or 10 times a power of ten that lies above the value."""
    if value <= 0:
        return 1
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 20) if power * step > value)
