"""Ten sums become ten percentages; one of them is the visitor's to move."""

import math

import numpy as np
import streamlit as st
from pandas import DataFrame

from core import charts
from core.calibration import softmax
from core.lessons.neuron import Array
from core.lessons.softmax import evidence, odds
from pages.parts import models
from pages.parts.answer import data_url
from pages.parts.lessons.course import choose_model, columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers
from pages.parts.subject import TEST_DIGITS, Subject, test_digit

MOST = 6.0  # units of evidence added or taken


def show() -> None:
    left, right = columns()
    with left:
        with st.container(horizontal=True):
            number = st.number_input(
                "Test digit", 0, TEST_DIGITS - 1, 8, key="softmax-image", bind="query-params", width=150,
                help="MNIST's test digits are counted from 0 to 9,999.",
            )  # fmt: skip
            name = choose_model("softmax-model", "ten-lines")
        bars = st.container()
    if name is None:
        return
    subject = test_digit(number)
    found = evidence(models.load(name).predict(np.stack([subject.picture]))[0].astype(np.float64))
    with right:
        digit = st.segmented_control(
            "Give more evidence, or less, to", range(10), default=int(np.argsort(found)[-2]), required=True,
            key="softmax-digit", bind="query-params", width="stretch",
        )  # fmt: skip
        more = st.slider(
            f"Evidence added to {digit}", -MOST, MOST, 0.0, 0.5, key="softmax-more", bind="query-params", format="%+.1f"
        )
    moved = found.copy()
    moved[digit] += more
    before, after = softmax(found), softmax(moved)
    with bars:
        best = int(after.argmax())
        alt = f"Most likely {best}, {charts.percentage(after[best])}; {digit} has {charts.percentage(after[digit])}."
        live_chart(charts.probability_bars(after.tolist()), key="softmax-bars", height=340, alt=alt)
    with right:
        _formula(subject, digit, moved, after)
        _odds(digit, more, before[digit], after[digit])
    try_this(
        f"Add one unit to {digit}, then another: each multiplies its odds by the same {math.e:.2f}. "
        "How many does it take to change the answer? (A very sure network takes more than the slider has.)"
    )
    table = {"evidence z": moved, "e to the z": np.exp(moved), "share": after}
    told = DataFrame(table, index=[str(digit) for digit in range(10)])
    told["share"] = told["share"].map(charts.percentage)
    told["evidence z"] = told["evidence z"].map("{:+.3f}".format)
    told["e to the z"] = told["e to the z"].map("{:,.4f}".format)
    told.loc["sum"] = ["", f"{np.exp(moved).sum():,.4f}", charts.counted(round(float(after.sum()), 6))]
    numbers(told, "The ten terms and their sum")


def _formula(subject: Subject, digit: int, moved: Array, after: Array) -> None:
    power, total = math.exp(moved[digit]), float(np.exp(moved).sum())
    st.html(
        f'<p class="dl-line"><img alt="" src="{data_url(subject.picture)}"><span>{subject.name.capitalize()}, '
        f"a {subject.label}. From its pixels the network sums up evidence z for each digit; e<sup>z</sup> makes "
        "it positive, and the share of the sum is the probability. Only differences between the z count: here they are "
        "shifted to a mean of 0. The page Inside has the sums themselves.</span></p>"
    )
    st.latex(
        rf"p_{{{digit}}} = \frac{{e^{{z_{{{digit}}}}}}}{{\sum_k e^{{z_k}}}} = "
        rf"\frac{{e^{{{moved[digit]:.2f}}}}}{{{_short(total)}}} = \frac{{{_short(power)}}}{{{_short(total)}}} = "
        rf"{after[digit]:.3f}"
    )


def _odds(digit: int, more: float, before: float, after: float) -> None:
    st.latex(
        rf"\text{{odds of }}{digit}\text{{: }}{_short(odds(before))} \cdot e^{{{more:.1f}}} = "
        rf"{_short(odds(before))} \cdot {_short(math.exp(more))} = {_short(odds(after))}"
    )
    st.markdown(
        "Odds are p to 1 - p: 3 means three times as likely as not. Adding evidence to one digit takes "
        "probability from all others, since the ten always sum to 100%."
    )


def _short(value: float) -> str:
    """Four figures, written for LaTeX."""
    if 0.001 <= value < 9999.5:
        return f"{value:.4g}"
    mantissa, power = f"{value:.2e}".split("e")
    return rf"{mantissa} \cdot 10^{{{int(power)}}}"
