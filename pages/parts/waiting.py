"""Waiting for long work that is done once for everybody: a bar that moves, on a page that can be left."""

import time
from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from core.errands import Errand, Report, errands

LOOK_EVERY = 0.4  # seconds


def wait_for(what: str, key: Hashable, work: Callable[[Report], Any]) -> Any:
    """The result of `work`; None while it goes on, with its progress on the page, which then shows itself anew.

    Also None if it failed: then the page says so, and asks whether to try again.
    """
    errand = errands.ask(key, work)
    if errand.error is not None:
        st.error(f"{what}: that failed ({errand.error}).", icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", key="try-again", on_click=errands.try_again, args=(key,))
        return None
    if errand.done:
        return errand.result
    st.fragment(_progress, run_every=LOOK_EVERY)(what, errand)
    return None


def _progress(what: str, errand: Errand) -> None:
    if errand.done or errand.left_out:
        st.rerun()
    errand.asked_at = time.monotonic()
    st.progress(errand.share, f"{what}, once for everybody. You may leave; it goes on.")
