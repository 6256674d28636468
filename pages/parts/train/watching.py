"""What runs have told, read once for all who watch, and how often a page may look."""

import threading
import time
from collections import OrderedDict

from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.history import History
from core.run import Run, State
from core.runs import ledger

LOOK_EVERY = 0.3  # seconds between two looks of a page
LOOK_FIRST = 0.1  # as long as a run that goes on has told nothing: everybody waits for the first point
AT_EASE = 4  # pages that may look so often; more look less often, so that all together cost the same
GONE_AFTER = 15  # seconds without a look
MOST_EVENTS = 20_000  # kept in memory, 3 kB each; what runs told that nobody looked at for longest is read anew
A_RUN = 100  # events that the keeping of a run counts as, however few it told

_looked: dict[str, float] = {}  # by tab: seconds, monotonic
_kept: OrderedDict[tuple[str, int], tuple[History, threading.Lock]] = OrderedDict()  # by run and attempt, latest last
_keeping = threading.Lock()


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
    key = run.id, run.attempt
    with _keeping:
        history, lock = _kept.setdefault(key, (History(*key), threading.Lock()))
        _kept.move_to_end(key)
        _forget()
    with lock:
        history.hear(ledger().events(run.id, after=history.seq))
    return history


def _forget() -> None:
    """Keep what fits, beginning with what was looked at last; that one always."""
    left = MOST_EVENTS
    for key, (history, _) in reversed(list(_kept.items())):
        if left <= 0:
            del _kept[key]
        left -= A_RUN + len(history.progress)


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
