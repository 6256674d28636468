"""What a tab keeps, and tells every new session of it: its drawing, and the network its visitor made."""

from datetime import timedelta
from pathlib import Path
from secrets import token_hex

import streamlit as st

from pages.parts import ink_pad
from pages.parts.train import recipe_form

KEY = "kept"

_tab = st.components.v2.component(
    "digit_lab_kept", js=Path(__file__).with_suffix(".js").read_text("utf-8"), html="<span></span>"
)


def bring_back(page: str) -> None:
    """On any page, have the tab keep what this session has, or ask for what it kept.

    Args:
        page: Its name. Every page asks: what a tab tells while its page is left, Streamlit forgets.
    """
    _ask_again()
    session = st.session_state.setdefault("session", token_hex(4))
    _tab(
        key=KEY,
        data={"asks": [session, page], "untouched": ink_pad.board().untouched, "network": recipe_form.made()},
        on_drawing_change=lambda: ink_pad.bring_back(_told("drawing")),
        on_network_change=lambda: recipe_form.bring_back(_told("network")),
    )


def _told(what: str) -> object:
    """What the tab kept; None if it told while its page was left."""
    return st.session_state[KEY][what] if KEY in st.session_state else None


@st.fragment(run_every=timedelta(days=1))
def _ask_again() -> None:
    """Do nothing. A page that runs by itself asks for a new run when its connection is back; on any other, fragments
    would go on asking a session that the server has forgotten, and nobody would answer a stroke."""
