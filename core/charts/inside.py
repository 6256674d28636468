"""The charts of the page Inside."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.charts import BLUE, GREY, ORANGE, Figure

RED = "#d6453d"
MOST_WRITTEN = 21  # up to about this exponent a power of e is written out: 1,318,815,734

# Ten colours that are told apart in both themes; the digit itself is written at each group's middle, too.
TEN = (
    BLUE, ORANGE, "#2a9d5c", "#c43d3d", "#8a63d2", "#9a6b4f", "#d55fa8", "#7a8290", "#a3a11f", "#1aa3b5",
)  # fmt: skip


def evidence_steps(parts: Mapping[str, float]) -> Figure:
    """A staircase of lying bars: where each part begins the one before has ended; the last bar is their sum."""
    ends = np.cumsum(list(parts.values()))
    starts = [0.0, *ends[:-1]]
    names = [*parts, "Logit"]
    values = [*parts.values(), float(ends[-1])]
    colors = [*(BLUE if value >= 0 else RED for value in parts.values()), GREY]
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": names,
        "x": [float(f"{value:.4g}") for value in values],
        "base": [float(f"{start:.4g}") for start in [*starts, 0.0]],
        "text": [
            f"{value:+.2f}" if name != "Logit" else f"<b>{value:.2f}</b>"
            for name, value in zip(names, values, strict=True)
        ],
        "textposition": "outside",
        "cliponaxis": False,
        "constraintext": "none",
        "hoverinfo": "skip",
        "marker": {"color": colors},
    }
    lowest, highest = min(0.0, *starts, *ends), max(0.0, *starts, *ends)
    room = 0.22 * (highest - lowest or 1)
    layout = {
        "bargap": 0.35,
        "margin": {"l": 112, "r": 12, "t": 4, "b": 30},
        "showlegend": False,
        "xaxis": {"range": [lowest - room, highest + room], "fixedrange": True, "zeroline": True, "nticks": 6},
        "yaxis": {"autorange": "reversed", "ticks": "", "showgrid": False, "fixedrange": True},
    }
    return {"data": [bars], "layout": layout}


def digit_map(points: NDArray[np.float32], labels: Sequence[int], own: NDArray[np.float32]) -> Figure:
    """Digits as dots, a colour a class, its digit at the middle; the own drawing a large ring.

    Args:
        points: (n, 2).
        labels: n digits.
        own: (1, 2).
    """
    kinds = np.asarray(labels)
    dots = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": str(digit),
            "x": points[kinds == digit, 0].round(3).tolist(),
            "y": points[kinds == digit, 1].round(3).tolist(),
            "customdata": np.flatnonzero(kinds == digit).tolist(),
            "marker": {"size": 6, "color": TEN[digit], "opacity": 0.75},
            "hovertemplate": f"a {digit}, test digit %{{customdata}}<extra></extra>",
        }
        for digit in range(10)
    ]
    mine = {
        "type": "scatter",
        "mode": "markers",
        "name": "this digit",
        "x": [float(own[0, 0])],
        "y": [float(own[0, 1])],
        "marker": {"size": 18, "color": "rgba(0,0,0,0)", "line": {"color": "#f5a524", "width": 4}},
        "hovertemplate": "this digit<extra></extra>",
    }
    middles = {digit: np.median(points[kinds == digit], axis=0) for digit in np.unique(kinds).tolist()}
    words = [
        {
            "x": float(middle[0]),
            "y": float(middle[1]),
            "text": f"<b>{digit}</b>",
            "showarrow": False,
            "font": {"size": 16, "color": "#ffffff"},
            "bgcolor": TEN[digit],
            "borderpad": 2,
        }
        for digit, middle in middles.items()
    ]
    layout = {
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": False,
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {"visible": False, "fixedrange": True},
        "annotations": words,
    }
    return {"data": [*dots, mine], "layout": layout}


def power_of_e(exponent: float) -> str:
    """e to the power of it, a number that may be tiny, in the millions, or too large for a computer's."""
    if abs(exponent) < MOST_WRITTEN:
        value = math.exp(exponent)
        return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
    places, rest = divmod(exponent / math.log(10), 1)
    return f"{10**rest:.2f}e{places:+.0f}"
