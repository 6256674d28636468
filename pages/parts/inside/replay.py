"""The drawing again, stroke by stroke, with the ten bars at each moment."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core import charts
from core.insight import Network, pictures
from core.insight.replay import Moment, moments
from core.model import Model
from core.words import many
from pages.parts import memo
from pages.parts.answer import png_url
from pages.parts.numbers import numbers
from pages.parts.subject import Subject

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "replay",
    html='<div class="replay"></div>',
    css=(_HERE / "replay.css").read_text("utf-8"),
    js=(_HERE / "replay.js").read_text("utf-8"),
    isolate_styles=False,
)


def show(model: Model, network: Network, shown: Subject) -> None:
    """A film with a slider; needs strokes."""
    if not shown.strokes:
        said = f"{shown.name.capitalize()} has no strokes, only pixels."
        st.info(f"{said} Choose My drawing and draw one: then it can be replayed.")
        return
    strokes = shown.strokes
    found = memo.once("inside-replay", model, shown, lambda: moments(strokes, model.predict))
    st.markdown(
        "**Your drawing again, from the first touch to the last.** At every moment it is scaled, centred and read as "
        "if it were finished: see when the network makes up its mind, and what it thought before."
    )
    _component(key="replay", data=_film(found))
    turns = [
        one for before, one in zip([None, *found], found, strict=False) if before is None or before.digit != one.digit
    ]
    table = pd.DataFrame(
        {
            "Share drawn": [f"{one.share:.0%}" for one in turns],
            "Strokes begun": [one.strokes for one in turns],
            "Reads": [one.digit for one in turns],
            "Probability": [charts.percentage(float(one.probabilities.max())) for one in turns],
        }
    )
    numbers(table.set_index("Share drawn"), "When the answer changed")


def _film(found: list[Moment]) -> dict[str, object]:
    sheet = pictures.side_by_side(np.stack([pictures.grey(one.picture, 1) for one in found]), len(found))
    return {
        "sheet": png_url(pictures.png(sheet)),
        "moments": [
            {
                "shares": [round(float(value), 4) for value in one.probabilities],
                "words": [charts.percentage(float(value)) for value in one.probabilities],
                "digit": one.digit,
                "drawn": f"{one.share:.0%} drawn, {many(one.strokes, 'stroke')}",
            }
            for one in found
        ],
    }
