"""The runs of this lab, each a link to its page: the visitor's own that go on, then the newest of everybody."""

import time

import streamlit as st

from core.run import Run, State
from core.runs import ledger
from core.words import many
from pages.parts.visitor import plain, visitor

ICONS = {
    State.QUEUED: ":material/hourglass_top:",
    State.RUNNING: ":material/play_circle:",
    State.PAUSED: ":material/pause_circle:",
    State.DONE: ":material/check_circle:",
    State.STOPPED: ":material/stop_circle:",
    State.FAILED: ":material/error:",
}


_AT_WORK = {State.QUEUED: "waits for a trainer", State.RUNNING: "is training", State.PAUSED: "is paused"}


def show_own() -> None:
    """A line for each of one's own runs that go on, to be watched."""
    for run in ledger().unfinished(visitor()):
        st.page_link(
            "train.py", label=f"**{run.title}** {_AT_WORK[run.state]} · Watch", icon=ICONS[run.state],
            query_params={"run": run.id},
        )  # fmt: skip


def show(but: str | None, most: int = 12) -> None:
    """List runs, leaving out the one that is on the page; one's own that can be stopped are always among them."""
    own = ledger().unfinished(visitor())
    listed = {run.id: run for run in [*own, *ledger().recent(most + 1)] if run.id != but}
    runs = list(listed.values())[: max(most, len(own))]
    if not runs:
        return
    st.subheader("Other runs" if but else "Runs", anchor=False)
    names = ledger().names({run.owner for run in runs if run.owner})
    for run in runs:
        st.page_link(
            "train.py", label=_line(run, names.get(run.owner)), icon=ICONS[run.state], query_params={"run": run.id}
        )


def _line(run: Run, name: str | None) -> str:
    said = f"{run.test_accuracy:.2%}" if run.test_accuracy is not None else str(run.state)
    whose = ["yours"] if run.owner == visitor() else [plain(name)] if name else []
    return " · ".join([run.title, said, *whose, _ago(time.time() - run.created)])


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds // 3600:.0f} h ago"
    return f"{many(int(seconds // 86400), 'day')} ago"
