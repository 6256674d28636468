"""What runs have told, read once for all who watch, and how often a page may look."""

import threading
import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.history import History
from core.run import Run, State
from core.runs import ledger

LOOK_EVERY = 0.3  # seconds between two looks of a page
LOOK_FIRST = 0.1  # as long as a run that goes on has told nothing: everybody waits for the first point
AT_EASE = 4  # pages that may look so often; more look less often, so that all together cost the same
GONE_AFTER = 15  # seconds without a look

_looked: dict[str, float] = {}  # by tab: seconds, monotonic


def pace(run: Run) -> float:
    """Seconds until this tab should look at a run again, by how many are watching just now."""
    context, now = get_script_run_ctx(), time.monotonic()
    _looked[context.session_id if context else ""] = now
    for tab, seen in list(_looked.items()):
        if now - seen > GONE_AFTER:
            _looked.pop(tab, None)
    silent = run.state == State.RUNNING and not run.uploaded and catch_up(run).now is None
    return (LOOK_FIRST if silent else LOOK_EVERY) * max(1.0, len(_looked) / AT_EASE)


def catch_up(run: Run) -> History:
    """Everything the run has told by now; the same object for everybody."""
    history, lock = _kept(run.id, run.attempt)
    with lock:
        history.hear(ledger().events(run.id, after=history.seq))
    return history


@st.cache_resource(max_entries=200, show_spinner=False)
def _kept(run_id: str, attempt: int) -> tuple[History, threading.Lock]:
    return History(run_id, attempt), threading.Lock()


def images_in_all(run: Run, history: History) -> int:
    """What the run will have trained on at its end, as far as one can say by now; what it has, if it is over."""
    now = history.now
    told = 0 if now is None else now.images if run.state.ended else now.images_in_all
    return told or run.recipe.epochs * run.recipe.fitted_images


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"
