"""The charts of slow motion, batch by batch, as plain Plotly dictionaries like those of `core.charts`."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from core.charts import BLUE, Figure, Metric
from core.charts.curves import line
from core.charts.frame import BARE, axis, heading, value_axis
from core.events import Progress

MOST_BATCHES = 60  # beside each other


class Batch(NamedTuple):
    """One gradient step."""

    event: Progress
    number: int  # in its epoch, from 1
    of: int  # batches an epoch
    images: int

    @property
    def step(self) -> int:
        """Its number since the run began."""
        return (self.event.epoch - 1) * self.of + self.number


def latest_batches(train: Sequence[Progress], batch_size: int, images_an_epoch: float) -> list[Batch]:
    """The latest steps that were told one by one; none if the last event tells of several.

    Args:
        train: Every progress event so far.
        batch_size: Images a step.
        images_an_epoch: Trained on in each epoch.
    """
    latest: list[Batch] = []
    of = math.ceil(images_an_epoch / batch_size)
    for place in range(len(train) - 1, max(-1, len(train) - 1 - MOST_BATCHES), -1):
        event = train[place]
        images = event.images - (train[place - 1].images if place else 0)
        if images > batch_size:
            break
        number = math.ceil((event.images - (event.epoch - 1) * images_an_epoch) / batch_size)
        latest.insert(0, Batch(event, number, of, images))
    return latest


def batch_curve(batches: Sequence[Batch], metric: Metric) -> Figure:
    """The loss or accuracy of single batches, each marked, on an axis with room for as many as are shown."""
    points = [(batch.step, getattr(batch.event, metric)) for batch in batches]
    curve = line(metric, points, metric, BLUE)
    curve["hovertext"] = [f"epoch {batch.event.epoch}, batch {batch.number} of {batch.of}" for batch in batches]
    curve["hovertemplate"] = "%{hovertext}: " + curve["hovertemplate"] + "<extra></extra>"
    first = batches[0].step
    layout = {
        "margin": {"l": 52, "r": 14, "t": 48, "b": 44},
        "hovermode": "closest",
        "dragmode": False,
        "showlegend": False,
        "title": heading(f"{metric.capitalize()} of each batch"),
        "xaxis": {**axis([first - 1, first + MOST_BATCHES], "steps"), **BARE, "nticks": 6, "tickformat": ",d"},
        "yaxis": value_axis(metric, [value for _, value in points]),
    }
    marked = {"mode": "lines+markers", "line": {"color": BLUE, "width": 1.5}, "cliponaxis": False}
    return {"data": [{**curve, **marked}], "layout": layout}
