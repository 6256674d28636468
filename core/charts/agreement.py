"""Several models as labelled dots, as plain Plotly dictionaries like those of `core.charts`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.charts import Figure
from core.charts.compare import PALETTE, SYMBOLS, error, error_ticks
from core.charts.frame import axis, heading

Cost = Literal["parameters", "seconds"]

_LETTER = 7.2  # pixels, one letter of a dot's label
_HALF_LINE = 8  # pixels, half of a label's height
_DOT = 7  # pixels, half of a dot's width with some air
_BESIDE = 18  # pixels, a dot with its air on both sides
_PLOT = (270, 230)  # pixels, the narrowest plot that labels are placed for
_SIDES: dict[str, tuple[float, float]] = {  # where a label may stand: its middle, in its own widths and in pixels down
    "middle right": (0.5, 0),
    "middle left": (-0.5, 0),
    "top center": (0, -17),
    "bottom center": (0, 17),
    "top right": (0.5, -14),
    "bottom right": (0.5, 14),
    "top left": (-0.5, -14),
    "bottom left": (-0.5, 14),
}


@dataclass(frozen=True)
class Dot:
    """A model of a scatter chart."""

    name: str
    cost: float  # parameters or seconds, above 0
    accuracy: float  # share in [0, 1]
    place: int  # in the order of the colours


def accuracy_against(dots: Sequence[Dot], what: Cost) -> Figure:
    """Labelled dots: accuracy upwards, by the share of errors on a logarithmic axis, against what it cost."""
    across = [math.log10(dot.cost) for dot in dots]
    down = [math.log10(error(dot.accuracy)) for dot in dots]
    x_range, y_range = _room(across, 0.12), _room(down, 0.14)[::-1]
    data = []
    for dot, power, side in zip(dots, down, _sides(dots, across, down, x_range, y_range), strict=True):
        color = PALETTE[dot.place]
        cost = f"{dot.cost:,.0f} parameters" if what == "parameters" else f"{dot.cost:,.1f} s"
        data.append(
            {
                "type": "scatter",
                "mode": "markers+text",
                "name": dot.name,
                "x": [dot.cost],
                "y": [round(10**power, 6)],
                "text": [dot.name],
                "textposition": side,
                "cliponaxis": False,
                "marker": {"size": 11, "color": color, "symbol": SYMBOLS[dot.place]},
                "hovertemplate": f"{dot.name}: {dot.accuracy:.2%}, {cost}<extra></extra>",
            }
        )
    powers = range(math.ceil(x_range[0]), math.floor(x_range[1]) + 1)
    steps = (1,) if len(powers) >= 2 else (1, 2, 5)
    costs = [step * 10.0**power for power in range(powers.start - 1, powers.stop + 1) for step in steps]
    costs = [cost for cost in costs if x_range[0] <= math.log10(cost) <= x_range[1]]
    layout = {
        "margin": {"l": 56, "r": 14, "t": 36, "b": 44},
        "dragmode": False,
        "showlegend": False,
        "title": heading("Accuracy against " + ("parameters" if what == "parameters" else "seconds of training")),
        "xaxis": {
            **axis(x_range, what),
            "type": "log",
            "tickvals": costs,
            "ticktext": [f"{cost:,.6g}" for cost in costs],
        },
        "yaxis": {**axis(y_range), "type": "log", **error_ticks()},
    }
    return {"data": data, "layout": layout}


def _room(values: Sequence[float], share: float) -> list[float]:
    """A range that holds every value, with some air; at least one unit wide."""
    low, high = min(values, default=0), max(values, default=1)
    air = max((high - low) * share, (1 - (high - low)) / 2)
    return [low - air, high + air]


def _sides(
    dots: Sequence[Dot], across: Sequence[float], down: Sequence[float], x_range: list[float], y_range: list[float]
) -> list[str]:
    """For each dot the side of its label that covers the least of other labels, of dots and of the edge.

    A wider plot draws dots apart while labels keep their size, so what fits the narrowest one fits all.
    """
    width, height = _PLOT
    points = [
        (
            (x - x_range[0]) / (x_range[1] - x_range[0]) * width,
            (y_range[1] - y) / (y_range[1] - y_range[0]) * height,
        )
        for x, y in zip(across, down, strict=True)
    ]
    taken = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in points]
    sides = []
    for (x, y), dot in zip(points, dots, strict=True):
        long = len(dot.name) * _LETTER

        def box(side: str, x: float = x, y: float = y, long: float = long) -> tuple[float, float, float, float]:
            shift, lower = _SIDES[side]
            middle = x + shift * (long + _BESIDE)
            return middle - long / 2, y + lower - _HALF_LINE, middle + long / 2, y + lower + _HALF_LINE

        side = min(_SIDES, key=lambda side: _covered(box(side), taken, width))
        taken.append(box(side))
        sides.append(side)
    return sides


def _covered(
    box: tuple[float, float, float, float], taken: Sequence[tuple[float, float, float, float]], width: float
) -> float:
    """Square pixels of a box that lie on others or outside the plot."""
    left, top, right, bottom = box
    outside = (max(0.0, -left) + max(0.0, right - width)) * (bottom - top)
    return outside + sum(
        max(0.0, min(right, other[2]) - max(left, other[0])) * max(0.0, min(bottom, other[3]) - max(top, other[1]))
        for other in taken
    )
