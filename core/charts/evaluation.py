"""Charts of what one model is worth, as plain Plotly dictionaries like those of `core.charts`."""

from collections.abc import Sequence

from core.charts import BLUE, GREY, ORANGE, Figure, Metric
from core.charts.curves import line
from core.charts.frame import BARE, LEGEND, axis, epoch_step, heading, value_axis, whiskers
from core.evaluation import Bin, DigitScores
from core.events import EpochEnd
from core.scoring import interval

FEW_EPOCHS = 15  # each of which has a mark on its curve


def shortfalls(scores: Sequence[DigitScores]) -> Figure:
    """For each digit two lying bars: what recall and precision lack to 100 %."""
    recall = [1 - score.recall if score.recall is not None else None for score in scores]
    precision = [1 - score.precision if score.precision is not None else None for score in scores]
    common = {"type": "bar", "orientation": "h", "y": list(range(10)), "hovertemplate": "%{y}: %{x:.1%}"}
    data = [
        {**common, "name": "missed", "x": recall, "marker": {"color": BLUE}},
        {
            **common,
            "name": "wrongly claimed",
            "x": precision,
            "marker": {"color": ORANGE, "pattern": {"shape": "/", "fillmode": "overlay", "solidity": 0.2}},
        },
    ]
    most = max((value for value in [*recall, *precision] if value is not None), default=0.0)
    layout = {
        "margin": {"l": 28, "r": 14, "t": 36, "b": 40},
        "bargap": 0.3,
        "dragmode": False,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom"},
        "xaxis": {"range": [0, max(most * 1.05, 0.005)], "tickformat": ".1~%", "nticks": 6, "fixedrange": True},
        "yaxis": {"range": [9.5, -0.5], "tickvals": list(range(10)), "showgrid": False, "fixedrange": True},
    }
    return {"data": data, "layout": layout}


def reliability_diagram(bins: Sequence[Bin]) -> Figure:
    """How many answers of about the same confidence are right, against that confidence, with 95 % intervals."""
    shares = [found.share for found in bins]
    intervals = [interval(found.right, found.count) for found in bins]
    sides = [  # to either side in turn, for dots stand close; above where the axis is near
        "top right" if share < 0.1 else "top left" if place % 2 else "bottom right"
        for place, share in enumerate(shares)
    ]
    ideal = {
        "type": "scatter",
        "name": "exactly as sure as right",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "line": {"color": GREY, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
    }
    measured = {
        "type": "scatter",
        "name": "this model",
        "mode": "lines+markers+text",
        "x": [round(found.confidence, 4) for found in bins],
        "y": [round(share, 4) for share in shares],
        "text": [f"{found.count:,}" for found in bins],
        "textposition": sides,
        "textfont": {"size": 11},
        "cliponaxis": False,
        "line": {"color": BLUE, "width": 1.5},
        "marker": {"size": 9, "color": BLUE},
        "error_y": {**whiskers(shares, intervals), "thickness": 1.2, "width": 4, "color": BLUE},
        "hovertemplate": "sure %{x:.1%}, right %{y:.1%}, %{text} digits<extra></extra>",
    }
    ticks = {"tickformat": ".0%", "dtick": 0.2}
    layout = {
        "margin": {"l": 56, "r": 40, "t": 52, "b": 44},
        "dragmode": False,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.06, "yanchor": "bottom"},
        "xaxis": axis([0, 1.02], "how sure it was") | ticks,
        "yaxis": axis([0, 1.02], "how many were right") | ticks,
    }
    return {"data": [ideal, measured], "layout": layout}


def learning_curve(epochs: Sequence[EpochEnd], metric: Metric) -> Figure:
    """Training and, where it was measured, validation, epoch by epoch."""
    training = [(float(end.epoch), float(getattr(end, metric))) for end in epochs]
    checked = [(float(end.epoch), getattr(end, f"val_{metric}")) for end in epochs]
    validation = [(epoch, float(value)) for epoch, value in checked if value is not None]
    marks = "lines+markers" if len(epochs) <= FEW_EPOCHS else "lines"
    data = [{**line("training", training, metric, BLUE), "mode": marks, "marker": {"size": 6, "color": BLUE}}]
    if validation:
        dotted = {"color": ORANGE, "width": 2, "dash": "dot"}
        look = {"mode": marks, "line": dotted, "marker": {"size": 6, "color": ORANGE, "symbol": "square"}}
        data.append({**line("validation", validation, metric, ORANGE), **look})
    values = [value for _, value in [*training, *validation]]
    upwards = value_axis(metric, values)
    if metric == "accuracy":
        low = next((tick for tick in (0.98, 0.95, 0.9, 0.8, 0.6, 0.4, 0.2) if min(values, default=0) > tick), 0.0)
        upwards = {**axis([low, 1]), "nticks": 6, "tickformat": ".1~%"}
    last = max((end.epoch for end in epochs), default=1)
    layout = {
        "margin": {"l": 52, "r": 14, "t": 36, "b": 44},
        "hovermode": "x unified",
        "dragmode": False,
        "showlegend": bool(validation),
        "legend": LEGEND,
        "title": heading(metric.capitalize()),
        "xaxis": {
            "title": {"text": "epochs"},
            "range": [0.5 if last < FEW_EPOCHS else 0, last + 0.5],
            "dtick": epoch_step(last),
            "unifiedhovertitle": {"text": "epoch %{x}"},
            **BARE,
        },
        "yaxis": upwards,
    }
    return {"data": data, "layout": layout}
