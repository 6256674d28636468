"""A digit that comes as a picture: uploaded, or taken with the camera."""

from typing import Literal

import streamlit as st

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
            help="PNG or JPEG, at most 5 MB, 4 megapixels.",
        )
    else:
        file = st.camera_input("One digit, large, with even light", key="camera")
        st.caption("A browser lends its camera only to https pages and to this computer's own; Upload always works.")
    return None if file is None else file.getvalue()
