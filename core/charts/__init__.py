"""Charts as plain Plotly dictionaries: a chart is polled by many viewers, and figure objects cost milliseconds each.

Text, grid and background colours are left out; whoever shows a figure fills in those of its theme. Here are the words
and colours of all charts, and those charts that several pages show; what is of one page stands in a module of its own.
"""

from collections.abc import Sequence
from typing import Any, Literal, TypedDict

# Told apart by the colour-blind and, at 3:1 or better, from a white as from a near-black page.
BLUE = "#2f7fd6"
ORANGE = "#d5730b"
GREY = "#8a93a1"

Metric = Literal["loss", "accuracy"]
METRICS: tuple[Metric, ...] = ("loss", "accuracy")  # in the order of the pages
Matrix = Sequence[Sequence[int]]  # 10 x 10 counts


class Figure(TypedDict):
    """What `plotly.graph_objects.Figure` and Plotly's own JavaScript take."""

    data: list[dict[str, Any]]
    layout: dict[str, Any]


def probability_bars(probabilities: Sequence[float], doubtful: bool = False) -> Figure:
    """Ten lying bars, 0 above 9, the best one marked, each with its percentage.

    Args:
        probabilities: Ten values in [0, 1], digit 0 first. Ten zeros give the empty chart: nothing marked or written.
        doubtful: What was read looks like no digit: all bars are grey.
    """
    values = [float(value) for value in probabilities]
    if len(values) != 10:
        raise ValueError(f"probabilities must be ten values, got {len(values)}")
    best = max(range(10), key=values.__getitem__) if any(values) and not doubtful else None
    labels = [_bold(percentage(value), digit == best) if any(values) else "" for digit, value in enumerate(values)]
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [max(round(value, 4), 0.0001) for value in values],  # a bar of no length at all cannot glide
        "y": list(range(10)),
        "text": labels,
        "textposition": "outside",
        "textangle": 0,
        "cliponaxis": False,
        "constraintext": "none",
        "hoverinfo": "skip",
        "marker": {"color": [BLUE if digit == best else GREY for digit in range(10)]},
        "textfont": {"size": 14},
    }
    layout = {
        "bargap": 0.28,
        "margin": {"l": 24, "r": 62, "t": 4, "b": 4},
        "showlegend": False,
        "xaxis": {"range": [0, 1], "visible": False, "fixedrange": True},
        "yaxis": {
            "range": [9.5, -0.5],
            "tickvals": list(range(10)),
            "ticktext": [_bold(str(digit), digit == best) for digit in range(10)],
            "tickfont": {"size": 16},
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
        },
    }
    return {"data": [bars], "layout": layout}


def _bold(text: str, bold: bool) -> str:
    return f"<b>{text}</b>" if bold else text


def percentage(probability: float) -> str:
    """A probability with as many digits as matter: "91%", "0.3%", "<0.1%"; a softmax's is never quite 0 or 1."""
    if probability < 0.001:
        return "<0.1%"
    if probability >= 0.9995:
        return ">99.9%"
    places = 1 if probability < 0.0095 or probability >= 0.995 else 0
    return f"{100 * probability:.{places}f}%"


def counted(share: float) -> str:
    """A share of things that were counted, as `percentage` writes it; none are 0%, and all are 100%."""
    return f"{share:.0%}" if share in (0, 1) else percentage(share)


def read_right(confusion: Matrix) -> list[str]:
    """Of each digit, the share that was read right, as `counted` writes it; "-" where there was none to read."""
    return [counted(row[digit] / sum(row)) if sum(row) else "-" for digit, row in enumerate(confusion)]


def digit_bars(confusion: Matrix) -> Figure:
    """Ten lying bars: of each digit, the share that was read right.

    Args:
        confusion: 10 x 10 counts, rows what the digits are, columns what was said.
    """
    right = [row[digit] / sum(row) if sum(row) else 0.0 for digit, row in enumerate(confusion)]
    figure = probability_bars([0.0] * 10)
    figure["data"][0] |= {"x": [max(share, 0.0001) for share in right], "text": read_right(confusion)}
    figure["data"][0]["marker"] = {"color": BLUE}
    return figure


def confusion_matrix(confusion: Matrix) -> Figure:
    """Ten rows of ten cells: what the digits are against what was said; right ones blue, mistakes orange.

    A cell's shade is its share of the row: full blue for a whole row, full orange for a twentieth of it already, since
    the mistakes are what one looks for.
    """
    share = [[count / sum(row) if sum(row) else 0.0 for count in row] for row in confusion]
    right = [
        [value if row == column else None for column, value in enumerate(cells)] for row, cells in enumerate(share)
    ]
    wrong = [
        [None if row == column else value for column, value in enumerate(cells)] for row, cells in enumerate(share)
    ]
    common = {
        "type": "heatmap",
        "x": list(range(10)),
        "y": list(range(10)),
        "customdata": confusion,
        "texttemplate": "%{text}",
        "textfont": {"size": 11},
        "hovertemplate": "a %{y}, read as %{x}: %{customdata}<extra></extra>",
        "hoverongaps": False,
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
        "zmin": 0,
    }
    digits = {"tickvals": list(range(10)), "ticks": "", "showgrid": False, "zeroline": False, "fixedrange": True}
    layout = {
        "margin": {"l": 44, "r": 8, "t": 4, "b": 44},
        "xaxis": {**digits, "title": {"text": "read as"}},
        "yaxis": {**digits, "title": {"text": "true digit"}, "range": [9.5, -0.5]},
    }
    shades = [_shades(right, BLUE, 1.0), _shades(wrong, ORANGE, 0.05)]
    data = [{**common, **shade, "text": _counts(confusion, shade["z"])} for shade in shades]
    return {"data": data, "layout": layout}


def _counts(confusion: Matrix, z: list[list[float | None]]) -> list[list[str]]:
    """What to write into the cells that have a value; nothing into empty ones."""
    return [
        [f"{count}" if count and value is not None else "" for count, value in zip(counts, values, strict=True)]
        for counts, values in zip(confusion, z, strict=True)
    ]


def _shades(z: list[list[float | None]], color: str, full: float) -> dict[str, Any]:
    faint, strong = rgba(color, 0.08), rgba(color, 0.68)  # the counts are read on both
    return {"z": z, "zmax": full, "colorscale": [[0, faint], [1, strong]]}


def rgba(color: str, opacity: float) -> str:
    """A colour such as "#2f7fd6", seen through; opacity in [0, 1]."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
