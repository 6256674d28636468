"""Runs beside each other: the choice, which the URL holds, and what is shown of them, live while one still trains."""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import get_args

import pandas as pd
import streamlit as st

from core import comparing
from core.charts import METRICS
from core.charts.compare import PALETTE, By, Compared, compared_curves
from core.comparing import MOST_RUNS, Row
from core.history import History
from core.run import Run
from core.runs import ledger
from pages.parts import address
from pages.parts.evaluation.history import epoch_as_row
from pages.parts.live_chart import live_chart
from pages.parts.numbers import numbers
from pages.parts.train.watching import catch_up, images_in_all
from pages.parts.visitor import time_zone

LOOK_EVERY = 1.0  # seconds
CURVES_HEIGHT = 400  # pixels
SPANS = (0, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000)  # images
_ID = re.compile(r"[0-9a-f]{1,16}")


def choose() -> list[Run]:
    """The box of runs; its choice lives in the URL (`?runs=id,id`). Without one it is the latest two."""
    recent = {run.id: run for run in ledger().recent() if run.attempt and not run.uploaded}  # others tell nothing
    asked = list(dict.fromkeys(st.query_params.get("runs", "").split(",")))
    asked = [run_id for run_id in asked if run_id]
    named = {run_id: recent.get(run_id) or ledger().get(run_id) for run_id in asked[:50] if _ID.fullmatch(run_id)}
    known = {run_id: run for run_id, run in named.items() if run is not None}
    if "runs" not in st.query_params and recent:
        known = dict(list(recent.items())[:2])
        st.query_params["runs"] = ",".join(known)
    chosen = list(known)[:MOST_RUNS]
    _say_what_is_missing(len(asked) - len(known) if asked else 0, len(known) - len(chosen), len(recent | known))
    if recent or known:
        _box(recent | known, chosen)
        if not chosen:
            st.info("Choose the runs to lay over each other.", icon=":material/touch_app:")
    return [known[run_id] for run_id in chosen]


def _say_what_is_missing(unknown: int, left_out: int, runs: int) -> None:
    address.miss(unknown, "run", "ledger")
    if left_out:
        st.warning(f"At most {MOST_RUNS} runs can be told apart; the first {MOST_RUNS} of this link are shown.")
    if runs < 2:
        st.info(
            "There is nothing to compare yet. Train two networks, then lay their curves over each other here."
            if runs == 0
            else "So far there is one run. Train a second one, with one setting changed, to see what it does."
        )
        st.page_link("train.py", label="Train a network", icon=":material/add:")


def _box(runs: dict[str, Run], chosen: list[str]) -> None:
    # Said anew each time: a run's label changes at its end, and the browser sends back the old one.
    st.session_state["compared"] = chosen
    st.multiselect(
        "Runs", list(runs), format_func=lambda run_id: _label(runs[run_id]) if run_id in runs else run_id,
        key="compared", max_selections=MOST_RUNS, select_all=False, on_change=_keep, wrap=True,
        placeholder="Choose runs",
    )  # fmt: skip


def _keep() -> None:
    st.query_params["runs"] = ",".join(st.session_state["compared"])


def _label(run: Run) -> str:
    said = f"{run.test_accuracy:.2%}" if run.test_accuracy is not None else str(run.state)
    when = datetime.fromtimestamp(run.created, time_zone())
    return f"{run.title} · {said} · {when.day} {when:%b %H:%M} · {run.id[:4]}"


