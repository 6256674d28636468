"""What a model answers to a drawing: the digit, what the network saw, and ten bars."""

import base64
import io

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image

from core import charts
from core.library import Model
from pages.parts.live_chart import live_chart

BARS_HEIGHT = 300  # pixels


def invite() -> None:
    """Nothing is drawn yet."""
    st.html(
        '<div class="dl-invite" role="status"><p class="dl-big">0 to 9</p>'
        "<p>Draw one digit on the board, with a finger, a pen or the mouse.<br>"
        "The network answers after every stroke.</p></div>"
    )


def show(model: Model, image: NDArray[np.float32]) -> None:
    """The answer of one model to one (28, 28) image in [0, 1]."""
    probabilities = model.predict(image[None])[0]
    best, second = (int(digit) for digit in np.argsort(probabilities)[::-1][:2])
    first = f"Most likely {best}, {charts.percentage(probabilities[best])};"
    then = f"then {second}, {charts.percentage(probabilities[second])}"
    st.html(
        f'<div class="dl-answer"><div class="dl-digit" aria-hidden="true">{best}</div>'
        f'<p role="status" aria-live="polite">{first}<br>{then}</p>'
        f'<figure><img alt="The drawing as 28 by 28 pixels" src="{_png(image)}">'
        "<figcaption>What the network sees: 28x28 pixels, centred</figcaption></figure></div>"
    )
    live_chart(charts.probability_bars(probabilities.tolist()), key="bars", height=BARS_HEIGHT, alt=f"{first} {then}")


def _png(image: NDArray[np.float32]) -> str:
    """A (28, 28) image in [0, 1] as a data URL, ink white."""
    data = io.BytesIO()
    Image.fromarray((image * 255).round().astype(np.uint8)).save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
