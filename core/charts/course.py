"""The charts of the course's second half, as plain Plotly dictionaries like those of `core.charts`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.charts import BLUE, GREY, ORANGE, Figure, counted, heading, line, value_axis

_INK = [[0, "#05070b"], [1, "#ffffff"]]  # as digits are shown everywhere: light ink on a dark ground
_GAP = 0.06  # of a chart's width, between two maps
_LEGEND = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}


@dataclass(frozen=True)
class Grid:
    """Values shown as squares from black, 0, to white, the highest of them."""

    title: str
    values: NDArray[np.float32]  # (rows, columns), none negative
    box: tuple[int, int, int] | None = None  # row and column of a marked window's corner, and its side
    absent: NDArray[np.bool_] | None = None  # (rows, columns), shown orange instead


def grids(shown: Sequence[Grid]) -> Figure:
    """Two or three grids of squares beside each other, each under its title, a window of each framed."""
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"margin": {"l": 2, "r": 2, "t": 26, "b": 2}, "shapes": [], "annotations": []}
    width = (1 - _GAP * (len(shown) - 1)) / len(shown)
    for place, grid in enumerate(shown):
        number = "" if place == 0 else str(place + 1)
        start = place * (width + _GAP)
        rows, columns = grid.values.shape
        layout[f"xaxis{number}"] = {
            "domain": [start, start + width], "anchor": f"y{number}", "range": [-0.5, columns - 0.5], "visible": False,
            "fixedrange": True, "constrain": "domain", "constraintoward": "left",
        }  # fmt: skip
        layout[f"yaxis{number}"] = {
            "anchor": f"x{number}", "scaleanchor": f"x{number}", "range": [rows - 0.5, -0.5], "visible": False,
            "fixedrange": True, "constrain": "domain", "constraintoward": "top",
        }  # fmt: skip
        axes = {"xaxis": f"x{number}", "yaxis": f"y{number}"}
        data += [{"type": "heatmap", "showscale": False, **axes, **trace} for trace in _squares(grid)]
        layout["annotations"].append(
            {"text": grid.title, "showarrow": False, "x": start, "xref": "paper", "xanchor": "left", "y": 1,
             "yref": "paper", "yanchor": "bottom", "yshift": 4}
        )  # fmt: skip
        if grid.box is not None:
            layout["shapes"].append(_frame(grid.box, axes))
    return {"data": data, "layout": layout}


def _squares(grid: Grid) -> list[dict[str, Any]]:
    values = grid.values.round(3)
    highest = float(values.max()) or 1.0
    template = "row %{y}, column %{x}: %{z}<extra></extra>"
    traces: list[dict[str, Any]] = [
        {"z": values.tolist(), "zmin": 0, "zmax": highest, "colorscale": _INK, "hovertemplate": template}
    ]
    if grid.absent is not None:
        absent = [[1 if gone else None for gone in row] for row in grid.absent.tolist()]
        one = {"zmin": 0, "zmax": 1, "colorscale": [[0, ORANGE], [1, ORANGE]], "hoverongaps": False}
        traces.append({"z": absent, **one, "hovertemplate": "row %{y}, column %{x}: switched off<extra></extra>"})
    return traces


def _frame(box: tuple[int, int, int], axes: Mapping[str, str]) -> dict[str, Any]:
    row, column, side = box
    return {
        "type": "rect", "xref": axes["xaxis"], "yref": axes["yaxis"], "x0": column - 0.5, "x1": column + side - 0.5,
        "y0": row - 0.5, "y1": row + side - 0.5, "line": {"color": ORANGE, "width": 3},
    }  # fmt: skip


def parting_curves(loss: Sequence[float], validation: Sequence[float], stop: int, best: int) -> Figure:
    """The loss on the training digits and on the validation digits by epoch, which part.

    Args:
        loss: On the training digits, before the training and after each epoch.
        validation: The same on the validation digits.
        stop: The epoch that is looked at; a dotted line stands there.
        best: The epoch of the lowest validation loss; marked.
    """
    training = line("training", list(enumerate(loss)), "loss", BLUE)
    watched = line("validation", list(enumerate(validation)), "loss", ORANGE)
    watched["line"] = {**watched["line"], "dash": "dash"}
    lowest = {
        "type": "scatter", "name": "lowest", "mode": "markers", "x": [best], "y": [validation[best]],
        "marker": {"size": 11, "color": ORANGE, "symbol": "diamond"}, "hoverinfo": "skip",
    }  # fmt: skip
    here = {"color": GREY, "width": 2, "dash": "dot"}
    layout = {
        "margin": {"l": 44, "r": 10, "t": 40, "b": 42},
        "hovermode": "x unified",
        "dragmode": False,
        "title": heading("Loss"),
        "legend": {**_LEGEND, "itemclick": False},
        "xaxis": _plain("epochs", [0, (len(loss) - 1) * 1.01]) | {"unifiedhovertitle": {"text": "after %{x} epochs"}},
        "yaxis": value_axis("loss", [*loss, *validation]),
        "shapes": [{"type": "line", "x0": stop, "x1": stop, "y0": 0, "y1": 1, "yref": "paper", "line": here}],
    }
    return {"data": [training, watched, lowest], "layout": layout}


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
            "ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True,
        },
    }  # fmt: skip
    return {"data": [bars], "layout": layout}


def precision_recall(
    curve: Sequence[tuple[float, float, float]], here: tuple[float, float] | None, likeliest: tuple[float, float] | None
) -> Figure:
    """Precision over recall, one point a threshold.

    Args:
        curve: (threshold, recall, precision) each, lowest threshold first.
        here: Recall and precision at the chosen threshold; None if one of them has no value.
        likeliest: The same if the likeliest digit is said.
    """
    x, y = [round(recall, 4) for _, recall, _ in curve], [round(precision, 4) for _, _, precision in curve]
    way = {
        "type": "scatter", "mode": "lines", "name": "all thresholds", "x": x, "y": y,
        "line": {"color": BLUE, "width": 2.5},
        "customdata": [threshold for threshold, _, _ in curve],
        "hovertemplate": "threshold %{customdata}: recall %{x:.1%}, precision %{y:.1%}<extra></extra>",
    }  # fmt: skip
    marks = [("this threshold", here, ORANGE, "circle"), ("the likeliest", likeliest, GREY, "diamond")]
    points = [
        {
            "type": "scatter", "mode": "markers", "name": name, "x": [at[0]], "y": [at[1]], "cliponaxis": False,
            "hovertemplate": f"{name}: recall %{{x:.2%}}, precision %{{y:.2%}}<extra></extra>",
            "marker": {"size": 13, "color": color, "symbol": symbol},
        }
        for name, at, color, symbol in marks
        if at is not None
    ]  # fmt: skip
    low = min([0.9, *x, *y])
    span = [low, 1 + (1 - low) * 0.03]
    layout = {
        "margin": {"l": 58, "r": 10, "t": 8, "b": 44},
        "dragmode": False,
        "legend": {"x": 0.02, "xanchor": "left", "y": 0.02, "yanchor": "bottom", "itemclick": False},
        "xaxis": _plain("recall", span) | {"tickformat": ".0%", "showgrid": True, "nticks": 5},
        "yaxis": _plain("precision", span) | {"tickformat": ".0%", "showgrid": True, "nticks": 6},
    }
    return {"data": [way, *points], "layout": layout}


def _plain(title: str, span: Sequence[float]) -> dict[str, Any]:
    return {"title": {"text": title}, "range": list(span), "showgrid": False, "zeroline": False, "fixedrange": True}
