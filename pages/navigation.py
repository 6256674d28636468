"""The router: every page and its title."""

from pathlib import Path

import streamlit as st

from pages.parts import address, join, kept, menu

PARTS = Path(__file__).parent / "parts"

# Without icons: Streamlit would have every visitor's browser fetch them from the internet, for the tab.
page = st.navigation(
    [
        st.Page("draw.py", title="Draw", default=True),
        st.Page("train.py", title="Train"),
        st.Page("compare.py", title="Compare"),
        st.Page("models.py", title="Models"),
        st.Page("inside.py", title="Inside"),
        st.Page("digits.py", title="Digits"),
        st.Page("learn.py", title="Learn"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} - Digit Lab", page_icon=str(PARTS / "icon.svg"), layout="wide")
st.logo(PARTS / "logo.svg", size="large")
st.html(PARTS / "style.css")
address.tidy()
page.run()
kept.bring_back(page.title)
menu.close_when_chosen()
join.offer()
