"""The little ink that would flip the answer."""

import numpy as np
import pandas as pd
import streamlit as st

from core import charts
from core.insight import Network, flip, pictures
from core.insight.flip import LENGTHS, MOST_STROKES, Flip
from core.model import Model
from pages.parts import memo
from pages.parts.answer import png_url
from pages.parts.numbers import numbers
from pages.parts.subject import Subject


def show(model: Model, network: Network, shown: Subject) -> None:
    """Two pictures: strokes drawn in, and strokes rubbed out."""
    was = int(model.predict(shown.picture[None])[0].argmax())
    with st.spinner("Trying strokes..."):
        found = memo.once("inside-flips", model, shown, lambda: flip.smallest(network, model.predict, shown.picture))
    st.markdown(
        f"The network reads {was}. **How little ink would make it read something else?** Straight strokes of growing "
        "length are tried all over the picture, drawn in or rubbed out, until the answer flips."
    )
    figures = "".join(_figure(one, how, was) for one, how in zip(found, ("drawing", "rubbing out"), strict=True))
    st.html(f'<div class="in-pair">{figures}</div>')
    if any(found):
        numbers(_table(found, shown))
    st.caption(
        "The strokes that the evidence's slopes promise most of are read by the network itself; a bent one might do "
        "with still less. A good reader needs strokes that a person would notice, too."
    )


def _figure(found: Flip | None, how: str, was: int) -> str:
    if found is None:
        return (
            f"<figure><figcaption><b>By {how}:</b> not even {MOST_STROKES} strokes of up to {LENGTHS[-1]:.0f} pixels "
            f"that were tried make it anything but {was}.</figcaption></figure>"
        )
    base = np.repeat(found.picture[..., None] * 255, 3, 2)
    strength = np.abs(found.change)[..., None]
    image = base * (1 - strength) + np.array(pictures.FOR if found.added else pictures.AGAINST) * strength
    url = png_url(pictures.png(image.round().astype(np.uint8)))
    return (
        f'<figure><img alt="The change in its place" src="{url}"><figcaption><b>'
        f"{'Draw' if found.added else 'Rub out'} {_strokes(found.lengths)}</b>, and it reads <b>{found.digit}</b>, "
        f"{charts.percentage(found.probability)}.</figcaption></figure>"
    )


def _strokes(lengths: tuple[float, ...]) -> str:
    words = [f"a stroke of {length:.0f} pixels" if length else "a dot" for length in lengths]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _table(found: tuple[Flip | None, Flip | None], shown: Subject) -> pd.DataFrame:
    whole = float(shown.picture.sum())
    return pd.DataFrame(
        {
            "Change": ["drawn in" if one.added else "rubbed out" for one in found if one],
            "Strokes, pixels long": [" + ".join(f"{length:.0f}" for length in one.lengths) for one in found if one],
            "Ink, full pixels": [f"{one.ink:.1f}" for one in found if one],
            "Share of the digit's ink": [f"{one.ink / whole:.1%}" for one in found if one],
            "Reads": [f"{one.digit}, {charts.percentage(one.probability)}" for one in found if one],
        }
    ).set_index("Change")
