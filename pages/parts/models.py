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
    card = library.card(name)
    st.caption(
        f"Reads {card.test_accuracy:.2%} of MNIST's 10,000 test digits right, with {card.parameters:,} parameters "
        f"trained for {card.epochs} epochs."
    )
    return name
