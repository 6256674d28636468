"""A model from another Digit Lab: its zip is looked through, then a trainer builds and measures it as a run."""

import time

import streamlit as st

from core import files, packing, uploads
from core.packing import MOST_BYTES, NotOurs
from core.run import Run, State
from core.runs import Refused, ledger
from pages.parts.visitor import visitor

SHOWN_FOR = 600  # seconds after its end
LOOK_EVERY = 1.0  # seconds


def show() -> None:
    """The form, and how this visitor's latest uploads are getting on."""
    st.subheader("Bring a model from another Digit Lab", anchor=False)
    st.markdown(
        "The zip that Digit Lab gives for download. Only its recipe and its weights are read; the network is built and "
        "measured anew here. Files that could run code, such as `.keras`, `.h5` or a pickle, are not taken."
    )
    with st.form("library-upload", clear_on_submit=True):
        file = st.file_uploader(
            "A model's zip", "zip", key="library-zip", max_upload_size=MOST_BYTES // 1_000_000,
            help=f"At most {MOST_BYTES // 1_000_000} MB.",
        )  # fmt: skip
        sent = st.form_submit_button("Upload and measure", icon=":material/upload:", type="primary")
    if sent and file is None:
        st.info("Choose a zip first.")
    elif sent and file is not None:
        _take(file.getvalue())
    going_on = any(not run.state.ended for run in _lately())
    st.fragment(_standings, run_every=LOOK_EVERY if going_on else None)(going_on)


def _lately() -> list[Run]:
    return ledger().uploads(visitor(), time.time() - SHOWN_FOR)


def _standings(going_on: bool) -> None:
    runs = _lately()
    if going_on and all(run.state.ended for run in runs):
        st.rerun()  # the list above has another model
    for run in runs:
        _standing(run)


def _take(data: bytes) -> None:
    try:
        recipe, weights = packing.unpack(data)
        uploads.submit(ledger(), recipe, weights, visitor())
    except (NotOurs, Refused) as error:
        st.error(str(error).replace("_", r"\_"))
    except OSError as error:
        st.error(files.not_written(error))


def _standing(run: Run) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_words(run), width="content")
        st.page_link("train.py", label="Watch this run", icon=":material/visibility:", query_params={"run": run.id})


def _words(run: Run) -> str:
    what = f"Your upload with {run.recipe.parameters:,} parameters"
    match run.state:
        case State.QUEUED:
            return f"{what} waits for a trainer: place {ledger().position(run.id) or 1} in the queue."
        case State.RUNNING:
            return f"{what} is being built and measured."
        case State.DONE:
            return f"{what} is the model **{run.model}**: {run.test_accuracy:.2%} of MNIST's test digits."
        case State.FAILED:
            return f"{what} failed: {run.reason}"
    return f"{what} is {run.state}."
