"""Some of what a real network found in the visitor's digit is switched off, and its answer changes."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from pandas import DataFrame

from core.calibration import softmax, tempered
from core.charts import percentage, probability_bars
from core.charts.lessons.grids import Grid, grids
from core.layers import Dropout
from core.lessons.simple_cnn import Values, Weights, dropped, features, kept, sums
from core.recipe import PRESETS
from core.words import many
from pages.parts.lessons import lesson_digit
from pages.parts.lessons.course import columns, try_this
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

TRAINING, PREDICTING = "while it trains", "while it predicts"
UNSURE = 340  # a test digit that the network reads right, but not for certain
DRAWS = 200  # of which the answers are counted
GRID_HEIGHT, BARS_HEIGHT = 250, 270  # pixels


def show() -> None:
    lesson_digit.styles()
    weights, card = lesson_digit.weights(), lesson_digit.card(lesson_digit.NETWORK)
    if weights is None or card is None:
        return
    left, right = columns()
    with left:
        digit = lesson_digit.choose(UNSURE)
        if digit is None:
            return
        rate, training = _settings()
        found = features(digit.picture, weights)
        stay = (
            kept(found.size, rate, st.session_state.get("dropout-draw", 0)) if training else np.ones(found.size, bool)
        )
        passed = dropped(found, stay, rate if training else 0)
        z = sums(passed, weights)
        answer = tempered(softmax(z)[None], card.temperature)[0]
        best = int(answer.argmax())
        picture, bars = st.columns(2)
        with picture:
            _features(found, stay)
        with bars:
            alt = f"Most likely {best}, {percentage(float(answer[best]))}"
            live_chart(probability_bars(answer.tolist()), key="dropout-bars", height=BARS_HEIGHT, alt=alt)
    with right:
        _formula(found, stay, rate if training else 0.0, training)
        _draws(found, weights, rate)
    try_this(
        "Draw again a few times and watch the ten bars. Then take a clear digit, say test digit 0, and raise the "
        "share to 0.95: in how many of the draws is it still read right? It bears a lot, for no single number was "
        "relied on."
    )
    rows = {
        "weighted sum": [f"{value:.2f}" for value in z],
        "probability": [percentage(float(share)) for share in answer],
    }
    numbers(DataFrame(rows))


def _settings() -> tuple[float, bool]:
    """The share that is switched off, and whether it is."""
    own = next(layer.rate for layer in PRESETS[lesson_digit.NETWORK].layers if isinstance(layer, Dropout))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        when = st.segmented_control(
            "The network", [TRAINING, PREDICTING], default=TRAINING, required=True, key="dropout-when",
            bind="query-params",
        )  # fmt: skip
        rate = st.slider(
            "Share switched off", 0.0, 0.95, own, 0.05, key="dropout-rate", bind="query-params", width=180,
            disabled=when == PREDICTING,
        )  # fmt: skip
        st.button(
            "Draw again", icon=":material/casino:", on_click=_draw, key="dropout-again", disabled=when == PREDICTING,
            help="As the next training step would: others are switched off",
        )  # fmt: skip
    return rate, when == TRAINING


def _draw() -> None:
    st.session_state["dropout-draw"] = st.session_state.get("dropout-draw", 0) + 1


def _features(found: Values, stay: NDArray[np.bool_]) -> None:
    side = int(np.sqrt(found.size))
    shown = Grid(
        f"{found.size:,} features, {(~stay).sum():,} off", found.reshape(side, side), absent=~stay.reshape(side, side)
    )
    alt = f"{found.size} features of the digit as squares, {(~stay).sum()} of them switched off"
    live_chart(grids([shown]), key="dropout-features", height=GRID_HEIGHT, alt=alt)


def _formula(found: Values, stay: NDArray[np.bool_], rate: float, training: bool) -> None:
    place = int(np.where(stay, found, -1).argmax())
    value = float(found[place])
    if not training:
        st.latex(rf"y_i = x_i \qquad \text{{for all }} {found.size:,}".replace(",", "{,}"))
        st.markdown("While it predicts, a network uses **all** it has; nothing is left to chance.")
        return
    st.latex(
        r"y_i = \begin{cases}0 & \text{with chance } p = "
        rf"{rate:.2f} \\ \dfrac{{x_i}}{{1-p}} & \text{{else, here }} "
        rf"\tfrac{{{value:.3f}}}{{1 - {rate:.2f}}} = {value / (1 - rate):.3f}\end{{cases}}"
    )
    st.markdown(
        f"The {found.size:,} features are the numbers that the network's second convolution and pooling leave of this "
        "digit. At every training step others are switched off (orange). So no neuron may rely on a single one, and "
        "what is learnt is spread out: a cure for learning by heart. What stays is multiplied by "
        f"1 / (1 - p) = {1 / (1 - rate):.2f}, so that the sums stay the same on average; the formula shows it for the "
        "largest feature."
    )


def _draws(found: Values, weights: Weights, rate: float) -> None:
    """The answers of many draws at this rate: how often the same digit, and whether the sums agree on average."""
    every = np.stack([dropped(found, kept(found.size, rate, DRAWS + draw), rate) for draw in range(DRAWS)])
    z, whole = sums(every, weights), sums(found, weights)
    best = int(whole.argmax())
    same = int((z.argmax(1) == best).sum())
    st.markdown(
        f"**In {DRAWS} draws** with {rate:.0%} off, the likeliest digit was {best}, as with all features, "
        f"{many(same, 'time')}. Its weighted sum was {whole[best]:.2f} with all features, {z[:, best].mean():.2f} on "
        f"average over the draws, and {z[:, best].std():.2f} away from that as a rule."
    )
