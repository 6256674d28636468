"""The average digit of each class, its spread, and the digits that look least like their class."""

import numpy as np
import streamlit as st

from core import classes, mnist
from pages.parts.answer import data_url
from pages.parts.digits import browse


@st.cache_resource(show_spinner="Averaging 60,000 digits")
def _statistics() -> classes.Statistics:
    digits = mnist.digits()
    return classes.statistics(digits.x_train, digits.y_train)


@st.cache_resource(show_spinner="Comparing every digit of the class with every other")
def _odd_ones(digit: int) -> classes.OddOnes:
    digits = mnist.digits()
    return classes.odd_ones(digits.x_train, digits.y_train, digit)


def show() -> None:
    """Ten averages, ten spreads, ten odd ones of a class; all of the training digits."""
    found = _statistics()
    st.subheader("The average digit", anchor=False)
    _ten([data_url(picture) for picture in found.mean], [f"{count:,}" for count in found.counts])
    st.caption("Every pixel is the mean over all training digits of the class; below each, how many they are.")
    st.subheader("Where they differ", anchor=False)
    most = float(found.spread.max())
    usual = [float(np.sqrt((spread**2).mean())) for spread in found.spread]
    _ten([data_url(picture / np.float32(most)) for picture in found.spread], [f"{value:.3f}" for value in usual])
    alike, varied = int(np.argmin(usual)), int(np.argmax(usual))
    st.caption(
        f"The standard deviation of every pixel: black where all digits of the class agree, white where they differ "
        f"most ({most:.2f}; ink is 1). Below each, over all its pixels: the {alike}s are the most alike, "
        f"the {varied}s vary the most."
    )
    _odd()


def _ten(pictures: list[str], words: list[str]) -> None:
    figures = "".join(
        f'<figure><img alt="" src="{picture}"><figcaption><b>{digit}</b> {said}</figcaption></figure>'
        for digit, (picture, said) in enumerate(zip(pictures, words, strict=True))
    )
    st.html(f'<div class="dl-ten">{figures}</div>')


def _odd() -> None:
    st.subheader("The ones that look least like their class", anchor=False)
    digit = st.segmented_control(
        "Digit", range(10), default=2, required=True, key="digits-odd", bind="query-params",
        help="Whose odd ones are shown.",
    )  # fmt: skip
    odd = _odd_ones(digit)
    images = mnist.digits().x_train
    with st.container(key="digits-odd-grid"):
        for place, (number, apart) in enumerate(zip(odd.numbers.tolist(), odd.distances.tolist(), strict=True)):
            with st.container(key=f"digits-odd-cell-{place}", gap=None):
                st.html(f'<img class="dl-cell" alt="" src="{data_url(mnist.scaled(images[number]))}">')
                st.button(
                    f"**{apart:.1f}** :gray[#{number}]", type="tertiary", width="stretch", key=f"digits-odd-go-{place}",
                    on_click=browse.visit, args=(number, digit),
                )  # fmt: skip
    st.caption(
        f"In bold how far each lies from its {classes.NEIGHBOURS} nearest neighbours among the {digit}s, on the mean; "
        f"half of all {digit}s lie within {odd.usual:.1f}. A distance of 1 is one full pixel of ink. Distances are "
        f"taken along the {classes.COMPONENTS} directions in which the class varies most (principal components), so an "
        f"unusual form that several people write is not odd, and a slip of the pen, or a wrong label, is. "
        f"The number is the digit's place in the training file."
    )
