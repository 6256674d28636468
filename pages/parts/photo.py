"""A digit that comes as a picture: uploaded, or taken with the camera."""

from typing import Literal

import streamlit as st

from core.ink.upload import MAX_BYTES, MAX_PIXELS

Source = Literal["Draw", "Upload", "Camera"]


def source() -> Source:
    """The choice of where the digit comes from; the board unless told."""
    chosen: Source | None = st.segmented_control(
        "Where the digit comes from", ["Draw", "Upload", "Camera"], default="Draw", key="source", required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return chosen or "Draw"


def ask(source: Source) -> bytes | None:
    """Show the uploader or the camera; returns the picture's bytes, unchecked, or None."""
    if source == "Upload":
        file = st.file_uploader(
            "A picture of one digit",
            ["png", "jpg", "jpeg"],
            key="upload",
            max_upload_size=MAX_BYTES // 1_000_000,
            help=_limits(),
        )
    else:
        file = st.camera_input("One digit, large, with even light", key="camera")
        st.caption(
            "A browser lends its camera only to https pages and to this computer's own. Upload always works, also with "
            "a photo that a phone has just taken."
        )
    return None if file is None else file.getvalue()


def _limits() -> str:
    """What `core.ink.upload` takes."""
    most = ", ".join(f"{pixels // 1_000_000} in a {kind}" for kind, pixels in MAX_PIXELS.items())
    return f"PNG or JPEG, at most {MAX_BYTES // 1_000_000} MB. Megapixels, at most: {most}."
