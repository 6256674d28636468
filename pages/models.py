"""The saved models: all of them, one looked into, several side by side, and how much they bear."""

import streamlit as st

from pages.parts.library import every, one, robust, together

VIEWS = {
    "All models": every.show,
    "One model": one.show,
    "Side by side": together.show,
    "Robustness": robust.show,
}

st.title("Models", anchor=False)
view = st.segmented_control(
    "View", VIEWS, default="All models", required=True, key="view", bind="query-params", label_visibility="collapsed"
)
VIEWS[view]()
