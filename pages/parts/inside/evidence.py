"""For and against each digit: what the ink adds to each logit, and how the logits become percentages."""

import numpy as np
import pandas as pd
import streamlit as st

from core import charts
from core.calibration import softmax
from core.charts.inside import evidence_steps, power_of_e
from core.insight import Network, pictures
from core.insight.evidence import Evidence, evidence
from core.model import Model
from pages.parts import memo
from pages.parts.answer import png_url
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers
from pages.parts.subject import Subject

STEPS_HEIGHT = 250  # pixels


def show(model: Model, network: Network, shown: Subject) -> None:
    """Ten pictures, one of them large, and its sum."""
    found = memo.once("inside-evidence", model, shown, lambda: evidence(network, shown.picture))
    shares = softmax(found.logits / np.float32(network.temperature))
    best = int(shares.argmax())
    st.markdown(
        "**Blue ink speaks for the digit above it, red ink against.** The ten pictures share one scale, so the "
        "brightest one has the strongest evidence."
    )
    most = _most(found.ink)
    _tiles(pictures.overlaid(found.ink, most, shown.picture), [charts.percentage(share) for share in shares], best)
    digit = st.segmented_control(
        "Look closer at", range(10), default=best, required=True, key=f"inside-digit-{best}", width="stretch"
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _large(found, shown, digit)
    with right:
        _sum(found, network, digit, shares)
    numbers(_table(found, network, shares), "All ten sums")
    st.subheader("Where a little ink would matter", anchor=False)
    st.markdown(
        "The slope of each digit's evidence at this very drawing: more ink on blue raises it, more ink on red lowers "
        "it. Bright places beside the strokes show how the drawing could be changed into another digit."
    )
    slopes = memo.once("inside-slopes", model, shown, lambda: network.gradient(shown.picture))
    _tiles(pictures.overlaid(slopes, _most(slopes), shown.picture), [""] * 10, best)


def _most(values: np.ndarray) -> float:
    """What is shown at full brightness: all but the most extreme two in a thousand."""
    return float(np.quantile(np.abs(values), 0.998)) or 1.0


def _tiles(images: np.ndarray, words: list[str], best: int) -> None:
    tiles = "".join(
        f"<figure{' class=in-best' if digit == best else ''}><figcaption>{digit} <span>{word}</span></figcaption>"
        f'<img alt="" src="{png_url(pictures.png(image))}"></figure>'
        for digit, (image, word) in enumerate(zip(images, words, strict=True))
    )
    st.html(f'<div class="in-tiles">{tiles}</div>')


def _large(found: Evidence, shown: Subject, digit: int) -> None:
    template = pictures.overlaid(found.template[digit], _most(found.template), shown.picture)
    st.html(
        f'<figure class="in-large"><img alt="" src="{png_url(pictures.png(template))}"><figcaption>The template of '
        f"{digit}, with the drawing over it: what a full pixel of ink is worth, pixel by pixel, on the way from an "
        "empty page to this drawing.</figcaption></figure>"
    )


def _sum(found: Evidence, network: Network, digit: int, shares: np.ndarray) -> None:
    """Number by number, from the empty page to the percentage."""
    ink = found.ink[digit]
    parts = {
        "Empty page": float(found.empty[digit]),
        "Ink for it": float(ink[ink > 0].sum()),
        "Ink against it": float(ink[ink < 0].sum()),
        "Rest": float(found.rest[digit]),
    }
    logit = float(found.logits[digit])
    said = ", ".join(f"{name.lower()} {value:+.2f}" for name, value in parts.items())
    live_chart(evidence_steps(parts), key="inside-steps", height=STEPS_HEIGHT, alt=f"{said}; together {logit:.2f}")
    scaled = found.logits.astype(np.float64) / network.temperature
    divided = (
        f"Divided by this model's temperature {network.temperature:.2f}: {scaled[digit]:.2f}.  \n"
        if network.temperature != 1
        else ""
    )
    st.markdown(
        f"{' '.join(f'{value:+.2f}' for value in parts.values())} = **{logit:.2f}**, the logit of {digit}.  \n{divided}"
        f"e to the power of it: {power_of_e(scaled[digit])}, of {power_of_e(np.logaddexp.reduce(scaled))} for all ten: "
        f"**{charts.percentage(shares[digit])}**."
    )
    st.caption("Rest: what adding up in steps misses. Method: integrated gradients (Sundararajan, Taly, Yan, 2017).")


def _table(found: Evidence, network: Network, shares: np.ndarray) -> pd.DataFrame:
    ink = found.ink.reshape(10, -1)
    columns = {
        "Empty page": found.empty,
        "Ink for": np.maximum(ink, 0).sum(1),
        "Ink against": np.minimum(ink, 0).sum(1),
        "Rest": found.rest,
        "Logit": found.logits,
    }
    table = {name: [f"{value:.2f}" for value in values] for name, values in columns.items()}
    powers = [power_of_e(value) for value in found.logits.astype(np.float64) / network.temperature]
    percent = [charts.percentage(share) for share in shares]
    return pd.DataFrame(
        {"Digit": range(10), **table, "e^(logit / temperature)": powers, "Probability": percent}
    ).set_index("Digit")
