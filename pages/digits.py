"""Browse the 70,000 digits of MNIST: twenty at a time, one as numbers, the split, the ten classes."""

from pathlib import Path

import streamlit as st

from pages.parts import digits_browse, digits_classes, digits_split

VIEWS = {
    "Browse": digits_browse.show,
    "Classes": digits_classes.show,
    "Split": digits_split.show,
}

st.title("The digits", anchor=False)
st.html(Path(__file__).parent / "parts" / "digits.css")
view = st.segmented_control(
    "View", VIEWS, default="Browse", required=True, key="digits-view", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view]()
