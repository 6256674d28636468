"""An artificial neuron parts two kinds of digits by a line that the visitor moves."""

import numpy as np
import streamlit as st
from pandas import DataFrame

from core import mnist
from core.charts import counted
from core.charts.lessons.plane import plane, shaded_points
from core.lessons import neuron
from core.lessons.neuron import Output, Points
from pages.parts.answer import data_url
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

PAIRS = {"0 and 1": (0, 1), "1 and 7": (1, 7), "3 and 8": (3, 8)}
COUNT = 120  # digits of both kinds together
EXTENT = 3.2  # standard deviations
MOST = 8.0  # of a weight
RATES = {"step": 0.1, "sigmoid": 1.0}  # of the two learning rules
SHOWN = 8  # pictures of digits on the wrong side
SETTINGS = {"neuron-w1": ("Weight $w_1$", 1.0), "neuron-w2": ("Weight $w_2$", 1.0), "neuron-b": ("Bias $b$", 0.0)}


@st.cache_resource(show_spinner=False)
def points(pair: str) -> Points:
    """The measured digits of a pair of `PAIRS`."""
    digits = mnist.digits()
    return neuron.measured(digits.x_train, digits.y_train, PAIRS[pair], COUNT)


def show() -> None:
    left, right = columns()
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            pair = st.segmented_control(
                "Digits", list(PAIRS), default="0 and 1", required=True, key="neuron-pair", bind="query-params"
            )
            what: Output = st.segmented_control(
                "Output", ["step", "sigmoid"], default="step", required=True, key="neuron-output", bind="query-params"
            )
        picture = st.container()
        sliders = st.columns(3, gap="medium")
        w1, w2, b = (
            column.slider(label, -MOST, MOST, value, 0.01, key=key, bind="query-params")
            for column, (key, (label, value)) in zip(sliders, SETTINGS.items(), strict=True)
        )
    kinds, w = points(pair), np.array([w1, w2])
    wrong = neuron.wrong(kinds, w, b)
    names = (f"a {PAIRS[pair][0]}", f"a {PAIRS[pair][1]}")
    z = neuron.sums(kinds.x, w, b)
    right_ones = f"{len(kinds.x) - len(wrong)} of {len(kinds.x)} digits are on the correct side"
    with picture:
        shade = neuron.output(neuron.sums(shaded_points(EXTENT), w, b), what)
        figure = plane(
            kinds.x, kinds.kind, names, extent=EXTENT, shade=shade, lines=[(w1, w2, b)],
            axes=("x1: ink in the middle", "x2: ink in all"), wrong=wrong.tolist(),
        )  # fmt: skip
        live_chart(figure, key="neuron-plane", height=350, alt=f"{names[0]} and {names[1]} as points: {right_ones}.")
    with right:
        with st.container(horizontal=True):
            for label, times in (("One step of learning", 1), ("Ten steps", 10)):
                st.button(label, on_click=_learn, args=(pair, what, times), icon=":material/school:",
                          help="The neuron moves its own line, by its learning rule.")  # fmt: skip
        _formula(kinds, w, b, what, z)
        lost = f"; the loss, which says how wrong its outputs are, is {neuron.loss(kinds, w, b):.3f}"
        st.markdown(
            f"**{right_ones}** ({counted(1 - len(wrong) / len(kinds.x))}){'' if what == 'step' else lost}. "
            "The line is where the sum z is 0: the step says 1 on its one side and 0 on the other, the sigmoid "
            "anything between."
        )
        _mistakes(kinds, wrong.tolist())
        _numbers(kinds, names, z, neuron.output(z, what))
    try_this(
        "Find a line that leaves no more than three 0s and 1s on the wrong side; then let the neuron try. "
        "The step's rule settles only where some line leaves nothing on the wrong side; else it jumps on for ever. "
        "With 3 and 8 two such numbers are not enough: no line is good. A network is given all "
        f"{kinds.pictures[0].size} pixels instead."
    )


def _learn(pair: str, what: Output, times: int) -> None:
    """Move the sliders as the neuron's own rule says."""
    kinds = points(pair)
    w1, w2, b = (st.session_state[key] for key in SETTINGS)
    w = np.array([w1, w2])
    for _ in range(times):
        if what == "step":
            w, b = neuron.perceptron_step(kinds, w, b, RATES[what])
        else:
            slope, bias_slope = neuron.gradient(kinds, w, b)
            w, b = w - RATES[what] * slope, b - RATES[what] * bias_slope
    for key, value in zip(SETTINGS, (*w, b), strict=True):
        st.session_state[key] = round(float(np.clip(value, -MOST, MOST)), 2)


def _formula(kinds: Points, w: neuron.Array, b: float, what: Output, z: neuron.Array) -> None:
    x1, x2 = kinds.x[0]
    y = neuron.output(z[:1], what)[0]
    says = rf"\text{{step}}(z) = {y:.0f}" if what == "step" else rf"\frac{{1}}{{1 + e^{{-z}}}} = {y:.3f}"
    st.latex(
        r"\begin{aligned}z &= w_1 x_1 + w_2 x_2 + b \\"
        rf"&= {w[0]:.2f} \cdot ({x1:.2f}) {w[1]:+.2f} \cdot ({x2:.2f}) {b:+.2f} \\&= {z[0]:.2f} \\"
        rf"y &= {says}\end{{aligned}}"
    )
    source = data_url(mnist.scaled(kinds.pictures[0]))
    st.html(
        f'<p class="dl-line"><img alt="A digit" src="{source}"><span>The numbers are those of this digit. '
        "Each measure is scaled: 0 is the mean, 1 a standard deviation.</span></p>"
    )


def _mistakes(kinds: Points, places: list[int]) -> None:
    pictures = "".join(
        f'<img alt="" src="{data_url(mnist.scaled(kinds.pictures[place]))}">' for place in places[:SHOWN]
    )
    more = f"and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    if places:
        st.html(f'<p class="dl-line">On the wrong side: {pictures} {more}</p>')


def _numbers(kinds: Points, names: tuple[str, str], z: neuron.Array, y: neuron.Array) -> None:
    told = {"x1": kinds.x[:, 0], "x2": kinds.x[:, 1], "sum z": z, "output y": y}
    table = DataFrame(told).map(lambda value: f"{value:.2f}")
    table.insert(0, "digit", [names[int(kind)] for kind in kinds.kind])
    numbers(table)
