"""A kernel slides over the visitor's digit; the place it stands at is chosen with two sliders."""

import numpy as np
import streamlit as st
from pandas import DataFrame

from core.charts.lessons.grids import Grid, grids
from core.lessons.simple_cnn import HAND_MADE, Values, Weights, feature_map, relu
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

MAPS_HEIGHT = 318  # pixels
_KEYS = ("convolution-row", "convolution-column")
PADDINGS = ("valid", "same")
_LEARNED = f"{lesson_digit.NETWORK}, filter "


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
            kernel, bias = _kernel(weights)
            padding = st.segmented_control(
                "Padding", PADDINGS, default="valid", required=True, key="convolution-padding", bind="query-params"
            )
        picture = np.pad(digit.picture, 1) if padding == "same" else digit.picture
        before = feature_map(picture, kernel, bias)
        row, column = _place(relu(before))
        _maps(picture, relu(before), row, column)
    with right:
        _products(picture[row : row + 3, column : column + 3], kernel)
        z = float(before[row, column])
        st.latex(
            r"\begin{aligned}z &= \sum_{i,j} w_{ij}\,x_{ij} + b \\"
            rf"&= {z - bias:.3f} {bias:+.3f} = {z:.3f} \\"
            rf"\text{{ReLU}}(z) &= \max(0, z) = {max(z, 0):.3f}\end{{aligned}}"
        )
        st.markdown(
            f"The same nine weights are used at all {before.shape[0]} x {before.shape[1]} = **{before.size}** places, "
            f"so a stroke is found wherever it is. After ReLU {(before > 0).mean():.0%} of them are above 0.\n\n"
            "The window moves one pixel at a time: its **stride** is 1. With 2 it would leave out every other place, "
            "and the map would have half the side. **Padding** *same* puts a border of zeros around the digit, so that "
            "the map is as large as the digit; *valid* has none.\n\n"
            f"Nobody made the {weights['1.bias'].size} filters of {lesson_digit.NETWORK}: training did."
        )
    try_this(
        "With *Left edge of ink* at its strongest place (the button goes there), go one column to the right, and "
        "again: when is nothing left? Then look through the network's own filters: which ones find edges, and which "
        "ones answer to the empty background, too?"
    )
    numbers(DataFrame(relu(before)).map(lambda value: f"{value:.2f}"), "The numbers of the map")


def _kernel(weights: Weights) -> tuple[Values, float]:
    """The (3, 3) weights and the bias that are chosen."""
    filters = weights["1.bias"].size
    learned = {f"{_LEARNED}{number + 1}": number for number in range(filters)}
    name = st.selectbox("Kernel", [*HAND_MADE, *learned], 1, key="convolution-kernel", bind="query-params")
    if name in HAND_MADE:
        return HAND_MADE[name], 0.0
    return weights["1.kernel"][:, :, 0, learned[name]], float(weights["1.bias"][learned[name]])


def _place(after: Values) -> tuple[int, int]:
    """Row and column of the window's upper left corner, counted from 0."""
    for key, size in zip(_KEYS, after.shape, strict=True):  # a larger map may have been looked at
        if st.session_state.get(key, 0) >= size:
            st.session_state[key] = size - 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        row = st.slider("Row", 0, after.shape[0] - 1, 24, key=_KEYS[0], bind="query-params", width=190)
        column = st.slider("Column", 0, after.shape[1] - 1, 9, key=_KEYS[1], bind="query-params", width=190)
        strongest = np.unravel_index(int(after.argmax()), after.shape)
        st.button(
            "Strongest", icon=":material/my_location:", on_click=_go, args=tuple(int(place) for place in strongest),
            help="Go where the kernel finds most of what it looks for", key="convolution-go",
        )  # fmt: skip
    return row, column


def _go(row: int, column: int) -> None:
    st.session_state.update(zip(_KEYS, (row, column), strict=True))


def _maps(picture: Values, after: Values, row: int, column: int) -> None:
    rows, columns = after.shape
    shown = [
        Grid(
            f"Digit{' and border' if rows == 28 else ''}, {picture.shape[0]}x{picture.shape[1]}",
            picture,
            (row, column, 3),
        ),
        Grid(f"Feature map, {rows}x{columns}", after, (row, column, 1)),
    ]
    alt = f"The digit with a window at row {row}, column {column}; the map has {after[row, column]:.3f} there."
    live_chart(grids(shown), key="convolution-maps", height=MAPS_HEIGHT, alt=alt)


def _products(window: Values, kernel: Values) -> None:
    """Pixels times weights gives products, as three small squares of numbers."""
    parts = [("pixels x", window), ("weights w", kernel), ("products", window * kernel)]
    drawn = "".join(
        f'<table class="dl-nine"><caption>{title}</caption>'
        + "".join("<tr>" + "".join(_cell(float(value)) for value in row) + "</tr>" for row in values)
        + "</table>"
        for title, values in parts
    )
    st.html(f'<div class="dl-nines">{drawn}</div>')


def _cell(value: float) -> str:
    value += 0.0  # no minus before a nought
    color = "47,127,214" if value > 0 else "213,115,11"
    return f'<td style="background:rgba({color},{min(abs(value), 1) * 0.45:.2f})">{value:.2f}</td>'
