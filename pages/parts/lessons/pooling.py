"""Each two by two numbers of a feature map become one."""

import numpy as np
import streamlit as st
from pandas import DataFrame

from core.charts.lessons.grids import Grid, grids
from core.ink import Picture
from core.lessons.simple_cnn import Values, Weights, convolve, feature_map, moved_right, pooled, relu
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

MAPS_HEIGHT = 318  # pixels
WAYS = ("maximum", "average")
FILTER = 11  # shown first


def show() -> None:
    lesson_digit.styles()
    weights = lesson_digit.weights()
    if weights is None:
        return
    left, right = columns()
    with left:
        digit = lesson_digit.choose()
        if digit is None:
            return
        with st.container(horizontal=True, vertical_alignment="bottom"):
            how = st.segmented_control(
                "Keep the", WAYS, default=WAYS[0], required=True, key="pooling-how", bind="query-params"
            )
            chosen = st.slider(
                f"Filter of {lesson_digit.NETWORK}", 1, weights["1.bias"].size, FILTER,
                key="pooling-filter", bind="query-params", width=260,
            )  # fmt: skip
        kernel, bias = weights["1.kernel"][:, :, 0, chosen - 1], float(weights["1.bias"][chosen - 1])
        values = relu(feature_map(digit.picture, kernel, bias))
        small = pooled(values, how)
        with st.container(horizontal=True):
            row = st.slider("Row", 0, small.shape[0] - 1, 4, key="pooling-row", bind="query-params", width=190)
            column = st.slider("Column", 0, small.shape[1] - 1, 8, key="pooling-column", bind="query-params", width=190)
        _maps(values, small, row, column)
    with right:
        window = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(-1)
        told = r",\;".join(f"{value:.3f}" for value in window)
        name = r"\max" if how == WAYS[0] else r"\text{mean}"
        st.latex(
            rf"\begin{{aligned}}y_{{r,c}} &= {name}"
            r"\left(x_{2r,2c},\, x_{2r,2c+1},\, x_{2r+1,2c},\, x_{2r+1,2c+1}\right) \\"
            rf"y_{{{row},{column}}} &= {name}({told}) \\&= {small[row, column]:.3f}\end{{aligned}}"
        )
        st.markdown(
            f"{values.shape[0]} x {values.shape[1]} = {values.size} numbers become {small.shape[0]} x {small.shape[1]} "
            f"= **{small.size}**, a quarter; nothing is learned here, so there is nothing to count as a parameter."
        )
        _moved(digit.picture, weights, how)
    try_this(
        "Choose a window at the edge of a stroke and change from maximum to average. Which keeps a thin line alive? "
        "Which of the two changes less when the digit moves?"
    )
    numbers(DataFrame(small).map(lambda value: f"{value:.2f}"), "The numbers of the pooled map")


def _maps(values: Values, small: Values, row: int, column: int) -> None:
    shown = [
        Grid(f"Feature map, {values.shape[0]}x{values.shape[1]}", values, (2 * row, 2 * column, 2)),
        Grid(f"Pooled, {small.shape[0]}x{small.shape[1]}", small, (row, column, 1)),
    ]
    alt = (
        f"A feature map with a window of two by two, and the pooled map, where that window is {small[row, column]:.3f}."
    )
    live_chart(grids(shown), key="pooling-maps", height=MAPS_HEIGHT, alt=alt)


def _moved(picture: Picture, weights: Weights, how: str) -> None:
    """How much of all maps changes when the digit moves by a pixel, before and after pooling."""
    maps = [
        relu(convolve(shown[:, :, None], weights["1.kernel"], weights["1.bias"]))
        for shown in (picture, moved_right(picture))
    ]
    before = float(np.abs(maps[0] - maps[1]).sum() / maps[0].sum())
    small = [pooled(values, how) for values in maps]
    after = float(np.abs(small[0] - small[1]).sum() / small[0].sum())
    st.markdown(
        f"**What it is good for.** Move this digit one pixel to the right: the {maps[0].shape[2]} feature maps change "
        f"by {before:.0%} of their sum, the pooled ones by {after:.0%}. And the next layer's windows "
        "see twice as far."
    )
