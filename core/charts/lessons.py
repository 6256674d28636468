"""The charts of the course's lessons, as plain Plotly dictionaries like those of `core.charts`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.charts import BLUE, GREY, ORANGE, Figure, heading
from core.charts.compare import PALETTE

Array = NDArray[np.float64]

SHADED = 41  # points a side of a shaded plane
_DASHES = ("solid", "dash", "dot")


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
        "colorscale": [[0, _faint(ORANGE, half)], [0.5, _faint(GREY, none)], [1, _faint(BLUE, half)]],
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
        "xaxis": _axis([-extent, extent], axes[0]),
        "yaxis": _axis([-extent, extent], axes[1]),
    }
    return {"data": [ground, *drawn], "layout": layout}


def grid(extent: float) -> Array:
    """The points at which a plane is shaded, (SHADED * SHADED, 2), row by row from below."""
    at = np.linspace(-extent, extent, SHADED)
    return np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)


def curves(
    x: Array,
    values: Mapping[str, Array],
    *,
    points: Mapping[str, tuple[float, float]],
    title: str,
    along: str,
    high: float,
    low: float = 0.0,
) -> Figure:
    """Up to three functions over one axis, each its own colour and dash, with a mark on each.

    Args:
        x: (n,), where the functions are drawn.
        values: By name, (n,) each.
        points: By name of a function, where its mark stands.
        title: What the functions tell.
        along: What x is.
        high: Upper end of the axis.
        low: Lower end of the axis.
    """
    data: list[dict[str, Any]] = []
    for place, (name, y) in enumerate(values.items()):
        color, dash = PALETTE[place], _DASHES[place]
        drawn = {"type": "scatter", "name": name, "mode": "lines", "x": _told(x), "y": _told(y)}
        data.append(
            {
                **drawn,
                "line": {"color": color, "width": 2.5, "dash": dash, "simplify": False},
                "hovertemplate": "%{y:.3f}",
            }
        )
        if name in points:
            at = {"x": [points[name][0]], "y": [points[name][1]]}
            mark = {"type": "scatter", "mode": "markers", "showlegend": False, "hoverinfo": "skip", "cliponaxis": False}
            data.append({**mark, **at, "marker": {"size": 12, "color": color}})
    layout = {
        **_layout(title),
        "showlegend": len(values) > 1,
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "hovermode": "x unified",
        "xaxis": _axis([float(x[0]), float(x[-1])], along),
        "yaxis": _axis([low, high]),
    }
    return {"data": data, "layout": layout}


def way_down(
    w: Array, losses: Array, weights: Sequence[float], reached: Sequence[float], best: float, high: float
) -> Figure:
    """A loss over its one weight, with the weights so far as marks joined in order; the last one is large.

    Args:
        w: (n,), where the loss is drawn.
        losses: (n,), the loss there.
        weights: Those so far, the first one first.
        reached: The loss at each.
        best: The weight with the lowest loss; marked by a dotted line.
        high: Upper end of the loss axis.
    """
    figure = curves(w, {"loss": losses}, points={}, title="Loss by weight", along="weight w", high=high)
    last = len(weights) - 1
    path = {
        "type": "scatter", "mode": "lines+markers", "x": _told(weights), "y": _told(reached),
        "line": {"color": ORANGE, "width": 1.5}, "hoverinfo": "skip",
        "marker": {"size": [14 if place == last else 7 for place in range(last + 1)], "color": ORANGE, "opacity": 1},
    }  # fmt: skip
    lowest = {"type": "line", "x0": best, "x1": best, "y0": 0, "y1": 1, "yref": "paper"}
    figure["layout"]["shapes"] = [{**lowest, "line": {"color": GREY, "width": 1.5, "dash": "dot"}}]
    figure["data"].append(path)
    return figure


def loss_by_step(reached: Sequence[float], lowest: float) -> Figure:
    """The loss after each step, the start first, and the lowest one there is as a dotted line."""
    steps = list(range(len(reached)))
    high = max(1.0, *reached)
    drawn = {
        "type": "scatter", "mode": "lines+markers", "x": steps, "y": _told(reached), "hovertemplate": "%{y:.4g}",
        "line": {"color": BLUE, "width": 2}, "marker": {"size": 6, "color": BLUE},
    }  # fmt: skip
    line = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": lowest, "y1": lowest}
    layout = {
        **_layout("Loss by step"),
        "showlegend": False,
        "hovermode": "x unified",
        "shapes": [{**line, "line": {"color": GREY, "width": 1.5, "dash": "dot"}}],
        "xaxis": {**_axis([-0.2, max(10, len(reached))], "step"), "nticks": 6},
        "yaxis": {**_axis([0, high * 1.08]), "nticks": 5},
    }
    return {"data": [drawn], "layout": layout}


def distances(digit: int, as_numbers: Array, one_hot: Array) -> Figure:
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
        **_layout(f"Distance from {digit}"),
        "hovermode": "x unified",
        "barmode": "group",
        "bargap": 0.25,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"},
        "xaxis": {**_axis([-0.6, 9.6], "digit"), "tickvals": list(range(10))},
        "yaxis": _axis([0, 9.5]),
    }
    return {"data": bars, "layout": layout}


def agreement(cosines: Mapping[int, Array], chosen: int) -> Figure:
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
                "type": "scatter", "mode": "markers", "x": _told(aside), "y": _told(values), "hoverinfo": "skip",
                "marker": {"size": 9 if size == chosen else 6, "color": BLUE if size == chosen else GREY,
                           "opacity": 0.9 if size == chosen else 0.55},
            }
        )  # fmt: skip
    layout = {
        **_layout("Agreement with the gradient of all images"),
        "showlegend": False,
        "xaxis": {
            **_axis([-0.6, len(cosines) - 0.4], "images a batch"),
            "tickvals": list(range(len(cosines))),
            "ticktext": [f"<b>{size}</b>" if size == chosen else str(size) for size in cosines],
        },
        "yaxis": {**_axis([-0.5, 1.05]), "tickvals": [-0.5, 0, 0.5, 1]},
    }
    return {"data": columns, "layout": layout}


def _layout(title: str) -> dict[str, Any]:
    return {"margin": {"l": 44, "r": 14, "t": 40, "b": 44}, "dragmode": False, "title": heading(title)}


def _axis(span: list[float], title: str = "") -> dict[str, Any]:
    axis: dict[str, Any] = {"range": span, "fixedrange": True, "zeroline": False}
    return {**axis, "title": {"text": title}} if title else axis


def _told(values: Sequence[float] | Array) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def _faint(color: str, share: float) -> str:
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def _marks(name: str, x: Array, marker: dict[str, Any]) -> dict[str, Any]:
    """Points (n, 2) that look alike."""
    shared = {"type": "scatter", "mode": "markers", "name": name, "hoverinfo": "skip", "marker": marker}
    return {**shared, "x": _told(x[:, 0]), "y": _told(x[:, 1])}


def _line(line: tuple[float, float, float], extent: float) -> dict[str, Any]:
    """Where w1 x + w2 y + b = 0, from the point of it nearest the middle as far as the square can reach."""
    w = np.array(line[:2])
    length = float(w @ w)
    near, along = (-line[2] * w / length, np.array([-w[1], w[0]]) / length**0.5) if length else (w + 9e3, w)
    ends = near + np.outer([-4 * extent, 4 * extent], along)
    return {
        "type": "scatter", "mode": "lines", "x": _told(ends[:, 0]), "y": _told(ends[:, 1]), "showlegend": False,
        "line": {"color": GREY, "width": 2.5}, "hoverinfo": "skip",
    }  # fmt: skip
