"""Choosing a saved model, and opening it once for everybody."""

import streamlit as st

from core import library

load = st.cache_resource(max_entries=32, show_spinner=False)(library.load)


def choose() -> str | None:
    """The select box "Model"; its choice is in the URL (`?model=`). None if there is no model."""
    known = library.names()
    for name, fault in library.damaged().items():
        st.warning(f"The model {name} is set aside: {fault}. Restore its folder in trained_models, or train it again.")
    if not known:
        return None
    name = st.selectbox(
        "Model", known, known.index(library.default_name()), key="model", bind="query-params",
        help="Which trained network reads your drawing.",
    )  # fmt: skip
    st.caption(in_words(library.card(name)))
    return name


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
