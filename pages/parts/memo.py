"""What was worked out for one visitor's digit, kept until the digit or the model is another."""

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st

from core.model import Model
from pages.parts.subject import Subject

T = TypeVar("T")


def once(slot: str, model: Model, shown: Subject, make: Callable[[], T], *more: Hashable) -> T:
    """What `make` gives for this model and picture, made anew only for another one."""
    key = (model.card.fingerprint, shown.picture.tobytes(), *more)
    kept = st.session_state.get(slot)
    if kept is None or kept[0] != key:
        kept = (key, make())
        st.session_state[slot] = kept
    return kept[1]
