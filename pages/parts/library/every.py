"""Every saved model: what it is and can, whose it is; rename, delete, download, and bring one from elsewhere."""

from pathlib import Path

import streamlit as st

from core import library
from pages.parts import models
from pages.parts.library import details, overview, upload

PARTS = Path(__file__).parent


def show() -> None:
    """The view "All models"."""
    st.html(PARTS / "library.css")
    described = library.described()
    if described:
        overview.show(described)
        st.subheader("Download or change one", anchor=False)
    name = models.choose(about="full")
    if name is None:
        st.info("There is no model yet. Train one, or upload one below.")
        st.page_link("train.py", label="Train a network", icon=":material/add:")
    else:
        details.show(name)
    upload.show()
