"""Cross-entropy and squared error of a guess that the visitor moves, and of real ones."""

import math

import numpy as np
import streamlit as st
from pandas import DataFrame

from core import library
from core.charts import percentage
from core.charts.lessons.functions import curves
from core.lessons import loss
from core.symptoms import NOTHING_LEARNED
from pages.parts.answer import data_url
from pages.parts.evaluation import answers
from pages.parts.lessons.course import choose_model, columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers
from pages.parts.subject import test_digit

CROSS, SQUARED = "cross-entropy", "squared error"
LOWEST = 0.005  # of the drawn probabilities
SHARES = {"the best": 0.0, "the middle one": 0.5, "90%": 0.9, "99%": 0.99, "99.9%": 0.999, "the worst": 1.0}


def show() -> None:
    along = np.geomspace(LOWEST, 1, 150)
    left, right = columns()
    with left:
        picture = st.container()
        p = st.slider(
            "Probability $p$ that the network gives the right digit", LOWEST, 1.0, 0.3, 0.005, key="loss-p",
            bind="query-params", format="%.3f",
        )  # fmt: skip
    at = np.array([p])
    cross, squared = float(loss.cross_entropy(at)[0]), float(loss.squared_error(at)[0])
    with picture:
        figure = curves(
            along, {CROSS: loss.cross_entropy(along), SQUARED: loss.squared_error(along)}, title="Loss",
            points={CROSS: (p, cross), SQUARED: (p, squared)}, along="probability of the right digit",
            high=math.ceil(-math.log(LOWEST)),
        )  # fmt: skip
        figure["layout"]["xaxis"]["range"] = [0, 1]
        alt = f"At p = {p:.3f} the cross-entropy is {cross:.3f} and the squared error {squared:.3f}."
        live_chart(figure, key="loss-curves", height=270, alt=alt)
    with right:
        st.latex(
            rf"\begin{{aligned}}\text{{cross-entropy}} &= -\ln p = -\ln {p:.3f} = {abs(cross):.3f} \\"
            rf"\text{{squared error}} &= (1 - p)^2 = {squared:.3f}\end{{aligned}}"
        )
        st.markdown(
            "The loss says how wrong a guess is; learning makes it small. Cross-entropy asks only for the right "
            f"digit's probability. A guess of 1 in 10 costs {math.log(10):.3f}.\n\n"
            f"What drives learning is the slope: here {loss.cross_entropy_slope(at)[0]:.2f} against "
            f"{loss.squared_error_slope(at)[0] + 0.0:.2f}. Sure and wrong costs a lot in cross-entropy, "
            "but never more than 1 in squared error. That is the right digit's output alone; Keras's mean squared "
            f"error is the mean over all ten, where an even guess costs {NOTHING_LEARNED['mean_squared_error']:.2f}."
        )
    chosen, said = st.columns([1, 3], gap="medium")
    with chosen:
        name = choose_model("loss-model", "ten-lines")
    if name is not None:
        with said:
            _real(name)
    try_this("Halve the probability, and halve it again: what is added to the cross-entropy each time?")


def _real(name: str) -> None:
    """Six real guesses, from the best to the worst."""
    try:
        evaluated, card = answers.ask(name), library.card(name)
    except FileNotFoundError as error:  # deleted just now
        st.info(str(error))
        return
    if evaluated is None:
        return
    losses = loss.of_each(evaluated.probabilities, evaluated.labels)
    tempered = (
        ""
        if card.temperature == 1 or library.recipe(name).loss != "categorical_crossentropy"
        else f" ({card.test_loss:.4f} before its evidence was divided by its temperature, for honest percentages)"
    )
    figures, rows = "", {}
    for title, place in zip(SHARES, loss.from_best_to_worst(losses, tuple(SHARES.values())), strict=True):
        digit = test_digit(place)
        given = f"{digit.label}: {percentage(float(evaluated.probabilities[place, digit.label]))}"
        figures += (
            f'<figure><img alt="" src="{data_url(digit.picture)}"><figcaption>{title}<br>{given}<br>'
            f"<b>{abs(losses[place]):.4f}</b></figcaption></figure>"
        )
        rows[title] = [str(place), str(digit.label), str(evaluated.answers[place]), f"{abs(losses[place]):.4f}"]
    st.markdown(
        f"**The cross-entropy of real guesses.** Over all {len(losses):,} test digits its mean is "
        f"**{losses.mean():.4f}**{tempered}. Sorted from the best guess to the worst (90%: nine of ten "
        "guesses are better than this one), with the probability of the right digit:"
    )
    st.html(f'<div class="dl-strip dl-six">{figures}</div>')
    numbers(DataFrame.from_dict(rows, orient="index", columns=["test digit", "is", "read as", "loss"]))
