"""How much models bear: digits disturbed more and more, and the accuracy of several models on them."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from threading import Lock

import numpy as np
import pandas as pd
import streamlit as st

from core import charts, library, mnist, robustness
from core.charts.robust import accuracy_curves
from core.robustness import DISTURBANCES, PIECE, Disturbance
from core.scoring import interval
from pages.parts import address, models, subject
from pages.parts.answer import data_url
from pages.parts.library import shuffled
from pages.parts.library.together import FIRST, MOST
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers

COUNTS = (200, 500, 1000)  # test digits
CURVES_HEIGHT = 420  # pixels

Piece = tuple[str, str, int, int]  # the model's fingerprint, disturbance, place of the strength, number of the piece
_one_at_a_time = Lock()  # the other core stays free for everybody's pages


@st.cache_resource(show_spinner=False)
def _counted() -> dict[Piece, int]:
    """How many digits of each piece were read right, for everybody and as long as the server runs."""
    return {}


def show() -> None:
    """The choice, one digit at every strength, the curves; for shuffled pixels what training on them does."""
    st.html(Path(__file__).parent / "robust.css")
    known = library.names()
    if not known:
        st.info(models.NONE_YET)
        return
    names, key, count = _choose(known)
    disturbance = DISTURBANCES[key]
    st.markdown(disturbance.about)
    _one_digit(names, disturbance)
    if not names:
        st.info("Choose the models to compare.", icon=":material/touch_app:")
        return
    _curves(names, key, count)
    if key == "shuffled":
        shuffled.show()


def _choose(known: list[str]) -> tuple[list[str], str, int]:
    asked = st.query_params.get_all("robust-models")
    address.miss(len([name for name in asked if name not in known]), "model", "library")
    usual = [name for name in FIRST if name in known] or known[:MOST]
    names = st.multiselect(
        "Models", known, usual, key="robust-models", bind="query-params", max_selections=MOST,
        select_all=False, placeholder="Choose models",
    )  # fmt: skip
    if len(set(asked) & set(known)) > MOST:
        st.warning(f"At most {MOST} models fit together; the first {MOST} of this link are shown.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        key = st.pills(
            "Disturbance", DISTURBANCES, format_func=lambda key: DISTURBANCES[key].title, default="shift",
            required=True, key="robust-by", bind="query-params", wrap=True,
        )  # fmt: skip
        count = st.segmented_control(
            "Test digits", COUNTS, default=500, required=True, key="robust-digits", bind="query-params",
            help="More digits take longer, and make the 95% interval narrower.",
        )  # fmt: skip
    return names[:MOST], key, count


def _one_digit(names: Sequence[str], disturbance: Disturbance) -> None:
    """A digit at every strength, and what each model reads; what differs from the undisturbed answer is marked."""
    st.subheader("One digit", anchor=False)
    chosen = subject.choose(key="models-digit")
    if chosen is None:
        return
    images = [disturbance.apply(chosen.picture[None], strength, 0)[0] for strength in disturbance.strengths]
    heads = "".join(
        f'<td><img alt="" src="{data_url(image)}">{disturbance.label(strength)}</td>'
        for image, strength in zip(images, disturbance.strengths, strict=True)
    )
    none = disturbance.strengths.index(disturbance.none)
    rows = "".join(_answers(name, np.stack(images), none) for name in names)
    st.html(
        f'<div class="dl-robust" tabindex="0" role="group" aria-label="The digit at every strength"><table>'
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
    st.caption("What each model reads, and how sure it is. Marked: another digit than without the disturbance.")


def _answers(name: str, images: robustness.Images, none: int) -> str:
    probabilities = models.load(name).predict(images)
    best = probabilities.argmax(1)
    cells = "".join(
        f"<td>{'<mark>' if digit != best[none] else '<span>'}{digit}{'</mark>' if digit != best[none] else '</span>'}"
        f"<small>{charts.percentage(float(answer[digit]))}</small></td>"
        for digit, answer in zip(best.tolist(), probabilities, strict=True)
    )
    return f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'


def _curves(names: Sequence[str], key: str, count: int) -> None:
    st.subheader(f"Accuracy on the first {count:,} test digits", anchor=False)
    disturbance = DISTURBANCES[key]
    chart = st.empty()
    rights: dict[str, list[int]] = {name: [] for name in names}
    quick_first = sorted(names, key=lambda name: (library.recipe(name).glances, library.recipe(name).convolutional))
    for place, name in enumerate(quick_first):
        rights[name], waited = _read(name, key, count, place / len(names), 1 / len(names))
        if waited and name != quick_first[-1]:
            with chart.container():  # what is known so far; a chart of another key, for keys are used once a run
                _chart(disturbance, rights, count, f"robust-after-{place}")
    with chart.container():
        _chart(disturbance, rights, count, "robust-curves")
        st.caption(
            f"Share of the first {count:,} of MNIST's test digits that each model reads right; thin bars are 95% "
            "intervals (Wilson's). Every model is given the same images."
        )
        numbers(_table(disturbance, rights, count))


def _read(name: str, key: str, count: int, done: float, share: float) -> tuple[list[int], bool]:
    """How many of the first digits a model reads right at each strength, and whether that had to be found out.

    It is found out in pieces of a fifth of a second at most, one at a time in the whole server; between them a visitor
    can leave, and what was read stays.
    """
    disturbance, known, progress = DISTURBANCES[key], _counted(), st.empty()
    digits, pieces, model = mnist.digits(), count // PIECE, models.load(name)
    wanted = [
        (model.card.fingerprint, key, place, piece)
        for place in range(len(disturbance.strengths))
        for piece in range(pieces)
    ]
    missing = [piece for piece in wanted if piece not in known]
    for number, piece in enumerate(missing):
        strength = disturbance.strengths[piece[2]]
        said = f"{name} reads the digits: {disturbance.title.lower()}, {disturbance.label(strength)}"
        progress.progress(done + share * number / len(missing), said)
        with _one_at_a_time:
            if piece not in known:
                known[piece] = robustness.right(
                    model.predict, disturbance, strength, digits.x_test, digits.y_test, piece[3]
                )
    progress.empty()
    found = np.reshape([known[piece] for piece in wanted], (-1, pieces)).sum(1)
    return found.tolist(), bool(missing)


def _chart(disturbance: Disturbance, rights: dict[str, list[int]], count: int, key: str) -> None:
    worst = ", ".join(f"{name} {charts.counted(min(right) / count)}" for name, right in rights.items() if right)
    alt = f"Accuracy by {disturbance.axis}; at the worst: {worst}"
    live_chart(accuracy_curves(disturbance, rights, count), key=key, height=CURVES_HEIGHT, alt=alt)


def _table(disturbance: Disturbance, rights: dict[str, list[int]], count: int) -> pd.DataFrame:
    table = {name: [_in_words(right, count) for right in counted] for name, counted in rights.items()}
    labels = [disturbance.label(strength) for strength in disturbance.strengths]
    return pd.DataFrame(table, index=pd.Index(labels, name=disturbance.title))


def _in_words(right: int, count: int) -> str:
    low, high = interval(right, count)
    return f"{right / count:.1%} ({low:.1%} to {high:.1%})"
