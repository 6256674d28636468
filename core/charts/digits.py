"""Charts of how MNIST is divided, as plain Plotly dictionaries like those of `core.charts`."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts import BLUE, GREY, ORANGE, Figure
from core.charts.frame import BARE

_COLORS = (BLUE, ORANGE, GREY)  # training, validation, test
_AXIS = {**BARE, "ticks": ""}
_LEGEND = {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"}


def split_bar(sizes: Mapping[str, int]) -> Figure:
    """One lying bar: how many digits each part of the split has; its legend says it in numbers.

    Args:
        sizes: Up to three parts, in their order, and the digits in each; empty parts are left out.
    """
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "name": f"{part}: {size:,}",
            "x": [size],
            "y": [0],
            "hoverinfo": "skip",
            "marker": {"color": color},
        }
        for (part, size), color in zip(sizes.items(), _COLORS, strict=False)
        if size
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 48},
        "showlegend": True,
        "legend": {**_LEGEND, "y": -0.1, "yanchor": "top", "itemclick": False, "itemdoubleclick": False},
        "xaxis": {**_AXIS, "visible": False, "range": [0, sum(sizes.values())]},
        "yaxis": {**_AXIS, "visible": False},
    }
    return {"data": bars, "layout": layout}


def class_counts(counts: Mapping[str, Sequence[int]]) -> Figure:
    """Ten standing bars, one a digit, each of up to three parts of the split.

    Args:
        counts: By part, how many of each digit 0 to 9; empty parts are left out.
    """
    bars: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": part,
            "x": list(range(10)),
            "y": list(numbers),
            "marker": {"color": color},
            "hovertemplate": f"%{{y:,}} {part}<extra></extra>",
        }
        for (part, numbers), color in zip(counts.items(), _COLORS, strict=False)
        if any(numbers)
    ]
    layout = {
        "barmode": "stack",
        "bargap": 0.25,
        "dragmode": False,
        "hovermode": "x",
        "margin": {"l": 52, "r": 8, "t": 36, "b": 44},
        "showlegend": True,
        "legend": _LEGEND,
        "xaxis": {**_AXIS, "tickvals": list(range(10)), "title": {"text": "digit"}},
        "yaxis": {"zeroline": False, "fixedrange": True, "nticks": 6, "tickformat": ","},
    }
    return {"data": bars, "layout": layout}
