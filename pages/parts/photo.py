"""Digits that come as a picture: uploaded, or taken with the camera."""

import base64
import io
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

import streamlit as st
from PIL import ImageDraw

from core import ink, reading
from core.ink import InkError, Photo, Picture
from core.ink.upload import MAX_BYTES, MAX_PIXELS

Source = Literal["Draw", "Upload", "Camera"]


def source() -> Source:
    """The choice of where the digit comes from; the board unless told. No camera where a browser lends none."""
    sources: list[Source] = ["Draw", "Upload"]
    if lends_camera(st.context.url):
        sources.append("Camera")
    return st.segmented_control(
        "Where the digit comes from", sources, default="Draw", key="source", required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip


def ask(source: Source) -> Photo | None:
    """Show the uploader or the camera, and what was found on the picture; None without one that can be read."""
    if source == "Upload":
        file = st.file_uploader(
            "A picture of one digit, or of several",
            ["png", "jpg", "jpeg"],
            key="upload",
            on_change=_removed,
            args=("upload",),
            max_upload_size=MAX_BYTES // 1_000_000,
            help=_limits(),
        )
        if not lends_camera(st.context.url):
            st.caption("A phone offers its camera here, too. A live camera needs an address that begins with https.")
    else:
        file = st.camera_input("Digits, large, with even light", key="camera", on_change=_removed, args=("camera",))
    if file is None:
        return None
    kept: tuple[str, Photo | InkError] | None = st.session_state.get("photo")
    if kept is None or kept[0] != file.file_id:  # it takes long to look through
        kept = st.session_state["photo"] = (file.file_id, _found(file.getvalue()))
    if isinstance(kept[1], InkError):
        st.error(str(kept[1]))
        return None
    _show(kept[1])
    return kept[1]


def latest() -> list[Picture]:
    """The digits of the picture that this visitor's tab showed last, on whichever page; none if it had none."""
    kept: tuple[str, Photo | InkError] | None = st.session_state.get("photo")
    return kept[1].digits if kept and isinstance(kept[1], Photo) else []


def is_preferred() -> bool:
    """Whether this visitor last used Draw with a picture instead of the board."""
    chosen: Source = st.session_state.get("source", "Draw")
    return chosen != "Draw"


def _removed(key: str) -> None:
    """Forget the picture that was just taken away; one that is only left behind on Draw is kept."""
    if st.session_state[key] is None:
        st.session_state.pop("photo", None)


def lends_camera(url: str | None) -> bool:
    """Whether a browser gives its camera to a page of this address: to https, and to its own computer.

    Source: W3C, "Secure Contexts", 3.1 (a potentially trustworthy origin).
    """
    parts = urlsplit(url or "https:")  # not known: the browser itself will say
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return False


def _found(data: bytes) -> Photo | InkError:
    try:
        return ink.image_to_digits(data, reading.MOST)
    except InkError as error:
        return error


def _show(photo: Photo) -> None:
    """The picture, each digit in a frame."""
    framed = photo.small.copy()
    brush = ImageDraw.Draw(framed)
    for left, top, right, bottom in photo.boxes:
        brush.rectangle((left - 6, top - 6, right + 5, bottom + 5), outline="#e8590c", width=3)
    file = io.BytesIO()
    framed.save(file, "JPEG", quality=85)
    source = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    count = len(photo.digits)
    found = "The digit was found in the frame" if count == 1 else f"{count} digits were found, each in a frame"
    st.html(
        f'<figure class="dl-photo"><img alt="Your picture" src="{source}">'
        f"<figcaption>{found if count else 'No digit was found'}</figcaption></figure>"
    )


def _limits() -> str:
    """What `core.ink.upload` takes."""
    most = ", ".join(f"{pixels // 1_000_000} in a {kind}" for kind, pixels in MAX_PIXELS.items())
    return f"PNG or JPEG, at most {MAX_BYTES // 1_000_000} MB. Megapixels, at most: {most}."
