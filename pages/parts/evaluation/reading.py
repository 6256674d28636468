"""Several models reading one digit side by side: the visitor's drawing, live, or a test digit."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core import agreement, charts
from core.bundle import DamagedBundle
from core.mnist import a_digit
from core.model import Model
from pages.parts import models, subject
from pages.parts.answer import data_url
from pages.parts.live_chart import live_chart

HEIGHT, LOW_HEIGHT = 260, 210  # pixels; the lower ones where they take two rows
ONE_ROW = 4  # models
NOTHING = [0.0] * 10


@st.fragment
def show(names: Sequence[str]) -> None:
    """The board, and beside it every model's answer and ten bars; only this part runs again after a stroke."""
    board, readings = st.columns([2, 3], gap="large")
    with board, st.container(key="reading-board"):
        chosen = subject.choose(pad=True, key="models-digit")
    try:
        opened = [models.load(name) for name in names]
    except (FileNotFoundError, DamagedBundle):  # deleted since the page was made, which knows what to say
        st.rerun()
    with readings:
        _read(opened, chosen)


def _read(opened: Sequence[Model], chosen: subject.Subject | None) -> None:
    if chosen is None:
        said, answers, known = "They all read it after every stroke.", [NOTHING] * len(opened), True
    else:
        seen = np.stack([chosen.picture])
        answers = [model.predict(seen)[0].tolist() for model in opened]
        known = bool(opened[0].digit_likeness(seen)[0] >= opened[0].likeness_threshold)  # the same for every model
        said = agreement.readings(
            [model.name for model in opened], [int(np.argmax(answer)) for answer in answers], known
        )
        if chosen.label is not None:
            said += f" It is {a_digit(chosen.label)}."
    seen_as = ""
    if chosen is not None and chosen.strokes is not None:
        seen_as = f'<img alt="Your drawing as 28 by 28 pixels" src="{data_url(chosen.picture)}">'
    st.html(f'<p class="dl-verdict">{seen_as}<span role="status" aria-live="polite">{said}</span></p>')
    height = HEIGHT if len(opened) <= ONE_ROW else LOW_HEIGHT
    with st.container(horizontal=True, key="readings"):
        for place, (model, answer) in enumerate(zip(opened, answers, strict=True)):
            best, shown = int(np.argmax(answer)), chosen is not None
            sure = charts.percentage(answer[best]) if shown else "&nbsp;"
            digit = (str(best) if known else f"{best}?") if shown else "&nbsp;"
            with st.container(width=156, gap=None, key=f"reading-{place}"):
                st.html(f'<p class="dl-reading">{model.name}<br><b>{digit}</b> {sure}</p>')
                alt = f"{model.name}: {best}, {sure}" if shown else f"{model.name}: nothing to read yet"
                bars = charts.probability_bars(answer, doubtful=not known)
                live_chart(bars, key=f"reading-bars-{place}", height=height, alt=alt)
