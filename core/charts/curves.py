"""Loss and accuracy over a training: its curves while it goes on, and what every such curve is made of."""

import math
from collections.abc import Sequence
from typing import Any

from core.charts import BLUE, GREY, ORANGE, Figure, Metric
from core.charts.frame import LEGEND, dotted_line, epoch_axis, heading, value_axis, zoomed_axis
from core.events import Changed, EpochEnd, Progress

MOST_POINTS = 300  # of a curve; more cannot be seen on a screen
FEWEST_FOR_A_LINE = 3  # fewer are marked as well: one alone draws no line


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
        "legend": LEGEND,
        "title": heading(metric.capitalize()),
        "xaxis": epoch_axis(total_epochs),
        "yaxis": (zoomed_axis if zoomed else value_axis)(metric, seen),
        "shapes": [dotted_line(change.images / per_epoch) for change in changes],
        "annotations": [
            _words(change.images / per_epoch, f"rate {change.learning_rate:g}", change.images < total_images / 20)
            for change in changes
        ],
    }
    return {"data": data, "layout": layout}


def _words(x: float, text: str, behind: bool) -> dict[str, Any]:
    """Words that stand along such a line, before or behind it."""
    side = "left" if behind else "right"
    place = {"x": x, "y": 0.5, "yref": "paper", "xanchor": side, "yanchor": "middle", "textangle": -90}
    return {"text": text, "showarrow": False, "font": {"size": 11, "color": GREY}, **place}


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
