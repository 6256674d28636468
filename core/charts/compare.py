"""The chart that lays runs over each other, as a plain Plotly dictionary like those of `core.charts`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.charts import BLUE, ORANGE, Figure, Metric
from core.charts.curves import line, thinned
from core.charts.frame import BARE, heading, log_axis, value_axis
from core.comparing import smoothed
from core.history import History

# Told apart by the colour-blind and, at 3:1 or better, from a white as from a near-black page. Found by search in OKLab
# under Machado's simulations (2009).
PALETTE = (BLUE, ORANGE, "#ae2ca0", "#0b7547", "#84956d", "#cc1007", "#7631ff", "#a96d9c")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "triangle-down", "star", "cross")  # of validation

By = Literal["images", "seconds"]
_ALONG: dict[By, str] = {"images": "images seen", "seconds": "seconds of training"}

_LEAST_ERROR = 1e-4  # share; what is better lies on the edge of a logarithmic axis
_RIGHT = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)  # written on such an axis


@dataclass(frozen=True)
class Compared:
    """One run of a chart."""

    name: str  # in the legend
    history: History
    images_in_all: int  # over the whole run, as far as it is known


def compared_curves(
    runs: Sequence[Compared], metric: Metric, by: By, *, span: float = 0, logarithmic: bool = False
) -> Figure:
    """The loss or accuracy of up to eight runs: training as a thin line, validation dashed with marks.

    Args:
        runs: In the order of the colours.
        metric: What the curves show.
        by: What they run over: images seen or seconds of training.
        span: Images over which training curves are smoothed, see `comparing.smoothed`; the curve as measured stays,
            faint.
        logarithmic: For the loss a logarithmic axis; for accuracy one of the share of errors, so that 90 %, 99 % and
            99.9 % are equally far apart.
    """
    curves = [_curves(run, place, metric, by, span) for place, run in enumerate(runs)]
    data = [curve for lines in curves for curve in lines]
    values = [value for curve in data for value in curve["y"] if value is not None]
    if logarithmic and metric == "accuracy":
        data = [_errors(curve) for curve in data]
    longest = max((curve["x"][-1] for curve in data if curve["x"]), default=0)
    planned = max((run.images_in_all for run in runs), default=0) if by == "images" else 0
    layout = {
        "margin": {"l": 56, "r": 14, "t": 40, "b": 28},
        "hovermode": "x unified",
        "dragmode": False,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.12, "yanchor": "top"},
        "title": heading(f"{metric.capitalize()} by {_ALONG[by]}"),
        "xaxis": _along(by, max(longest, planned)),
        "yaxis": _scale(metric, values) if logarithmic else value_axis(metric, values),
        "uirevision": "kept",  # a run hidden by a click in the legend stays hidden while others move
    }
    return {"data": data, "layout": layout}


def _curves(run: Compared, place: int, metric: Metric, by: By, span: float) -> list[dict[str, Any]]:
    """A run's lines: where it was smoothed the curve as measured, the training curve, its validation."""
    history, color = run.history, PALETTE[place]
    progress = tuple(history.progress)  # to which another viewer's thread may add
    seconds = {event.images: event.seconds for event in progress}
    points = thinned([(event.images, getattr(event, metric)) for event in progress], run.images_in_all)
    shared = {"legendgroup": run.history.run_id}

    def training(kind: str, measured: Sequence[tuple[int, float]]) -> dict[str, Any]:
        along = [(images if by == "images" else seconds[images], value) for images, value in measured]
        return {**line(run.name, along, metric, color), **shared, "uid": f"{history.run_id}-{kind}"}

    lines = [training("training", smoothed(points, span))]
    lines[0]["line"] = {"color": color, "width": 2 if span else 1.5}
    if span:
        faint = {"opacity": 0.3, "showlegend": False, "hoverinfo": "skip", "hovertemplate": None}
        lines.insert(0, {**training("measured", points), **faint, "line": {"color": color, "width": 1}})
    marks = {getattr(end, by): getattr(end, f"val_{metric}") for end in history.epochs}
    validated = [(along, value) for along, value in marks.items() if value is not None]
    if validated:
        lines.append(
            {
                **line(f"{run.name}, validation", validated, metric, color),
                **shared,
                "uid": f"{history.run_id}-validation",
                "mode": "lines+markers",
                "marker": {"size": 7, "color": color, "symbol": SYMBOLS[place]},
                "line": {"color": color, "width": 1.5, "dash": "dot"},
                "showlegend": False,
            }
        )
    return lines


def _errors(curve: dict[str, Any]) -> dict[str, Any]:
    """An accuracy curve as the share of errors, which a logarithmic axis can show; it still tells its accuracy."""
    errors = [None if value is None else float(f"{error(value):.4g}") for value in curve["y"]]
    template = curve["hovertemplate"] and "%{customdata:.2%}"
    return {**curve, "customdata": curve["y"], "y": errors, "hovertemplate": template}


def _along(by: By, end: float) -> dict[str, Any]:
    """From 0 to the end of the longest run."""
    return {
        "range": [0, (end or 1) * 1.012],  # or the last mark is cut in half
        "nticks": 6,
        "unifiedhovertitle": {"text": "after %{x:,d} images" if by == "images" else "after %{x:,.1f} s"},
        **BARE,
    }


def _scale(metric: Metric, values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis with room for every value; accuracy counts errors downwards."""
    if metric == "accuracy":
        values = [error(value) for value in values]
    positive = [value for value in values if value > 0] or [0.1, 1]
    low, high = math.log10(min(positive)) - 0.05, math.log10(max(positive)) + 0.05
    axis = log_axis(low, high)
    if metric == "accuracy":
        return {**axis, "range": [high, low], **error_ticks()}
    return axis


def error(accuracy: float) -> float:
    """The share of errors, as far as a logarithmic axis shows it."""
    return max(1 - accuracy, _LEAST_ERROR)


def error_ticks() -> dict[str, Any]:
    """What is written on a logarithmic axis of errors: accuracies."""
    return {
        "tickvals": [round(1 - right, 6) for right in _RIGHT],
        "ticktext": [f"{100 * right:.4g}%" for right in _RIGHT],
    }
