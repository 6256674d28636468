"""What a model answers to a drawing: the digits, what the network saw, and ten bars for each."""

import base64
import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core import charts
from core.ink import Picture
from core.model import Model
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

WORTH_SAYING = 0.01  # probability of the second
BARS_HEIGHT, SMALL_BARS_HEIGHT = 300, 230  # pixels


def invite() -> None:
    """Nothing is drawn yet."""
    st.html(
        '<div class="dl-invite" role="status"><p class="dl-big">0 to 9</p>'
        "<p>Draw one digit on the board, with a finger, a pen or the mouse, or several side by side; "
        "points, commas and signs are not read.<br>"
        "The network answers after every stroke.</p></div>"
    )


def invite_picture() -> None:
    """No picture is chosen yet."""
    st.html(
        '<div class="dl-invite" role="status"><p class="dl-big">0 to 9</p>'
        "<p>Give the network a picture of one digit, or of several: a photo, a scan, a screenshot.<br>"
        "Light or shade, dark on light or light on dark, do not matter.</p></div>"
    )


def show(model: Model, picture: Picture) -> bool:
    """The answer of one model to one digit; returns whether it takes it for a digit."""
    probabilities, digit = _read(model, np.stack([picture]))
    best, second = (int(place) for place in np.argsort(probabilities[0])[::-1][:2])
    if digit[0]:
        first = f"Most likely {best}, {charts.percentage(probabilities[0, best])}"
        rest = float(probabilities[0, second])
        then = f"then {second}, {charts.percentage(rest)}" if rest >= WORTH_SAYING else ""
    else:
        first, then = "I do not think this is a digit.", f"If it is one after all, {best} comes nearest."
        if _is_wide(picture):
            then = "If these are several, leave more room between them."
    st.html(
        f'<div class="dl-answer"><div class="dl-digit" aria-hidden="true">{best if digit[0] else "?"}</div>'
        f'<p role="status" aria-live="polite">{first}{"<br>" * bool(then)}{then}</p>'
        f'<figure><img alt="The drawing as 28 by 28 pixels" src="{data_url(picture)}">'
        "<figcaption>What the network sees: 28x28 pixels, centred</figcaption></figure></div>"
    )
    bars = charts.probability_bars(probabilities[0].tolist(), doubtful=not digit[0])
    live_chart(bars, key="bars", height=BARS_HEIGHT, alt=f"{first} {then}")
    numbers({"Digit": range(10), "Probability": [charts.percentage(share) for share in probabilities[0]]})
    return bool(digit[0])


def show_number(model: Model, pictures: Sequence[Picture], dots: bool = False) -> None:
    """The answer of one model to several digits, from left to right; `dots`: something as small as a point is drawn."""
    probabilities, digit = _read(model, np.stack(pictures))
    best = probabilities.argmax(1)
    number = "".join(str(place) if known else "?" for place, known in zip(best, digit, strict=True))
    sure = charts.percentage(float(probabilities.max(1).prod()))  # if one misread digit says nothing about the next
    said = (
        f"Most likely {number}<br>all of it right: {sure}"
        if digit.all()
        else f"I read {number}<br>A ? is no digit to me: a sign, digits that touch, or strokes that do not meet."
    )
    if dots:
        said += "<br>Points, commas and colons are not read."
    st.html(
        f'<div class="dl-answer"><div class="dl-digit" aria-hidden="true">{number}</div>'
        f'<p role="status" aria-live="polite">{said}</p></div>'
    )
    with st.container(horizontal=True, key="number"):
        for place, picture in enumerate(pictures):
            with st.container(width=150, key=f"digit-{place}"):
                st.html(f'<img class="dl-seen" alt="Digit {place + 1} as 28 by 28 pixels" src="{data_url(picture)}">')
                figure = charts.probability_bars(probabilities[place].tolist(), doubtful=not digit[place])
                alt = f"Digit {place + 1}: {best[place]}, {charts.percentage(probabilities[place].max())}"
                live_chart(figure, key=f"bars-{place}", height=SMALL_BARS_HEIGHT, alt=alt)


def _is_wide(picture: Picture) -> bool:
    """Whether the ink of a (28, 28) picture is wider than high."""
    high, wide = (np.count_nonzero(picture.any(axis)) for axis in (1, 0))
    return bool(wide > high)


def _read(model: Model, pictures: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The ten probabilities of each picture, and whether it is taken for a digit."""
    return model.predict(pictures), model.digit_likeness(pictures) >= model.likeness_threshold


def data_url(picture: Picture) -> str:
    """A (28, 28) picture in [0, 1], ink white, as a PNG for an `img`."""
    data = io.BytesIO()
    Image.fromarray((picture * 255).round().astype(np.uint8)).save(data, "PNG")
    return png_url(data.getvalue())


def png_url(png: bytes) -> str:
    """A PNG file as an address for an `img`."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
