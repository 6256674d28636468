"""The saved models: all of them, one looked into, several side by side, and how much they bear."""

import streamlit as st

from pages.parts import models_library, models_one, models_robust, models_together

VIEWS = {
    "All models": models_library.show,
    "One model": models_one.show,
    "Side by side": models_together.show,
    "Robustness": models_robust.show,
}

st.title("Models", anchor=False)
view = st.segmented_control(
    "View", VIEWS, default="All models", required=True, key="view", bind="query-params", label_visibility="collapsed"
)
VIEWS[view]()
