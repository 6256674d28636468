"""Step, sigmoid and ReLU, and their slopes, at a sum that the visitor moves."""

import numpy as np
import streamlit as st
from pandas import DataFrame

from core.charts.lessons.functions import curves
from core.lessons.activation import FUNCTIONS, sigmoid_slope
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

MOST = 4.0  # of the sum
LAYERS = 10  # behind each other, for the remark on slopes


def show() -> None:
    along = np.sort(np.append(np.linspace(-MOST, MOST, 161), 1e-9))  # twice at 0, where the step jumps
    left, right = columns()
    with left:
        z = st.slider("The sum $z$", -MOST, MOST, 1.0, 0.1, key="activation-z", bind="query-params")
    at = np.array([z])
    outputs = {name: float(function(at)[0]) for name, (function, _) in FUNCTIONS.items()}
    slopes = {name: float(slope(at)[0]) for name, (_, slope) in FUNCTIONS.items()}
    with left:
        figure = curves(
            along, {name: function(along) for name, (function, _) in FUNCTIONS.items()}, title="Output",
            points={name: (z, value) for name, value in outputs.items()}, along="sum z", low=-0.2, high=MOST,
        )  # fmt: skip
        live_chart(figure, key="activation-output", height=240, alt=f"Outputs at z = {z:.1f}: {_said(outputs)}")
        figure = curves(
            along, {name: slope(along) for name, (_, slope) in FUNCTIONS.items()}, title="Slope",
            points={name: (z, value) for name, value in slopes.items()}, along="sum z", low=-0.06, high=1.2,
        )  # fmt: skip
        live_chart(figure, key="activation-slope", height=210, alt=f"Slopes at z = {z:.1f}: {_said(slopes)}")
    steepest = float(sigmoid_slope(np.zeros(1))[0])
    with right:
        st.latex(
            r"\begin{aligned}"
            rf"\text{{step}}(z) &= 1 \text{{ if }} z > 0 \text{{, else }} 0 &&= {outputs['step']:.0f} \\"
            rf"\text{{sigmoid}}(z) &= \frac{{1}}{{1 + e^{{-z}}}} &&= {outputs['sigmoid']:.3f} \\"
            rf"\text{{ReLU}}(z) &= \max(0, z) &&= {outputs['ReLU']:.1f}\end{{aligned}}"
        )
        st.markdown(
            "A neuron adds up its inputs; its activation decides what it passes on. Without one, two layers of sums "
            "would only be another sum.\n\n"
            "A network learns by following **slopes**. The slope of a step is 0 everywhere except at the jump, where "
            "there is none, so nothing is learned through it (the step neuron of the first lesson had a rule without "
            "slopes, for one layer only). A sigmoid has next to none where it is sure; a ReLU has all or nothing.\n\n"
            "Slopes are worked out from the last layer back to the first, each from those behind it: "
            f"**backpropagation**. At its steepest a sigmoid passes {steepest:.2f} of a slope back; {LAYERS} sigmoids, "
            f"one behind the other, leave at most 1 part in {1 / steepest**LAYERS:,.0f}, a millionth, unless large "
            "weights between them make up for that. That is why deep networks use ReLU."
        )
        table = DataFrame({"output": outputs, "slope": slopes}).map(lambda value: f"{value:.4f}")
        numbers(table)
    try_this("Move the sum to 4, then to -4. Which of the three can still learn there?")


def _said(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3f}" for name, value in values.items()) + "."
