"""Choosing a saved model, and opening it once for everybody."""

from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from core import library

_MISSING, _DELETED = "missing-model", "deleted-model"

load = st.cache_resource(max_entries=32, show_spinner=False)(library.load)


def choose(*, about: bool = True) -> str | None:
    """The select box "Model"; its choice is in the URL (`?model=`). None if there is no model.

    Args:
        about: Say its scores and what it was trained on, too.
    """
    described, damaged = library.contents()
    known = list(described)
    for name, fault in damaged.items():
        st.warning(f"The model {name} is set aside: {fault}. Restore its folder in trained_models, or train it again.")
    if not known:
        return None
    first = known.index(library.default_name(described))
    if _asked_for_a_missing_one(known, known[first]):
        st.session_state["model"], first = known[first], 0  # Streamlit wants one default, not two
    name = st.selectbox(
        "Model", known, first, key="model", bind="query-params",
        on_change=_forget_what_is_missing, help="One of the trained networks; the Models page tells more of each.",
    )  # fmt: skip
    if not about:
        return name
    with suppress(FileNotFoundError, library.DamagedBundle):  # somebody deleted it just now; the next rerun knows
        st.caption(in_words(library.card(name)))
    return name


def deleted(name: str) -> None:
    """Say that this tab just deleted a model: nobody needs to tell it that it is gone."""
    st.session_state[_DELETED] = name


def _asked_for_a_missing_one(known: Sequence[str], instead: str) -> bool:
    """Whether a link or this tab asks for a model that is not here; until another is asked for, a sentence says so."""
    asked = [name for name in (st.query_params.get("model"), st.session_state.get("model")) if name is not None]
    missing = [name for name in asked if name not in known]
    if missing and missing[0] != st.session_state.get(_DELETED):
        st.session_state[_MISSING] = str(missing[0])
    elif asked and asked[0] != instead:
        _forget_what_is_missing()
    if _MISSING in st.session_state:
        name = "".join(
            character for character in st.session_state[_MISSING][:80] if character.isalnum() or character in "-"
        )
        st.warning(f"There is no model named {name} here, or not any more. Choose another.")
    return bool(missing)


def _forget_what_is_missing() -> None:
    st.session_state.pop(_MISSING, None)


def in_words(card: library.Card) -> str:
    """Both scores of a card and what they were measured on, in Markdown."""
    drawn = (
        f"and **{card.drawn.accuracy:.2%}** of {card.drawn.count:,} digits drawn with a pen by {card.drawn.whose}"
        if card.drawn is not None
        else "right; on drawn digits it was not measured, for there was no file of them"
    )
    times = ", ".join(f"{level} after {seconds:.1f} s" for level, seconds in card.seconds_to.items())
    reached = f" Its validation accuracy was {times}." if times else ""
    epochs = ", 1 epoch" if card.epochs == 1 else f", {card.epochs} epochs" if card.epochs else ""
    remarks = "".join(f" {remark}" for remark in card.remarks)
    return (
        f"Reads **{card.test_accuracy:.2%}** of MNIST's 10,000 test digits {drawn}.  \n"
        f"{card.parameters:,} parameters{epochs}, trained on {card.trained_on}.{reached}{remarks}"
    )
