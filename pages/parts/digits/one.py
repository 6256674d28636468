"""One digit as the network is given it: its 784 numbers over its pixels, its shape and range, its label one-hot."""

import numpy as np
import streamlit as st

from core.mnist import Pixels, a_digit, one_hot, scaled
from pages.parts.answer import data_url

STORED, DIVIDED = "0 to 255", "0 to 1"
DARK_FROM = 130  # brightness from which black words are read better than white ones
ANCHOR = "its-numbers"
FIRST_ROWS = 2  # of the flattened array that are written out


def show(image: Pixels, label: int, name: str) -> None:
    """Show a (28, 28) uint8 image large, and beside it what it is as an array."""
    st.subheader(f"{name}: {a_digit(label)}", anchor=False)
    st.html(f'<span id="{ANCHOR}"></span>')
    left, right = st.columns([11, 8], gap="large")
    with left:
        written = st.segmented_control(
            "Numbers", (STORED, DIVIDED), default=STORED, required=True, key="digits-written", bind="query-params",
            help="As the file stores them, or divided by 255 as a network is given them.",
        )  # fmt: skip
        st.html(_laid_over(image, written == DIVIDED))
        st.caption(
            "28 rows of 28 numbers, rounded to two decimals. 0 is background, 1 is full ink."
            if written == DIVIDED
            else "28 rows of 28 numbers. 0 is background, 255 is full ink; in between the pen covered a pixel partly."
        )
    with right:
        _facts(image, label)


def _laid_over(image: Pixels, divided: bool) -> str:
    picture = scaled(image)
    cells = "".join(_cell(value, divided) for value in image.ravel().tolist())
    return (
        f'<div class="dl-numbers" tabindex="0" role="group" aria-label="784 numbers, in 28 rows"><div '
        f"style=\"background-image:url('{data_url(picture)}')\">{cells}</div></div>"
    )


def _cell(value: int, divided: bool) -> str:
    """White on dark, black on light, background grey; two decimals without the leading 0, for a cell is narrow."""
    if value == 0:
        return "<s>0</s>"
    written = f"{value / 255:.2f}".removeprefix("0").replace("1.00", "1") if divided else str(value)
    return f"<b>{written}</b>" if value >= DARK_FROM else f"<i>{written}</i>"


def _facts(image: Pixels, label: int) -> None:
    divided = scaled(image)
    rows = [
        ("shape", str(image.shape), str(divided.shape)),
        ("dtype", str(image.dtype), str(divided.dtype)),
        ("smallest", f"{image.min()}", f"{divided.min():.3f}"),
        ("largest", f"{image.max()}", f"{divided.max():.3f}"),
        ("mean", f"{image.mean():.1f}", f"{divided.mean():.3f}"),
    ]
    table = "<thead><tr><td></td><td>as stored</td><td>divided by 255</td></tr></thead>"
    table += "".join(
        f'<tr><th scope="row">{name}</th><td>{stored}</td><td>{after}</td></tr>' for name, stored, after in rows
    )
    st.html(f'<div class="dl-facts"><h4>The image</h4><table>{table}</table></div>')
    st.html(f'<div class="dl-facts"><h4>Flattened to {image.reshape(-1).shape}</h4>{_flattened(image)}</div>')
    hot = "".join(
        f'<td class="dl-hot">{value:.0f}</td>' if value else f"<td>{value:.0f}</td>" for value in one_hot(label)
    )
    places = "".join(f"<th>{place}</th>" for place in range(10))
    st.html(
        f'<div class="dl-facts"><h4>The label {label}, one-hot</h4><table class="dl-onehot"><tr>{places}</tr>'
        f"<tr>{hot}</tr></table><p>One number a class: the network's ten answers are compared with them.</p></div>"
    )


def _flattened(image: Pixels) -> str:
    flat = image.ravel()
    rows = [" ".join(str(value) for value in flat[28 * row : 28 * row + 28]) for row in range(FIRST_ROWS)]
    said = "A dense layer knows no rows: it is given one list, row after row. Row 0 ends at place 27, row 1 at 55."
    ink = np.flatnonzero(flat)
    if len(ink):
        place = int(ink[0])
        row, column = divmod(place, 28)
        said += (
            f" The first ink stands at place {place}: row {row}, column {column}, for 28 x {row} + {column} = {place}."
        )
    lines = '<span class="dl-row-end" title="the end of a row">|</span> '.join(rows)
    return f'<p class="dl-flat">[{lines}<span class="dl-row-end">|</span> ... ]</p><p>{said}</p>'
