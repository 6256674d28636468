"""The doctor: what was it meant to be, what did the network see at every stage, and what went wrong."""

import zlib
from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import charts, doctor
from core.doctor import Diagnosis
from core.ink import Picture, Stroke
from core.model import Model
from pages.parts.answer import data_url
from pages.parts.ink_pad import BRUSH, SIDE


def ask(model: Model, strokes: Sequence[Stroke] | None, picture: Picture, taken_for_digit: bool) -> None:
    """Ten buttons "that was a ..."; the diagnosis once one is pressed, or at once if it looks like no digit.

    Args:
        model: Whose answer is in doubt.
        strokes: The drawing; None if it came as a picture.
        picture: What the network sees.
        taken_for_digit: Whether it looks like a digit at all.
    """
    said = st.segmented_control(
        "What was it meant to be?", range(10), key=f"said-{zlib.crc32(picture.tobytes())}", width="stretch",
        help="Press the digit you meant, and see what the network made of it at every stage.",
    )  # fmt: skip
    if said is None and taken_for_digit:
        return
    if strokes is None:
        found = doctor.diagnose_picture(picture, said, model.predict, taken_for_digit)
    else:
        found = doctor.diagnose(strokes, said, model.predict, SIDE, BRUSH, taken_for_digit)
    st.html(f'<div class="dl-doctor">{_strip(found)}<p role="status">{found.sentence}</p>{_relatives(found)}</div>')


def _strip(found: Diagnosis) -> str:
    figures = [
        f'<figure><img alt="" src="{data_url(stage.picture)}"><figcaption><b>{stage.name}</b><br>'
        f"read as {stage.digit}, {charts.percentage(stage.probability)}</figcaption></figure>"
        for stage in found.stages
    ]
    return f'<div class="dl-strip">{"".join(figures)}</div>'


def _relatives(found: Diagnosis) -> str:
    images = [
        f'<img alt="{label}" title="{label}" src="{data_url(image / np.float32(255))}">'
        for image, label in zip(found.relatives, found.relatives_labels, strict=True)
    ]
    return f'<div class="dl-relatives">{"".join(images)}</div>' if images else ""
