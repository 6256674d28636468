"""The chart of how accuracy falls as digits are disturbed, as a plain Plotly dictionary like those of `core.charts`."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts import Figure
from core.charts.compare import PALETTE, SYMBOLS
from core.charts.frame import BARE, axis, value_axis, whiskers
from core.robustness import Disturbance
from core.scoring import interval


def accuracy_curves(disturbance: Disturbance, rights: Mapping[str, Sequence[int]], count: int) -> Figure:
    """A curve a model: its accuracy at every strength, with the 95 % interval as a thin bar.

    Args:
        disturbance: What was done to the digits.
        rights: By model, in the order of the colours: how many were read right at each strength; empty for a model
            that has not been asked yet.
        count: Of so many.
    """
    layout = {
        "margin": {"l": 52, "r": 14, "t": 14, "b": 48},
        "dragmode": False,
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.2, "yanchor": "top"},
        "xaxis": _strengths(disturbance),
        "yaxis": value_axis("accuracy", []),
    }
    curves = [
        _curve(name, right, place, disturbance, count) for place, (name, right) in enumerate(rights.items()) if right
    ]
    return {"data": curves, "layout": layout}


def _curve(name: str, rights: Sequence[int], place: int, disturbance: Disturbance, count: int) -> dict[str, Any]:
    shares = [right / count for right in rights]
    intervals = [interval(right, count) for right in rights]
    return {
        "type": "scatter",
        "name": name,
        "mode": "lines+markers",
        "x": list(disturbance.strengths),
        "y": [round(share, 4) for share in shares],
        "error_y": {**whiskers(shares, intervals), "thickness": 1, "width": 3},
        "line": {"color": PALETTE[place], "width": 2},
        "marker": {"color": PALETTE[place], "symbol": SYMBOLS[place], "size": 8},
        "hovertemplate": "%{y:.1%}",
    }


def _strengths(disturbance: Disturbance) -> dict[str, Any]:
    low, high = disturbance.strengths[0], disturbance.strengths[-1]
    margin = (high - low) * 0.025  # or the outermost marks are cut in half
    return {
        **axis([low - margin, high + margin], disturbance.axis),
        **BARE,
        "tickvals": list(disturbance.strengths),
        "ticktext": [f"{strength:.0%}" if disturbance.share else f"{strength:g}" for strength in disturbance.strengths],
    }
