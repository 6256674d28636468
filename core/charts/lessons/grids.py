"""Images and feature maps as squares, from black to white."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.charts import ORANGE, Figure

_INK = [[0, "#05070b"], [1, "#ffffff"]]  # as digits are shown everywhere: light ink on a dark ground
_GAP = 0.06  # of a chart's width, between two maps


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
