"""Browse the 70,000 digits of MNIST: twenty at a time, one as numbers, the split, the ten classes."""

from pathlib import Path

import streamlit as st

from pages.parts.digits import browse, classes, split

VIEWS = {
    "Browse": browse.show,
    "Classes": classes.show,
    "Split": split.show,
}

st.title("The digits", anchor=False)
st.html(Path(__file__).parent / "parts" / "digits" / "digits.css")
view = st.segmented_control(
    "View", VIEWS, default="Browse", required=True, key="digits-view", bind="query-params",
    label_visibility="collapsed",
)  # fmt: skip
VIEWS[view]()
