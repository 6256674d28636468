"""One run, live: where it is, its curves, and its outcome."""

from contextlib import suppress
from dataclasses import dataclass, field

import pandas as pd
import streamlit as st

from core import charts, library
from core.events import EpochEnd, Progress
from core.runs import Run, State, ledger
from pages.parts import models
from pages.parts.live_chart import live_chart

LOOK_EVERY = 0.3  # seconds
CURVES_HEIGHT = 320  # pixels


@dataclass
class Watched:
    """What this tab has read of a run so far."""

    run_id: str
    attempt: int
    seq: int = 0
    progress: list[Progress] = field(default_factory=list)
    epochs: list[EpochEnd] = field(default_factory=list)


def show(run: Run) -> None:
    """The page of a run; it moves by itself until the run has ended."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title(run.title, anchor=False, width="content")
        st.page_link("train.py", label="New training", icon=":material/add:")
    if run.state.ended:
        _draw(run)
    else:
        st.fragment(_live, run_every=LOOK_EVERY)(run.id)


def _live(run_id: str) -> None:
    run = ledger().get(run_id)
    if run is None or run.state.ended:
        st.rerun()
    _draw(run)


def _draw(run: Run) -> None:
    watched = _catch_up(run)
    _standing(run, watched)
    total = _images_in_all(run, watched)
    for column, metric in zip(st.columns(2), ("loss", "accuracy"), strict=True):
        with column:
            figure = charts.live_curves(
                watched.progress, watched.epochs, metric, total_images=total, total_epochs=run.recipe.epochs
            )
            live_chart(figure, key=f"{run.id}-{metric}", height=CURVES_HEIGHT, alt=f"{metric.capitalize()} by epoch")
    if run.state.ended and watched.epochs:
        with st.expander("Numbers, epoch by epoch", icon=":material/table:"):
            st.dataframe(pd.DataFrame([end.model_dump(exclude={"kind"}) for end in watched.epochs]), hide_index=True)


def _catch_up(run: Run) -> Watched:
    watched = st.session_state.get("watched")
    if not isinstance(watched, Watched) or (watched.run_id, watched.attempt) != (run.id, run.attempt):
        watched = st.session_state.watched = Watched(run.id, run.attempt)
    for seq, event in ledger().events(run.id, after=watched.seq):
        watched.seq = seq
        (watched.progress if isinstance(event, Progress) else watched.epochs).append(event)
    return watched


def _standing(run: Run, watched: Watched) -> None:
    """Where the run is, with a way to stop it, or its outcome."""
    match run.state:
        case State.QUEUED | State.RUNNING:
            with st.container(horizontal=True, vertical_alignment="bottom"):
                if run.state == State.QUEUED:
                    _place(run)
                else:
                    _bar(run, watched)
                st.button(
                    "Stop",
                    icon=":material/stop:",
                    on_click=ledger().request_stop,
                    args=(run.id,),
                    disabled=run.stop_requested,
                )
            _figures(watched)
        case State.DONE:
            _outcome(run, watched)
        case State.STOPPED:
            st.info(f"Stopped after {_images(watched):,} images; no model was kept.", icon=":material/stop_circle:")
        case State.FAILED:
            st.error(f"This run failed: {run.reason}", icon=":material/error:")


def _place(run: Run) -> None:
    place = ledger().position(run.id)
    st.progress(0.0, f"Waiting for a free trainer: place {place} in the queue." if place else "Starting ...")


def _bar(run: Run, watched: Watched) -> None:
    total = _images_in_all(run, watched)
    again = f"Attempt {run.attempt} ({run.reason}). " if run.attempt > 1 else ""
    now = watched.progress[-1] if watched.progress else None
    if run.stop_requested:
        text = "Stopping ..."
    elif now is None:
        text = "A trainer is getting ready ..."
    elif now.images >= total:
        text = "Measuring on the 10,000 test digits, saving ..."
    else:
        text = f"Epoch {now.epoch} of {run.recipe.epochs} · about {_duration(now.seconds_left)} left"
    st.progress(min(1.0, now.images / total) if now else 0.0, again + text)


def _figures(watched: Watched) -> None:
    if watched.progress:
        now = watched.progress[-1]
        with st.container(horizontal=True):
            st.metric("Training loss", f"{now.loss:.3f}")
            st.metric("Training accuracy", f"{now.accuracy:.1%}")
            st.metric("Images a second", f"{now.images_per_second:,.0f}")


def _outcome(run: Run, watched: Watched) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric("Test accuracy", f"{run.test_accuracy:.2%}", help="Share of MNIST's 10,000 test digits read right.")
        st.metric("Test loss", f"{run.test_loss:.4f}")
        if watched.epochs:
            st.metric("Trained in", _duration(watched.epochs[-1].seconds))
        with st.container(key="draw-with", width="content"):
            model = {"model": str(run.model)}
            st.page_link("draw.py", label="Draw with this model", icon=":material/draw:", query_params=model)
    with suppress(FileNotFoundError, library.DamagedBundle):  # somebody took the model away since
        st.caption(models.in_words(library.card(str(run.model))))


def _images_in_all(run: Run, watched: Watched) -> int:
    told = watched.progress[-1].images_in_all if watched.progress else 0
    return told or run.recipe.epochs * run.recipe.fitted_images


def _images(watched: Watched) -> int:
    return watched.progress[-1].images if watched.progress else 0


def _duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min"
