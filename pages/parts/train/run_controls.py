"""What one can ask of a run: pause, stop, slow motion, another learning rate; and what comes after it."""

import time

import streamlit as st

from core.history import History
from core.recipe import RISING_FROM, Recipe
from core.run import Run, State
from core.runs import Refused, ledger
from pages.parts.train.run_options import SLOW
from pages.parts.visitor import may_control, visitor

RATES = {"÷10": 0.1, "÷2": 0.5, "x2": 2.0, "x10": 10.0}
LOWEST_RATE, HIGHEST_RATE = 1e-6, 10.0
ONE_CLICK = 5  # seconds within which a busy server may hear of the second half of a double click


def stop_and_pause(run: Run) -> None:
    """The buttons beside the progress bar."""
    if not may_control(run.owner):
        return
    over = run.stop_requested
    if run.state == State.PAUSED or run.control.pause:
        st.button(
            "Go on", icon=":material/play_arrow:", key="go-on", on_click=ledger().resume, args=(run.id,), disabled=over
        )
    else:
        st.button(
            "Pause", icon=":material/pause:", key="pause", on_click=ledger().request_pause, args=(run.id,),
            disabled=over, help="The run stands still, and its trainer is free for others.",
        )  # fmt: skip
    if not run.attempt:
        st.button("Stop", icon=":material/stop:", key="stop", on_click=ledger().request_stop, args=(run.id,))
        return
    with st.popover("Stop", icon=":material/stop:", disabled=over and run.control.stop == "discard"):
        _stop(run, "Keep what it learned", keep=True)
        _stop(run, "Throw it away", keep=False)


def _stop(run: Run, label: str, keep: bool) -> None:
    st.button(
        label, key=f"stop-{'keep' if keep else 'discard'}", width="stretch",
        on_click=ledger().request_stop, args=(run.id, keep),
    )  # fmt: skip


def tune(run: Run) -> None:
    """Slow motion and the learning rate; they keep their place while it cannot be changed."""
    if not may_control(run.owner):
        return
    key = f"slow-{run.id}"
    if st.session_state.get(key) != run.control.slow:  # the first time, or another tab asked for it
        st.session_state[key] = run.control.slow
    still = run.state != State.RUNNING or run.control.pause or run.stop_requested
    with st.container(horizontal=True, vertical_alignment="center", key="tune"):
        st.toggle("Slow motion", key=key, on_change=_slow, args=(run.id,), help=SLOW, disabled=still)
        if run.recipe.schedule == "constant":
            now = run.control.learning_rate or run.recipe.learning_rate
            st.markdown(f"Learning rate **{now:g}**", width="content")
            for label, factor in RATES.items():
                wanted = float(f"{now * factor:.3g}")
                # The rate is part of the key: a click that Streamlit delivers twice meets another button.
                st.button(
                    label, key=f"rate-{label}-{now:g}", on_click=_rate, args=(run.id, wanted),
                    disabled=still or not LOWEST_RATE <= wanted <= HIGHEST_RATE,
                )  # fmt: skip


def _slow(run_id: str) -> None:
    ledger().ask(run_id, slow=st.session_state[f"slow-{run_id}"])


def _rate(run_id: str, wanted: float) -> None:
    ledger().ask(run_id, learning_rate=min(max(wanted, LOWEST_RATE), HIGHEST_RATE))


def train_on(run: Run, history: History) -> None:
    """Go on from a run's model: one epoch more, or several."""
    if run.model is None:
        return
    rate = history.changes[-1].learning_rate if history.changes else run.recipe.learning_rate
    if run.recipe.schedule == "one-cycle":  # which ended at nothing; its largest rate would undo what it learned
        rate = float(f"{rate * RISING_FROM:.3g}") or LOWEST_RATE
    more = run.recipe.with_changes(
        epochs=1, seconds=0, patience=0, averaged_epochs=0, schedule="constant", learning_rate=rate,
        seed=(run.recipe.seed + 1) % 2**31,  # another order of the images, and other changes of them
    )  # fmt: skip
    if st.button("One more epoch", icon=":material/exposure_plus_1:", key="one-more"):
        begin(more, run.title, start=run.model, probe=run.probe)
    with st.popover("Train on", icon=":material/fast_forward:"):
        done = history.epochs[-1].epoch if history.epochs else 1
        epochs = st.number_input("Further epochs", 1, 200, done, key=f"further-{run.id}")
        rate = st.number_input(
            "Learning rate", min(LOWEST_RATE, rate), HIGHEST_RATE, rate, step=1e-3, format="%g",
            key=f"further-rate-{run.id}",
        )  # fmt: skip
        if st.button("Start", key="further-start", type="primary"):
            begin(more.with_changes(epochs=epochs, learning_rate=rate), run.title, start=run.model, probe=run.probe)


def begin(
    recipe: Recipe,
    title: str,
    *,
    start: str | None = None,
    probe: str | None = None,
    slow: bool = False,
    instead_of: Run | None = None,
) -> None:
    """Put a recipe into the queue, once for a double click, and go to its run; or say why that cannot be.

    Args:
        recipe: What to train.
        title: Its name on the page.
        start: The model to begin with.
        probe: A digit to follow.
        slow: Begin in slow motion.
        instead_of: A run that goes on, to be stopped for this one.
    """
    asked = recipe, title, start, probe
    if run_id := _begun_just_now(asked):
        _go_to(run_id)
    if instead_of and instead_of.state != State.RUNNING:
        ledger().request_stop(instead_of.id)  # its place among those that wait may be the one this needs
    try:
        run_id = ledger().submit(recipe, title, visitor(), start=start, probe=probe)
    except Refused as error:
        st.toast(str(error), icon=":material/hourglass_top:", duration="long")  # outlasts a live page's next look
        return
    st.session_state["begun"] = asked, run_id, time.monotonic()
    if slow:
        ledger().ask(run_id, slow=True)
    if instead_of:
        ledger().request_stop(instead_of.id)
    _go_to(run_id)


def _begun_just_now(asked: object) -> str | None:
    """The run that this tab began a moment ago by asking for the same, if it still goes on."""
    before, run_id, when = st.session_state.get("begun", (None, "", 0.0))
    if before != asked or time.monotonic() - when > ONE_CLICK:
        return None
    run = ledger().get(run_id)
    return None if run is None or run.state.ended else run.id


def _go_to(run_id: str) -> None:
    st.query_params["run"] = run_id
    st.rerun(scope="app")
