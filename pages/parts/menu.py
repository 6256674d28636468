"""The menu of a phone, which makes way for the page that was chosen."""

from pathlib import Path

import streamlit as st

_menu = st.components.v2.component(
    "digit_lab_menu", js=Path(__file__).with_suffix(".js").read_text("utf-8"), html="<span></span>"
)


def close_when_chosen() -> None:
    """On any page, have a choice in the menu show the page it is for."""
    _menu(key="menu")
