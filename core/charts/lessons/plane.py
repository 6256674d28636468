"""Points of two kinds in a plane, and what a network says of every place between them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.charts import BLUE, GREY, ORANGE, Figure, rgba
from core.charts.compare import PALETTE
from core.charts.frame import axis
from core.charts.lessons import Array, rounded

SHADED = 41  # points a side of a shaded plane


def plane(
    x: Array,
    kind: NDArray[np.bool_],
    names: tuple[str, str],
    *,
    extent: float,
    shade: Array,
    lines: Sequence[tuple[float, float, float]],
    axes: tuple[str, str],
    wrong: Sequence[int] = (),
) -> Figure:
    """Points of two kinds in a square from -extent to extent, over the shade of what a network says there.

    Args:
        x: (n, 2).
        kind: (n,), whether a point is of the second kind.
        names: Of the two kinds, for the legend.
        extent: Half the square's side.
        shade: What is said at each point of `grid`, in [0, 1]: 0 orange, 1 blue.
        lines: (w1, w2, b) each: where w1 x + w2 y + b = 0.
        axes: What the two numbers of a point are.
        wrong: Places of points to ring.
    """
    at = np.linspace(-extent, extent, SHADED).round(4).tolist()
    half, none = 0.35, 0.0  # opacity
    ground = {
        "type": "heatmap",
        "x": at,
        "y": at,
        "z": shade.reshape(SHADED, SHADED).round(3).tolist(),
        "zmin": 0,
        "zmax": 1,
        "zsmooth": "best",
        "colorscale": [[0, rgba(ORANGE, half)], [0.5, rgba(GREY, none)], [1, rgba(BLUE, half)]],
        "showscale": False,
        "hoverinfo": "skip",
    }
    ring = {"size": 15, "color": PALETTE[5], "symbol": "circle-open", "line": {"width": 2}}
    drawn = [
        *(_line(line, extent) for line in lines),
        _marks(names[0], x[~kind], {"size": 8, "color": ORANGE, "symbol": "circle"}),
        _marks(names[1], x[kind], {"size": 8, "color": BLUE, "symbol": "square"}),
        {**_marks("on the wrong side", x[list(wrong)], ring), "visible": bool(wrong)},
    ]
    layout = {
        "margin": {"l": 48, "r": 8, "t": 30, "b": 44},
        "dragmode": False,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "itemclick": False},
        "xaxis": axis([-extent, extent], axes[0]),
        "yaxis": axis([-extent, extent], axes[1]),
    }
    return {"data": [ground, *drawn], "layout": layout}


def shaded_points(extent: float) -> Array:
    """The points at which a plane is shaded, (SHADED * SHADED, 2), row by row from below."""
    at = np.linspace(-extent, extent, SHADED)
    return np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)


def _marks(name: str, x: Array, marker: dict[str, Any]) -> dict[str, Any]:
    """Points (n, 2) that look alike."""
    shared = {"type": "scatter", "mode": "markers", "name": name, "hoverinfo": "skip", "marker": marker}
    return {**shared, "x": rounded(x[:, 0]), "y": rounded(x[:, 1])}


def _line(line: tuple[float, float, float], extent: float) -> dict[str, Any]:
    """Where w1 x + w2 y + b = 0, from the point of it nearest the middle as far as the square can reach."""
    w = np.array(line[:2])
    length = float(w @ w)
    near, along = (-line[2] * w / length, np.array([-w[1], w[0]]) / length**0.5) if length else (w + 9e3, w)
    ends = near + np.outer([-4 * extent, 4 * extent], along)
    return {
        "type": "scatter", "mode": "lines", "x": rounded(ends[:, 0]), "y": rounded(ends[:, 1]), "showlegend": False,
        "line": {"color": GREY, "width": 2.5}, "hoverinfo": "skip",
    }  # fmt: skip
