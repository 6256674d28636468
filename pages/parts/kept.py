"""What a tab keeps, and tells again after it was loaded anew: its drawing, and the network its visitor made."""

from pathlib import Path

import streamlit as st

from pages.parts import ink_pad
from pages.parts.train import recipe_form

KEY = "kept"

_tab = st.components.v2.component(
    "digit_lab_kept", js=Path(__file__).with_suffix(".js").read_text("utf-8"), html="<span></span>"
)


def bring_back() -> None:
    """On any page, have the tab keep what this session has, or ask for what it kept."""
    _tab(
        key=KEY,
        data={"untouched": ink_pad.board().untouched, "network": recipe_form.made()},
        on_drawing_change=lambda: ink_pad.bring_back(st.session_state[KEY].drawing),
        on_network_change=lambda: recipe_form.bring_back(st.session_state[KEY].network),
    )
