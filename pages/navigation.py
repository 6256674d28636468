"""The router: every page, its title and its icon."""

from pathlib import Path

import streamlit as st

PARTS = Path(__file__).parent / "parts"

page = st.navigation(
    [
        st.Page("draw.py", title="Draw", icon=":material/draw:", default=True),
        st.Page("train.py", title="Train", icon=":material/model_training:"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} - Digit Lab", page_icon=str(PARTS / "logo.svg"), layout="wide")
st.logo(PARTS / "logo.svg", size="large")
st.html(PARTS / "style.css")
page.run()
