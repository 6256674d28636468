"""A digit as the answer to learn: ten numbers, a 1 in its place; and why not the digit itself."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from pandas import DataFrame

from core import mnist
from core.charts.lessons.bars import distance_bars
from core.ink import Picture
from core.lessons.one_hot import distances
from core.mnist import one_hot
from pages.parts.answer import data_url
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

SHOWN = 6  # pictures of the digit


@st.cache_resource(show_spinner=False)
def _examples(digit: int) -> list[str]:
    """The first training images of a digit, as sources of an `img`."""
    digits = mnist.digits()
    pictures: list[Picture] = [
        mnist.scaled(digits.x_train[place]) for place in np.flatnonzero(digits.y_train == digit)[:SHOWN]
    ]
    return [data_url(picture) for picture in pictures]


def show() -> None:
    left, right = columns()
    with left:
        digit = st.segmented_control(
            "Digit",
            range(10),
            default=1,
            required=True,
            key="one-hot-digit",
            bind="query-params",
            width="stretch",
        )
        pictures = "".join(f'<img alt="" src="{source}">' for source in _examples(digit))
        st.html(f'<p class="dl-line dl-larger">{pictures}</p>')
        vector = one_hot(digit)
        st.html(_vectors({f"The label {digit}": vector}))
        st.code(f">>> np.eye(10)[{digit}]\n{np.eye(10)[digit]!r}", language="python")
        as_numbers, as_vectors = distances(digit)
        figure = distance_bars(digit, as_numbers, as_vectors)
        alt = (
            f"Distance of each digit from {digit}: as numbers 0 to {as_numbers.max():.0f}, as one-hot vectors always "
            f"{as_vectors.max():.2f}, and 0 from itself."
        )
        live_chart(figure, key="one-hot-distances", height=210, alt=alt)
    with right:
        other = st.segmented_control(
            "The network cannot decide between it and", range(10), default=9, required=True, key="one-hot-other",
            bind="query-params", width="stretch",
        )  # fmt: skip
        unsure = (vector + one_hot(other)) / 2
        mean = (digit + other) / 2
        st.html(_vectors({"Half of each": unsure}))
        st.latex(rf"\text{{as numbers: }}\tfrac{{1}}{{2}} \cdot {digit} + \tfrac{{1}}{{2}} \cdot {other} = {mean:g}")
        st.markdown(_judged(digit, other, mean))
        st.latex(
            rf"\lVert e_{{{digit}}} - e_{{{other}}} \rVert = {as_vectors[other]:.3f}, \quad "
            rf"|{digit} - {other}| = {as_numbers[other]:.0f}"
        )
        st.markdown(
            "Digits are names here, not amounts: a 9 is not nine times a 1. One-hot vectors keep all ten equally far "
            "apart, and ten outputs can say how likely each digit is."
        )
        told = {"numbers": as_numbers, "one-hot": as_vectors}
        numbers(DataFrame(told, index=[str(place) for place in range(10)]).map(lambda value: f"{value:.3f}"))
    try_this("Choose two digits that look alike to you. Do their numbers lie beside each other? Their vectors?")


def _judged(digit: int, other: int, mean: float) -> str:
    if digit == other:
        return f"Here there is nothing to decide: {digit} it is, either way."
    if mean != int(mean):
        return (
            f"As one number its answer would be **{mean:g}**, which is no digit. As ten numbers it says what it means."
        )
    return (
        f"As one number its answer would be **{mean:g}**, another digit, of which it saw nothing. "
        "As ten numbers it says what it means."
    )


def _vectors(vectors: Mapping[str, NDArray[np.floating]]) -> str:
    """Rows of ten cells, each under its digit."""
    heads = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = "".join(
        "<tr>" + "".join(f'<td class="{"dl-hot" if value else ""}">{value:g}</td>' for value in vector) + "</tr>"
        for vector in vectors.values()
    )
    head = f"<caption>{', '.join(vectors)}</caption><thead><tr>{heads}</tr></thead>"
    return f'<table class="dl-vector">{head}<tbody>{rows}</tbody></table>'
