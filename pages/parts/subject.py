"""The digit a page is about: of the visitor's own drawing or picture, or one of MNIST's test digits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import streamlit as st

from core import ink, library, mnist, reading
from core.ink import Picture, Stroke
from pages.parts import ink_pad, models, photo
from pages.parts.answer import data_url

MINE, PICTURE, TEST = "My drawing", "My picture", "A test digit"
TEST_DIGITS = 10_000

T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """What the network is shown."""

    picture: Picture  # (28, 28) float32 in [0, 1], ink 1
    name: str  # "your drawing", "digit 2 of your picture", "test digit 17"
    label: int | None = None  # what it is, where that is known
    strokes: Sequence[Stroke] | None = None  # of a drawing, canvas pixels


def choose(*, pad: bool = False, key: str = "digit") -> Subject | None:
    """Ask for it; the choice lives in the URL (`?digit=17`). None, with a hint, while nothing is drawn.

    Args:
        pad: Show the drawing board here. Without it the last drawing is taken, and its picture shown.
        key: Of the test digit. A page that links to digits on another page needs one of its own: when a page is left,
            Streamlit takes what its boxes hold out of the address.
    """
    pictures = photo.latest()
    sources = [MINE, PICTURE, TEST] if pictures else [MINE, TEST]
    source = st.segmented_control(
        "Digit", sources, default=_default(pad, bool(pictures), key), required=True, key="subject"
    )
    if source == TEST:
        return _test_digit(key)
    if source == PICTURE:
        chosen = Subject(*_one_of(pictures, "your picture"))
        show(chosen)
        return chosen
    board = ink_pad.ink_pad() if pad else ink_pad.board()
    try:
        drawn = _digits(board.strokes())
    except ink.InkError as error:
        st.error(str(error))
        return None
    if not drawn:
        st.info("Draw a digit on the board." if pad else "You have not drawn yet in this tab.")
        if not pad:
            st.page_link("draw.py", label="Draw a digit", icon=":material/draw:")
        return None
    strokes, name = _one_of(drawn, "your drawing")
    picture = ink.to_mnist(strokes)
    if picture is None:
        return None
    chosen = Subject(picture, name, None, strokes)
    if not pad:
        show(chosen)
    return chosen


def _default(pad: bool, has_picture: bool, key: str) -> str:
    """What is asked about until somebody chooses: what the address names, else what Draw was used with last."""
    if key in st.query_params and "subject" not in st.session_state:
        return TEST
    if has_picture and photo.is_preferred():
        return PICTURE
    return MINE if pad or ink_pad.drawn() is not None else TEST


def _digits(strokes: Sequence[Stroke]) -> list[list[Stroke]]:
    """The digits of a drawing, as Draw's first model reads it."""
    try:
        return reading.digits(models.load(library.default_name()), strokes)
    except FileNotFoundError:  # there is no model
        return ink.segment(strokes)


def _one_of(digits: Sequence[T], whole: str) -> tuple[T, str]:
    """The digit that is asked for, where `whole` has several, and what to call it."""
    if len(digits) == 1:
        return digits[0], whole
    places = range(1, len(digits) + 1)
    place = st.segmented_control(
        "Which of them, from left to right", places, default=1, required=True, key=f"which-of-{len(digits)}"
    )
    return digits[place - 1], f"digit {place} of {whole}"


def test_digit(number: int) -> Subject:
    """One of MNIST's test digits, counted from 0."""
    digits = mnist.digits()
    picture = mnist.scaled(digits.x_test[number])
    return Subject(picture, f"test digit {number}", int(digits.y_test[number]))


def show(subject: Subject) -> None:
    """The picture with its name."""
    what = f", {mnist.a_digit(subject.label)}" if subject.label is not None else ""
    st.html(
        f'<figure class="dl-subject"><img alt="" src="{data_url(subject.picture)}">'
        f"<figcaption>{subject.name.capitalize()}{what}</figcaption></figure>"
    )


def _test_digit(key: str) -> Subject:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.number_input(
            "Test digit", 0, TEST_DIGITS - 1, 0, key=key, bind="query-params", width=160,
            help="MNIST's test digits are counted from 0 to 9,999.",
        )  # fmt: skip
        st.button(
            "Another", icon=":material/casino:", on_click=_another, args=(key,), help="One by chance",
            key="another-digit",
        )  # fmt: skip
    subject = test_digit(number)
    show(subject)
    return subject


def _another(key: str) -> None:
    st.session_state[key] = int(np.random.default_rng().integers(TEST_DIGITS))
