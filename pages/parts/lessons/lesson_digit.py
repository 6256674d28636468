"""What the lessons on a network's inside look at: the visitor's digit, and the weights of a small network."""

from pathlib import Path

import streamlit as st

from core import library
from core.bundle import Card
from core.lessons.simple_cnn import Weights
from pages.parts import subject
from pages.parts.subject import Subject

NETWORK = "simple-cnn"
_OWN = "lesson-digit-own"  # the digit that a lesson set, until somebody chooses another


def choose(first: int = 0) -> Subject | None:
    """The digit of a lesson, asked for in one line; None, with a hint, while nothing is drawn.

    Args:
        first: The test digit until somebody chooses, whichever another lesson began with.
    """
    shown = st.session_state.get("digit", st.query_params.get("digit"))
    if shown is None or shown == st.session_state.get(_OWN):
        st.session_state["digit"] = st.session_state[_OWN] = first
    else:
        st.session_state.pop(_OWN, None)
    with st.container(horizontal=True, vertical_alignment="bottom", key="lesson-digit"):
        return subject.choose()


def weights() -> Weights | None:
    """The weights of `NETWORK`; None, with a sentence, if the library does not have it any more."""
    about = card(NETWORK)
    return None if about is None else _weights(NETWORK, about.fingerprint)


@st.cache_resource(max_entries=1, show_spinner=False)
def _weights(name: str, fingerprint: str) -> Weights:
    return library.network_weights(name)


def card(name: str) -> Card | None:
    """A shipped model's card; None, with a sentence, if the library does not have it any more."""
    try:
        library.file(name, "weights.safetensors")
        return library.card(name)
    except (FileNotFoundError, ValueError) as error:
        st.warning(f"This lesson looks at the model {name}, which cannot be opened: {error} Restore its folder.")
        return None


def styles() -> None:
    """The look of these lessons."""
    st.html(Path(__file__).parent / "lessons.css")
