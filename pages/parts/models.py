"""Choosing a saved model, and opening it once for everybody."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core import library
from core.bundle import Card
from core.model import Model
from core.words import many

About = Literal["nothing", "short", "full"]
KEY = "model"
NONE_YET = "There is no model yet. Train one on the Train page."
_MISSING, _DELETED = "missing-model", "deleted-model"


def load(name: str) -> Model:
    """A saved model, opened once for everybody; errors as `library.load`."""
    return _load(name, library.card(name).fingerprint)


@st.cache_resource(max_entries=32, show_spinner=False)
def _load(name: str, fingerprint: str) -> Model:
    return library.load(name)


def choose(*, about: About = "short") -> str | None:
    """The select box "Model", the best first; its choice is in the URL (`?model=`). None if there is no model.

    Args:
        about: Its scores in a line with a link to more, everything, or nothing.
    """
    described, damaged = library.contents()
    for name, fault in damaged.items():
        st.warning(f"The model {name} is set aside: {fault}. Restore its folder in trained_models, or train it again.")
    if not described:
        return None
    cards = {name: card for name, (card, _) in described.items()}
    known = sorted(cards, key=lambda name: _score(cards[name]), reverse=True)
    first = _heed_address(known, library.default_name(described))
    name = st.selectbox(
        "Model", known, first, key=KEY, format_func=lambda name: _with_score(name, cards[name]), on_change=_chosen,
        help="One of the trained networks; the Models page tells more of each.",
    )  # fmt: skip
    if about == "full":
        st.caption(in_words(cards[name]))
    elif about == "short":
        _in_short(name, cards[name])
    return name


def _score(card: Card) -> tuple[float, float]:
    """On drawn digits, on MNIST's; the first is 0 where it was not measured."""
    return (card.drawn.accuracy if card.drawn else 0, card.test_accuracy)


def _with_score(name: str, card: Card) -> str:
    if card.drawn:
        return f"{name} · reads {card.drawn.accuracy:.1%} of drawn digits"
    return f"{name} · reads {card.test_accuracy:.1%} of MNIST's digits"


def _in_short(name: str, card: Card) -> None:
    drawn = f", **{card.drawn.accuracy:.2%}** of drawn ones" if card.drawn else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="model-in-short"):
        st.caption(f"Reads **{card.test_accuracy:.2%}** of MNIST's test digits{drawn}.", width="content")
        st.page_link("models.py", label="More", query_params={"view": "One model", "model": name})


def deleted(name: str) -> None:
    """Say that this tab just deleted a model: nobody needs to tell it that it is gone."""
    st.session_state[_DELETED] = name


def _heed_address(known: Sequence[str], instead: str) -> int:
    """Have the box show what the address asks for, else what this tab chose, else `instead`; returns its default.

    The address is kept by hand: Streamlit would write a model's score into it, too. If a link or this tab asks for a
    model that is not here, a sentence says so until another is asked for.
    """
    asked = [name for name in (st.query_params.get("model"), st.session_state.get(KEY)) if name is not None]
    missing = [name for name in asked if name not in known]
    if missing:
        st.query_params.pop("model", None)
        if missing[0] != st.session_state.get(_DELETED):
            st.session_state[_MISSING] = str(missing[0])
    elif asked and asked[0] != instead:
        _forget_what_is_missing()
    wanted = asked[0] if asked and not missing else instead
    first = known.index(wanted)  # of a box on another page, too
    if st.session_state.get(KEY, wanted) != wanted:
        st.session_state[KEY], first = wanted, 0  # Streamlit wants one default, not two
    if _MISSING in st.session_state:
        name = "".join(
            character for character in st.session_state[_MISSING][:80] if character.isalnum() or character in "-"
        )
        st.warning(f"There is no model named {name} here, or not any more. Choose another.")
    return first


def _chosen() -> None:
    st.query_params["model"] = st.session_state[KEY]
    _forget_what_is_missing()


def _forget_what_is_missing() -> None:
    st.session_state.pop(_MISSING, None)


def in_words(card: Card) -> str:
    """Both scores of a card and what they were measured on, in Markdown."""
    drawn = (
        f"and **{card.drawn.accuracy:.2%}** of {card.drawn.count:,} digits drawn with a pen by {card.drawn.whose}"
        if card.drawn is not None
        else "right; on drawn digits it was not measured, for there was no file of them"
    )
    times = ", ".join(f"{level} after {seconds:.1f} s" for level, seconds in card.seconds_to.items())
    reached = f" Its validation accuracy was {times}." if times else ""
    epochs = f", {many(card.epochs, 'epoch')}" if card.epochs else ""
    remarks = "".join(f" {remark}" for remark in card.remarks)
    return (
        f"Reads **{card.test_accuracy:.2%}** of MNIST's 10,000 test digits {drawn}.  \n"
        f"{card.parameters:,} parameters{epochs}, trained on {card.trained_on}.{reached}{remarks}"
    )