def show(runs: Sequence[Run]) -> None:
    """Charts and tables of the runs, which move by themselves until the last of them has ended."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        by = st.segmented_control(
            "Curves by", get_args(By), default="images", required=True, key="by", bind="query-params",
            help="Images seen: who learns more from as many digits. Seconds: who learns faster on this machine.",
        )  # fmt: skip
        span = st.select_slider(
            "Smoothing", SPANS, key="smooth", bind="query-params", width=220,
            format_func=lambda span: f"{span // 1000}k images" if span else "as measured",
            help="Each point becomes a mean over about the last so many images; newer ones count more.",
        )  # fmt: skip
        logarithmic = st.toggle(
            "Log scale", True, key="log", bind="query-params",
            help="The loss on a logarithmic axis; accuracy by its share of errors, so that 90%, 99% and 99.9% are "
            "equally far apart.",
        )  # fmt: skip
    ids = [run.id for run in runs]
    if _moving(runs):
        st.fragment(_live, run_every=LOOK_EVERY)(ids, by, span, logarithmic)
    else:
        _draw(runs, by, span, logarithmic)


def _live(ids: list[str], by: By, span: int, logarithmic: bool) -> None:
    runs = [run for run_id in ids if (run := ledger().get(run_id))]
    if not _moving(runs):
        st.rerun()
    _draw(runs, by, span, logarithmic)


def _moving(runs: Sequence[Run]) -> bool:
    return any(not run.state.ended for run in runs)


def _draw(runs: Sequence[Run], by: By, span: int, logarithmic: bool) -> None:
    names = list(comparing.names({run.id: run.title for run in runs}).values())
    histories = [catch_up(run) for run in runs]
    compared = [
        Compared(escape(name), history, images_in_all(run, history))
        for name, run, history in zip(names, runs, histories, strict=True)
    ]
    for column, metric in zip(st.columns(2), METRICS, strict=True):
        with column:
            figure = compared_curves(compared, metric, by, span=span, logarithmic=logarithmic)
            alt = f"{metric.capitalize()} by {by} of {', '.join(names)}"
            live_chart(figure, key=f"compare-{metric}", height=CURVES_HEIGHT, alt=alt)
    _notes(runs, names, histories)
    st.subheader("Results", anchor=False)
    _table(names, comparing.results(list(zip(runs, histories, strict=True))))
    if len(runs) > 1:
        st.subheader("What differs", anchor=False)
        differences = comparing.differences({run.id: run.recipe for run in runs})
        if differences:
            _table(names, differences)
        else:
            st.markdown("The recipes are all the same, down to the seed.")
    rows = [
        {"Run": name, **epoch_as_row(end)}
        for name, history in zip(names, histories, strict=True)
        for end in history.epochs
    ]
    if rows:
        numbers(pd.DataFrame(rows).fillna("").set_index("Run"), "Numbers, epoch by epoch", key="compared-epochs")


def _notes(runs: Sequence[Run], names: Sequence[str], histories: Sequence[History]) -> None:
    """How the charts are to be read, and what they cannot show."""
    notes = []
    if any(end.val_loss is not None for history in histories for end in history.epochs):
        notes.append("Thin lines: training. Dotted with marks: validation, after each epoch.")
    silent = [name for name, history in zip(names, histories, strict=True) if not history.progress]
    if silent:
        notes.append(f"{', '.join(silent)} told nothing so far." if len(silent) < len(runs) else "No curve so far.")
    changed = [name for name, history in zip(names, histories, strict=True) if history.changes]
    if changed:
        notes.append(f"The learning rate was changed while it trained: {', '.join(changed)}.")
    if not comparing.same_loss(run.recipe for run in runs):
        notes.append("These runs minimise different losses, so their heights say nothing about which is better.")
    if notes:
        st.caption("  \n".join(notes))


def _table(names: Sequence[str], rows: Sequence[Row]) -> None:
    """A column a run, headed by its colour in the charts."""
    heads = "".join(
        f'<th scope="col"><i style="background:{color}"></i>{escape(name)}</th>'
        for name, color in zip(names, PALETTE, strict=False)
    )
    head = f"<thead><tr><td></td>{heads}</tr></thead>"
    lines = "".join(f'<tr><th scope="row">{escape(row.title)}</th>{_cells(row)}</tr>' for row in rows)
    table = f"<table>{head}<tbody>{lines}</tbody></table>"
    st.html(f'<div class="dl-compare" style="--runs:{len(names)}">{table}</div>')


def _cells(row: Row) -> str:
    return "".join(
        f"<td><b>{escape(value)}</b></td>" if place in row.best else f"<td>{escape(value)}</td>"
        for place, value in enumerate(row.values)
    )
