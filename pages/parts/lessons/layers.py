"""What one neuron cannot part, two layers can: a network trained on the spot, with as many neurons as one likes."""

import math

import streamlit as st
from pandas import DataFrame

from core.charts import counted
from core.charts.lessons.plane import plane, shaded_points
from core.lessons import layers
from core.lessons.layers import Cloud, Network, Problem
from core.recipe import PRESETS, summary
from core.words import many
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

PROBLEMS: dict[str, Problem] = {"Four corners": "corners", "A ring": "ring"}
MOST_HIDDEN = 6
EXTENT = 1.08  # of the square shown; the points lie in [-1, 1]

_cloud = st.cache_resource(show_spinner=False)(layers.cloud)


@st.cache_resource(show_spinner=False)
def _network(problem: Problem, hidden: int) -> Network:
    return layers.trained(_cloud(problem), hidden)


def show() -> None:
    left, right = columns()
    with left, st.container(horizontal=True, gap="medium"):
        chosen = st.segmented_control(
            "Points", list(PROBLEMS), default="Four corners", required=True, key="layers-points", bind="query-params"
        )
        hidden = st.slider("Hidden neurons", 0, MOST_HIDDEN, 0, key="layers-hidden", bind="query-params")
    points, network = _cloud(PROBLEMS[chosen]), _network(PROBLEMS[chosen], hidden)
    right_ones = counted(layers.accuracy(network, points))
    with left:
        shade = network.output(shaded_points(EXTENT))
        figure = plane(
            points.x, points.kind, ("first kind", "second kind"), extent=EXTENT, shade=shade, lines=_lines(network),
            axes=("x1", "x2"),
        )  # fmt: skip
        alt = f"Points of two kinds; with {_neurons(hidden)} {right_ones} of them are told right."
        live_chart(figure, key="layers-plane", height=400, alt=alt)
    with right:
        _formula(hidden, network)
        _words(points, network, hidden, right_ones)
        numbers(_weights(network, hidden), "The numbers it learned")
    try_this(
        "How many hidden neurons do the four corners need, and how many the ring? Two lines part the corners for your "
        "eye; why are they not enough for an output that only adds?"
    )


def _lines(network: Network) -> list[tuple[float, float, float]]:
    """Where each neuron of the first layer changes its mind."""
    if not network.hidden_b.size:
        return [(float(network.w[0]), float(network.w[1]), float(network.b[0]))]
    return [(float(w1), float(w2), float(b)) for w1, w2, b in zip(*network.hidden_w, network.hidden_b, strict=True)]


def _formula(hidden: int, network: Network) -> None:
    if hidden:
        st.latex(
            rf"\begin{{aligned}}h_i &= \text{{sigmoid}}(w_{{1i}} x_1 + w_{{2i}} x_2 + b_i), \; i = 1 \ldots {hidden} \\"
            r"y &= \text{sigmoid}\left(\textstyle\sum_i v_i h_i + c\right)\end{aligned}"
        )
        count = rf"3 \cdot {hidden} + {hidden} + 1"
    else:
        st.latex(r"y = \text{sigmoid}(w_1 x_1 + w_2 x_2 + b)")
        count = "2 + 1"
    st.latex(rf"{count} = {network.parameters} \text{{ numbers to learn}}")


def _words(points: Cloud, network: Network, hidden: int, right_ones: str) -> None:
    lines = (
        "one line, and each point is on one side of it"
        if hidden < 2
        else f"{hidden} lines, and what they say is summed"
    )
    st.markdown(
        f"**{_neurons(hidden).capitalize()}: {right_ones} of the points are told right**, loss "
        f"{layers.loss(network, points):.3f}. It has {lines}."
    )
    recipe = PRESETS["ten-lines"]
    first, last = (row.output_shape[0] for row in summary(recipe))
    start = math.sqrt(6 / (recipe.input_shape[0] + first))
    st.markdown(
        f"The ten-line network is built the same way: {recipe.input_shape[0]} pixels, {first} hidden neurons, "
        f"{last} outputs. It learns {recipe.parameters:,} numbers. They begin small and random, or all hidden neurons "
        f"would learn the same: in its first layer between -{start:.3f} and {start:.3f}, which is Glorot's rule, "
        f"√(6 / ({recipe.input_shape[0]} + {first})); biases begin at 0."
    )
    st.caption(
        f"{len(points.x)} points by chance. Your choice was trained here, {layers.STARTS} times from different "
        f"random weights, {layers.STEPS} steps each; the best is shown. The grey lines are where a neuron's sum is 0; "
        "some lie outside of the picture."
    )


def _weights(network: Network, hidden: int) -> DataFrame:
    """Each neuron's weights and bias, and what the output neuron makes of it."""
    rows = {f"hidden {i + 1}": [*network.hidden_w[:, i], network.hidden_b[i], network.w[i]] for i in range(hidden)}
    rows["output"] = ["", "", network.b[0], ""] if hidden else [*network.w, network.b[0], ""]
    table = DataFrame.from_dict(rows, orient="index", columns=["weight of x1", "weight of x2", "bias", "counts"])
    return table.map(lambda value: value if isinstance(value, str) else f"{value:.2f}")


def _neurons(hidden: int) -> str:
    """In words."""
    if not hidden:
        return "one neuron alone"
    return many(hidden, "hidden neuron")
