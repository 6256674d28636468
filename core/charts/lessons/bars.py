"""Bars and columns: how far apart, how many, how well agreed."""

from collections.abc import Mapping, Sequence

import numpy as np

from core.charts import BLUE, GREY, Figure, counted
from core.charts.frame import BARE, LEGEND, axis
from core.charts.lessons import Array, rounded, usual_layout


def distance_bars(digit: int, as_numbers: Array, one_hot: Array) -> Figure:
    """Two bars a digit: how far it is from one of them, as a number and as a one-hot vector; (10,) each."""
    pairs = (("numbers", as_numbers, GREY), ("one-hot", one_hot, BLUE))
    bars = [
        {
            "type": "bar", "name": name, "x": list(range(10)), "y": values.round(3).tolist(),
            "marker": {"color": color, "pattern": {"shape": "/" if color == GREY else ""}},
            "hovertemplate": "%{y:.2f}",
        }
        for name, values, color in pairs
    ]  # fmt: skip
    layout = {
        **usual_layout(f"Distance from {digit}"),
        "hovermode": "x unified",
        "barmode": "group",
        "bargap": 0.25,
        "showlegend": True,
        "legend": LEGEND,
        "xaxis": {**axis([-0.6, 9.6], "digit"), "tickvals": list(range(10))},
        "yaxis": axis([0, 9.5]),
    }
    return {"data": bars, "layout": layout}


def layer_bars(names: Sequence[str], parameters: Sequence[int]) -> Figure:
    """A lying bar for each layer, first above: how many parameters it has, and which share of them all."""
    total = sum(parameters) or 1
    texts = [f"{count:,} ({counted(count / total)})" if count else "0" for count in parameters]
    bars = {
        "type": "bar", "orientation": "h", "x": [count / total for count in parameters], "y": list(range(len(names))),
        "text": texts, "textposition": "outside", "textangle": 0, "cliponaxis": False, "constraintext": "none",
        "hoverinfo": "skip", "marker": {"color": BLUE},
    }  # fmt: skip
    layout = {
        "bargap": 0.35,
        "margin": {"l": 150, "r": 4, "t": 4, "b": 4},
        "xaxis": {"range": [0, 1.75], "visible": False, "fixedrange": True},
        "yaxis": {
            "range": [len(names) - 0.5, -0.5], "tickvals": list(range(len(names))), "ticktext": list(names),
            "ticks": "", **BARE,
        },
    }  # fmt: skip
    return {"data": [bars], "layout": layout}


def cosine_marks(cosines: Mapping[int, Array], chosen: int) -> Figure:
    """A column of marks a batch size: how well each batch's gradient agrees with that of all images.

    Args:
        cosines: By batch size, (n,) each in [-1, 1].
        chosen: The size whose column is blue.
    """
    columns = []
    for place, (size, values) in enumerate(cosines.items()):
        aside = place + np.linspace(-0.25, 0.25, len(values))
        columns.append(
            {
                "type": "scatter", "mode": "markers", "x": rounded(aside), "y": rounded(values), "hoverinfo": "skip",
                "marker": {"size": 9 if size == chosen else 6, "color": BLUE if size == chosen else GREY,
                           "opacity": 0.9 if size == chosen else 0.55},
            }
        )  # fmt: skip
    layout = {
        **usual_layout("Agreement with the gradient of all images"),
        "showlegend": False,
        "xaxis": {
            **axis([-0.6, len(cosines) - 0.4], "images a batch"),
            "tickvals": list(range(len(cosines))),
            "ticktext": [f"<b>{size}</b>" if size == chosen else str(size) for size in cosines],
        },
        "yaxis": {**axis([-0.5, 1.05]), "tickvals": [-0.5, 0, 0.5, 1]},
    }
    return {"data": columns, "layout": layout}
