"""What leads a run from one state to the next: decided by what the run is, without a database.

Each gives the columns of the run's row that change; none if what was asked, or told, makes no difference to it.
"""

import time
from typing import Any

from core.run import Run, State

MOST_DEATHS = 3

Change = dict[str, Any]  # new values of a run's columns

# A trainer has to make the model, which takes seconds.
_TO_BE_KEPT: Change = {"state": State.QUEUED, "first": True}


def ended(state: State) -> Change:
    """Its one end, now."""
    return {"state": state, "ended": time.time()}


def unreadable() -> Change:
    """The end of a row that holds no run."""
    return ended(State.FAILED) | {"reason": "It was damaged, or another version of Digit Lab wrote it"}


def claimed(attempt: int) -> Change:
    """A trainer begins this attempt."""
    return {"state": State.RUNNING, "attempt": attempt, "started": time.time(), "first": False, "made_way": None}


def stop(run: Run, keep: bool) -> Change:
    """Somebody ends it: a running one as soon as its trainer looks, any other at once.

    Args:
        run: As it is.
        keep: With a model of what was learned so far. What has not begun to learn is just stopped.
    """
    if run.state.ended or (keep and run.stop_requested):
        return {}
    asked = _asked(run, stop="keep" if keep else "discard", pause=False)
    if run.state == State.RUNNING:
        return asked
    if keep and run.attempt:
        return asked | _TO_BE_KEPT
    return asked | ended(State.STOPPED)


def pause(run: Run) -> Change:
    """Somebody puts it aside; a running one as soon as its trainer looks."""
    if run.stop_requested or run.state not in (State.QUEUED, State.RUNNING):
        return {}
    aside = {"state": State.PAUSED} if run.state == State.QUEUED else {}
    return _asked(run, pause=True) | aside


def resume(run: Run) -> Change:
    """Somebody lets it go on."""
    if run.state not in (State.PAUSED, State.RUNNING):
        return {}
    again = {"state": State.QUEUED} if run.state == State.PAUSED else {}
    return _asked(run, pause=False) | again


def ask(run: Run, **wishes: object) -> Change:
    """Somebody wants it to go on otherwise: fields of `Control`, of which None leaves one as it is."""
    made = {name: wish for name, wish in wishes.items() if wish is not None}
    return {} if run.state.ended else _asked(run, **made)


def put_aside(run: Run, attempt: int, made_way: bool) -> Change:
    """Its trainer has put it aside, because it was asked to pause or, else, to make way for others."""
    if (run.state, run.attempt) != (State.RUNNING, attempt):
        return {}
    if run.control.stop == "discard":  # or go on, or keep: people may have asked for it in the meantime
        return ended(State.STOPPED)
    if run.control.stop == "keep":
        return _TO_BE_KEPT
    if run.control.pause:
        return {"state": State.PAUSED}
    return {"state": State.QUEUED, "made_way": time.time() if made_way else None}


def lose(run: Run, attempt: int, reason: str, blame: bool) -> Change:
    """Its trainer is gone: it is tried again, unless it was to be thrown away or is to blame once too often."""
    if (run.state, run.attempt) != (State.RUNNING, attempt):
        return {}
    deaths = run.deaths + blame
    if run.control.stop == "discard":
        return ended(State.STOPPED)
    if blame and deaths >= MOST_DEATHS:
        return ended(State.FAILED) | {"reason": f"{reason} {MOST_DEATHS} times", "deaths": deaths}
    return {"state": State.QUEUED, "reason": reason, "deaths": deaths, "first": True}


def _asked(run: Run, **wishes: object) -> Change:
    return {"control": run.control.model_copy(update=wishes).model_dump_json()}
