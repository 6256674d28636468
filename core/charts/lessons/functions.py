"""Functions over one axis, and the losses that are followed along it."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts import BLUE, GREY, ORANGE, Figure
from core.charts.compare import PALETTE
from core.charts.curves import line
from core.charts.frame import BARE, LEGEND, axis, dotted_line, heading, value_axis
from core.charts.lessons import Array, rounded, usual_layout

_DASHES = ("solid", "dash", "dot")


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
        drawn = {"type": "scatter", "name": name, "mode": "lines", "x": rounded(x), "y": rounded(y)}
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
        **usual_layout(title),
        "showlegend": len(values) > 1,
        "legend": LEGEND,
        "hovermode": "x unified",
        "xaxis": axis([float(x[0]), float(x[-1])], along),
        "yaxis": axis([low, high]),
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
        "type": "scatter", "mode": "lines+markers", "x": rounded(weights), "y": rounded(reached),
        "line": {"color": ORANGE, "width": 1.5}, "hoverinfo": "skip",
        "marker": {"size": [14 if place == last else 7 for place in range(last + 1)], "color": ORANGE, "opacity": 1},
    }  # fmt: skip
    figure["layout"]["shapes"] = [dotted_line(best)]
    figure["data"].append(path)
    return figure


def loss_by_step(reached: Sequence[float], lowest: float) -> Figure:
    """The loss after each step, the start first, and the lowest one there is as a dotted line."""
    steps = list(range(len(reached)))
    high = max(1.0, *reached)
    drawn = {
        "type": "scatter", "mode": "lines+markers", "x": steps, "y": rounded(reached), "hovertemplate": "%{y:.4g}",
        "line": {"color": BLUE, "width": 2}, "marker": {"size": 6, "color": BLUE},
    }  # fmt: skip
    line = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": lowest, "y1": lowest}
    layout = {
        **usual_layout("Loss by step"),
        "showlegend": False,
        "hovermode": "x unified",
        "shapes": [{**line, "line": {"color": GREY, "width": 1.5, "dash": "dot"}}],
        "xaxis": {**axis([-0.2, max(10, len(reached))], "step"), "nticks": 6},
        "yaxis": {**axis([0, high * 1.08]), "nticks": 5},
    }
    return {"data": [drawn], "layout": layout}


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
    last = len(loss) - 1
    lowest = {
        "type": "scatter", "name": "lowest", "mode": "markers", "x": [best], "y": [validation[best]],
        "marker": {"size": 11, "color": ORANGE, "symbol": "diamond"}, "hoverinfo": "skip",
    }  # fmt: skip
    layout = {
        "margin": {"l": 44, "r": 10, "t": 40, "b": 42},
        "hovermode": "x unified",
        "dragmode": False,
        "title": heading("Loss"),
        "legend": {**LEGEND, "itemclick": False},
        "xaxis": {**axis([0, last * 1.01], "epochs"), **BARE, "unifiedhovertitle": {"text": "after %{x} epochs"}},
        "yaxis": value_axis("loss", [*loss, *validation]),
        "shapes": [dotted_line(stop)],
    }
    return {"data": [training, watched, lowest], "layout": layout}


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
        "xaxis": axis(span, "recall") | {"tickformat": ".0%", "nticks": 5},
        "yaxis": axis(span, "precision") | {"tickformat": ".0%", "nticks": 6},
    }
    return {"data": [way, *points], "layout": layout}
