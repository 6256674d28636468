"""One run, live: where it is, its curves, what the network makes of the digits, and its outcome."""

from contextlib import suppress
from pathlib import Path

import pandas as pd
import streamlit as st

from core import advice, estimate, library
from core.bundle import Card, DamagedBundle
from core.charts import METRICS, slow
from core.charts.curves import live_curves
from core.history import History
from core.recipe import Recipe
from core.run import Run, State
from core.runs import ledger
from core.settings import settings
from core.words import many
from pages.parts import models
from pages.parts.live_chart import live_chart
from pages.parts.train import run_code, run_controls, run_moment
from pages.parts.train.watching import catch_up, duration, images_in_all, pace
from pages.parts.visitor import may_control, plain

CURVES_HEIGHT = 320  # pixels
RUINED = ("exploding", "not-falling")  # advice on weights that are not worth going on with
EVENTS_A_THOUGHT = 10  # advice is worked out anew after so many, and after every epoch


def show(run: Run) -> None:
    """The page of a run; it moves by itself until the run has ended."""
    st.html(Path(__file__).parent / "train.css")
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(run.title, anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            if not run.uploaded:  # which tells nothing on the way
                st.page_link(
                    "compare.py", label="Compare", icon=":material/stacked_line_chart:", query_params={"runs": run.id},
                    disabled=not run.attempt,
                )  # fmt: skip
            st.page_link("train.py", label="New training", icon=":material/add:")
    _whose(run)
    if run.state.ended:
        _draw(run)
    else:
        every = pace(run)
        st.fragment(_live, run_every=every)(run.id, every, bool(run.attempt))
    run_code.show(run.recipe, run.title, _remarks(run))


def _remarks(run: Run) -> list[str]:
    """What made the run's network another than its recipe alone gives."""
    changes = catch_up(run).changes
    said = [f"Its learning rate was changed to {change.learning_rate:g} on the way." for change in changes]
    if run.uploaded:
        said.append("It was uploaded, and only measured in Digit Lab.")
    if run.start:
        said.append(f"It began with the weights of {run.start}.")
    if run.state == State.STOPPED:
        said.append("It was stopped before its end.")
    return said


def _whose(run: Run) -> None:
    name = ledger().name(run.owner) if run.owner else ""
    facts = [f"by {plain(name)}"] if name else []
    if run.uploaded:
        facts.append("uploaded: it is built and measured here, and not trained")
    if run.start:
        facts.append(f"begins with the weights of {run.start}")
    if facts:
        st.caption(" · ".join(facts))


def _live(run_id: str, every: float, begun: bool) -> None:
    run = ledger().get(run_id)
    if run is None or run.state.ended:
        st.rerun()
    _draw(run)
    told = catch_up(run).now is not None and not begun  # its first point is shown; now Compare can open
    if told or not every / 2 < pace(run) < 2 * every:  # it has begun to tell; or many came, or went
        st.rerun()


def _draw(run: Run) -> None:
    history = catch_up(run)
    _standing(run, history)
    if run.uploaded:  # no training to look at
        return
    total = images_in_all(run, history)
    batches = _batches(run, history)
    zoomed = st.toggle(
        "Zoom", key="zoom", persist_state="session", disabled=bool(batches),
        help="Accuracy from 90% on, once it was there; the loss on a logarithmic axis.",
    )  # fmt: skip
    for column, metric in zip(st.columns(2), METRICS, strict=True):
        with column:
            figure = (
                slow.batch_curve(batches, metric)
                if batches
                else live_curves(
                    history.progress,
                    history.epochs,
                    metric,
                    total_images=total,
                    total_epochs=total / history.images_an_epoch(run.recipe),
                    changes=history.changes,
                    zoomed=zoomed,
                )
            )
            live_chart(figure, key=f"{run.id}-{metric}", height=CURVES_HEIGHT, alt=f"{metric.capitalize()} by epoch")
    with st.container(key="advice-place-kept" if not run.state.ended else "advice-place"):
        _advise(run, history)
    run_moment.show(run, history)
    if history.epochs:
        fold = st.expander("Numbers, epoch by epoch", icon=":material/table:", key="epochs", on_change="rerun")
        if fold.open:
            epochs = pd.DataFrame([end.model_dump(exclude={"kind"}) for end in history.epochs])
            fold.dataframe(epochs, hide_index=True)


def _batches(run: Run, history: History) -> list[slow.Batch]:
    """The latest batches, while it goes on in slow motion."""
    if not run.control.slow or run.state.ended:
        return []
    return slow.latest_batches(history.progress, run.recipe.batch_size, history.images_an_epoch(run.recipe))


def _standing(run: Run, history: History) -> None:
    """Where the run is, with what one can ask of it, or its outcome."""
    match run.state:
        case State.QUEUED | State.RUNNING | State.PAUSED:
            with st.container(horizontal=True, vertical_alignment="bottom", key="standing"):
                st.progress(*_progress(run, history))
                _stop(run) if run.uploaded else run_controls.stop_and_pause(run)
            if not run.uploaded:
                run_controls.tune(run)
                _figures(run, history)
        case State.DONE:
            _outcome(run, history)
        case State.STOPPED if run.model:
            st.info(f"Stopped after {history.images:,} images; what it learned was kept.", icon=":material/save:")
            _outcome(run, history)
        case State.STOPPED:
            learned = "" if run.uploaded else f" after {history.images:,} images"
            st.info(f"Stopped{learned}; no model was kept.", icon=":material/stop_circle:")
        case State.FAILED:
            st.error(f"This run failed: {run.reason}", icon=":material/error:")


def _stop(run: Run) -> None:
    if may_control(run.owner):
        st.button(
            "Stop", icon=":material/stop:", key="stop-upload", on_click=ledger().request_stop, args=(run.id,),
            disabled=run.stop_requested,
        )  # fmt: skip


def _progress(run: Run, history: History) -> tuple[float, str]:
    """How far it has come, as a share in [0, 1] and in words."""
    now, total = history.now, images_in_all(run, history)
    share = min(1.0, now.images / total) if now else 0.0
    again = f"Attempt {run.deaths + 1} ({run.reason}). " if run.reason and run.deaths else ""
    if run.stop_requested:
        return share, "Stopping ..." if run.control.stop == "discard" else "Stopping, measuring, saving ..."
    if run.state == State.PAUSED:
        then = "Press Go on." if may_control(run.owner) else "Whoever started it can let it go on."
        return share, f"Paused. Others may train meanwhile. {then}"
    if run.state == State.QUEUED:
        return share, again + _place(run)
    if run.control.pause:
        return share, "Pausing ..."
    if run.uploaded:
        return share, again + "Building the network, measuring on the 10,000 test digits, saving ..."
    if now is None or not ledger().has_told(run):
        return share, again + "A trainer is getting ready ..."
    if now.images >= total:
        return share, "Measuring on the 10,000 test digits, saving ..."
    epochs = "" if run.recipe.seconds else f" of {run.recipe.epochs}"
    if batches := _batches(run, history):
        last = batches[-1]
        where = f"Epoch {last.event.epoch}, batch {last.number:,} of {last.of:,}"
        return share, f"{again}{where}, {many(last.images, 'image')}"
    return share, f"{again}Epoch {now.epoch}{epochs} · about {duration(now.seconds_left)} left"


def _place(run: Run) -> str:
    place = ledger().position(run.id)
    if place is None:
        return "Starting ..."
    left = estimate.until_start(ledger(), settings().trainers).get(run.id, 0.0)
    left = _shorter(f"{run.id}-{run.attempt}", place, left)
    begins = "goes on" if run.attempt else "begins"
    when = f"in about {duration(left)}" if left >= 1 else "in a moment"
    why = "It has made way for others" if run.made_way else "Waiting for a free trainer"
    return f"{why}: place {place} in the queue, {begins} {when}."


def _shorter(wait: str, place: int, seconds: float) -> float:
    """The estimate, or the one said before of this wait if that was shorter and nobody came before us since."""
    said: dict[str, tuple[int, float]] = st.session_state.setdefault("said-waits", {})
    place_before, before = said.get(wait, (place, seconds))
    said[wait] = (place, min(seconds, before) if place <= place_before else seconds)
    return said[wait][1]


def _figures(run: Run, history: History) -> None:
    now = history.now
    at_speed = run.state == State.RUNNING and not run.control.slow and not run.control.pause
    with st.container(horizontal=True):
        st.metric("Training loss", f"{now.loss:.3f}" if now else "-")
        st.metric("Training accuracy", f"{now.accuracy:.1%}" if now else "-")
        st.metric("Images a second", f"{now.images_per_second:,.0f}" if now and at_speed else "-")


def _outcome(run: Run, history: History) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric("Test accuracy", f"{run.test_accuracy:.2%}", help="Share of MNIST's 10,000 test digits read right.")
        st.metric("Test loss", f"{run.test_loss:.4f}")
        if history.now:
            st.metric("Trained in", duration(history.seconds or 0))
        card = _card(run)
        if card is not None:
            with st.container(key="draw-with", width="content"):
                model = {"model": str(run.model)}
                st.page_link("draw.py", label="Draw with this model", icon=":material/draw:", query_params=model)
            run_controls.train_on(run, history)
    st.caption("Its model was deleted since, or its files are damaged." if card is None else models.in_words(card))


def _card(run: Run) -> Card | None:
    """The card of a run's model; None if somebody took it away since, or its files are not whole."""
    with suppress(FileNotFoundError, DamagedBundle):
        return library.card(str(run.model))
    return None


def _advise(run: Run, history: History) -> None:
    """What is going on, in a sentence, with a cure to apply."""
    failure = run.reason if run.state == State.FAILED else None
    seen = len(history.epochs), len(history.progress) // EVENTS_A_THOUGHT, len(history.changes)
    recipe = run.recipe
    if history.changes:  # a cure begins with the rate of now
        recipe = recipe.with_changes(learning_rate=history.changes[-1].learning_rate)
    said = _thought(run.id, run.attempt, seen, failure, run.state == State.DONE, recipe, history)
    if said is None or run.stop_requested:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="advice"):
        st.markdown(f":material/lightbulb: {said.sentence}")
        ill = run if not run.state.ended and may_control(run.owner) else None
        anew = run.start is not None and said.kind in RUINED
        words = f"{said.action}, from new weights" if anew else said.action
        action = f"Stop this and {words[:1].lower()}{words[1:]}" if ill else words
        # Its words are part of the key: a click that comes when other advice is given finds no button.
        if said.cure is not None and st.button(action, key=f"cure-{words}"):
            start = None if anew else run.start
            run_controls.begin(said.cure, run.title, start=start, probe=run.probe, instead_of=ill)


@st.cache_resource(max_entries=200, show_spinner=False)
def _thought(
    run_id: str,
    attempt: int,
    seen: tuple[int, int, int],
    failure: str | None,
    ended: bool,
    _recipe: Recipe,
    _history: History,
) -> advice.Advice | None:
    """The advice for what was seen by then, worked out once for all who watch."""
    progress, epochs, before = _history.since_change()
    return advice.advise(_recipe, progress, epochs, failure, ended, before, _history.images_an_epoch(_recipe))
