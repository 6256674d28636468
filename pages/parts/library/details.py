"""What one can do with a chosen model: take it home, give it another title, delete it."""

from functools import partial

import streamlit as st

from core import files, library, packing
from core.bundle import DamagedBundle
from core.recipe import PRESETS
from core.runs import ledger
from pages.parts import models
from pages.parts.visitor import may_control

# What each file is, and what it is called when it arrives.
DOWNLOADS = {
    "model.keras": ("Keras", "{}.keras", "For Python with Keras 3."),
    "model.onnx": ("ONNX", "{}.onnx", "For ONNX Runtime, and most other programs."),
    "model.tflite": ("LiteRT", "{}.tflite", "For phones and small boards; it was called TensorFlow Lite."),
    "weights.safetensors": ("Weights", "{}.safetensors", "The learned numbers only, as safetensors: nothing can run."),
    "recipe.json": ("Recipe", "{}-recipe.json", "Its layers and how it was trained."),
    "history.csv": ("History", "{}-history.csv", "Loss and accuracy, epoch by epoch, as CSV."),
}
_SAID = "library-said"  # what a button that was just pressed has to say


def show(name: str) -> None:
    """Downloads for everybody, a new title and deletion for whose model it is.

    Args:
        name: As in `library.names`.
    """
    said = st.session_state.pop(_SAID, None)
    try:
        card, sizes = library.card(name), library.sizes(name)
    except (FileNotFoundError, DamagedBundle):  # somebody deleted it just now
        st.warning(f"The model {name} was deleted just now. Choose another.")
        return
    if said:
        st.info(said)
    _downloads(name, sizes)
    if _is_own(name):
        _change(name, card.title)


def _downloads(name: str, sizes: dict[str, int]) -> None:
    st.markdown("**Download**")
    with st.container(horizontal=True, key="library-downloads"):
        for file, (label, called, what) in DOWNLOADS.items():
            if file in sizes:
                st.download_button(
                    f"{label} · {_size(sizes[file])}", partial(library.file, name, file), called.format(name),
                    key=f"download-{file}", on_click="ignore", help=what,
                )  # fmt: skip
        everything = sum(sizes.values())
        st.download_button(
            f"Everything, zipped · at most {_size(everything)}", partial(packing.pack, name), f"{name}.zip",
            "application/zip", key="download-all", on_click="ignore", icon=":material/folder_zip:",
            help="All of these, what the model answered to the test digits, and the card with its scores.",
        )  # fmt: skip
        if everything > packing.MOST_BYTES and set(packing.NEEDED) <= set(sizes):
            st.download_button(
                "Recipe and weights, zipped", partial(packing.pack, name, packing.NEEDED), f"{name}-small.zip",
                "application/zip", key="download-small", on_click="ignore", icon=":material/folder_zip:",
                help="Small enough to be uploaded to another Digit Lab.",
            )  # fmt: skip


def _size(count: int) -> str:
    """Bytes as people say them."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def _is_own(name: str) -> bool:
    """Whether this visitor may change a model: the one whose run it came from, and nobody for those that ship."""
    owner = ledger().makers().get(name)
    return owner is not None and name not in PRESETS and may_control(owner)


def _change(name: str, title: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="library-change"):
        box = f"title-{name}"
        st.text_input(
            "Title", title, max_chars=library.MOST_TITLE, key=box, width=320,
            on_change=_retitle, args=(name, box),
            help="What people call it; press Enter to keep it. Its name, by which links know it, stays.",
        )  # fmt: skip
        with st.popover("Delete", icon=":material/delete:"):
            st.markdown("Nobody can draw with it afterwards, and it cannot be brought back.")
            st.button("Delete it for good", key="delete", type="primary", on_click=_delete, args=(name,))


def _retitle(name: str, box: str) -> None:
    if not _is_own(name):
        return
    try:
        library.retitle(name, st.session_state[box])
        st.session_state[_SAID] = "Its new title is kept."
    except (ValueError, FileNotFoundError) as error:
        st.session_state[_SAID] = str(error)
    except OSError as error:
        st.session_state[_SAID] = files.not_written(error)


def _delete(name: str) -> None:
    if not _is_own(name):
        return
    try:
        library.remove(name)
        st.session_state[_SAID] = f"The model {name} was deleted."
    except FileNotFoundError:
        st.session_state[_SAID] = f"The model {name} had been deleted already."
    except OSError as error:
        st.session_state[_SAID] = files.not_written(error)
        return
    models.deleted(name)
