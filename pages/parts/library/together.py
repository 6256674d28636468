"""Several models side by side: reading one drawing, their scores and costs, where they disagree."""

import streamlit as st

from core import library
from pages.parts import address, models
from pages.parts.evaluation import answers, divided, reading, table

MOST = 6
FIRST = ("reader", "simple-cnn", "first-network", "ten-lines")  # until somebody chooses


def show() -> None:
    """Ask for the models, then everything that can be said of them together."""
    st.html(answers.STYLE)
    known = library.names()
    if not known:
        st.info(models.NONE_YET)
        return
    names = _choose(known)
    if not names:
        st.info("Choose the models to set side by side.", icon=":material/touch_app:")
        return
    reading.show(names)
    st.subheader("Scores and costs", anchor=False)
    table.show(names)
    if len(names) < 2:
        st.info("Choose a second model to see where the two disagree.")
        return
    evaluated = {name: found for name in names if (found := answers.ask(name)) is not None}
    if len(evaluated) > 1:
        st.subheader("Where they disagree", anchor=False)
        divided.show(evaluated)
        st.subheader("Better, or lucky?", anchor=False)
        divided.pair(evaluated)


def _choose(known: list[str]) -> list[str]:
    """The box of models; its choice lives in the URL (`?models=name,name`)."""
    if "models" in st.query_params:
        asked = [name for name in dict.fromkeys(st.query_params["models"].split(",")) if name]
    else:
        asked = [name for name in FIRST if name in known] or known[:MOST]
    there = [name for name in asked if name in known]
    address.miss(len(asked) - len(there), "model", "library")
    if len(there) > MOST:
        st.warning(f"At most {MOST} models fit side by side; the first {MOST} of this link are shown.")
    chosen = there[:MOST]
    if st.session_state.get("together") != chosen:
        st.session_state["together"] = chosen
    return st.multiselect(
        "Models", known, key="together", max_selections=MOST, select_all=False, on_change=_keep, wrap=True,
        placeholder="Choose models",
    )  # fmt: skip


def _keep() -> None:
    st.query_params["models"] = ",".join(st.session_state["together"])
