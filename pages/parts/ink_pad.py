"""The drawing board: the canvas with its Undo and Clear, and the drawing kept while its visitor looks elsewhere."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit_drawable_canvas import st_canvas

from core import ink
from core.ink import InkError, Picture, Stroke

SIDE = 400  # canvas pixels; a narrower column shows it smaller
BRUSH = 22  # canvas pixels
BOARD, CHALK = "#05070b", "#ffffff"  # as MNIST: light ink on a dark ground, in both themes
LINE = {"stroke": CHALK, "strokeWidth": BRUSH, "strokeLineCap": "round", "strokeLineJoin": "round", "fill": None}
KEY = "board"

_HERE = Path(__file__).parent
_frame = st.components.v2.component(
    "digit_lab_ink_frame", js=(_HERE / "ink_pad.js").read_text("utf-8"), html="<span></span>"
)

UNREADABLE = {"objects": None}


@dataclass
class Pad:
    """One tab's drawing.

    The canvas is told what to show only when that must change (`told`); what it shows since then it tells us
    (`said`, and from it `drawing`). After an undo it still says the old drawing for a moment: `stale`.
    """

    told: dict[str, Any] = field(default_factory=lambda: {"objects": []})
    drawing: Mapping[str, Any] = field(default_factory=lambda: {"objects": []})
    said: object = None
    stale: object = None
    version: int = 0
    latest: list[Any] = field(default_factory=list)  # the objects there were, if there are none now
    wiped: list[Any] = field(default_factory=list)  # what the last Clear took
    read: tuple[object, list[Stroke]] = (None, [])  # the strokes of a drawing, read off it once

    def strokes(self) -> list[Stroke]:
        """The drawing's strokes but for stray taps; InkError if it is anything but a drawing of reasonable size."""
        if self.read[0] is not self.drawing:
            self.read = self.drawing, ink.without_strays(ink.strokes_from_canvas(self.drawing))
        return self.read[1]

    def tell(self, objects: list[Any]) -> None:
        """Have the canvas show these objects."""
        self.version += 1
        self.stale = self.said
        self.told = {"objects": objects, "version": self.version}
        self.drawing = self.told

    def hear(self, said: object) -> None:
        """Take what the canvas says it shows, unless it has not seen our last word yet."""
        self.said = said
        self.latest = self.objects or self.latest
        if self.stale is None or said != self.stale:
            self.drawing, self.stale = said if isinstance(said, Mapping) else UNREADABLE, None

    def undo(self) -> None:
        """Take back the last stroke, or what Clear took."""
        if self.objects:
            self.tell(self.objects[:-1])
        else:
            self.tell(self.wiped)
            self.wiped = []

    def clear(self) -> None:
        """Wipe the board, if the canvas has not done it itself."""
        self.wiped = self.objects or self.latest
        if not self.empty:
            self.tell([])

    @property
    def objects(self) -> list[Any]:
        objects = self.drawing.get("objects")
        return objects if isinstance(objects, list) else []

    @property
    def empty(self) -> bool:
        return self.drawing.get("objects") == []

    @property
    def untold(self) -> bool:
        """Whether the canvas was never told what to show."""
        return not self.version

    @property
    def untouched(self) -> bool:
        return self.empty and self.untold and not self.latest

    @property
    def keepable(self) -> list[Any] | None:
        """What the tab is to bring back after a refresh; None if there is nothing to say."""
        try:
            self.strokes()
        except InkError:
            return None
        return None if self.untouched else self.objects


def ink_pad() -> Pad:
    """Show the board, and what it holds now."""
    pad = board()
    if KEY not in st.session_state:  # the page was left meanwhile: the canvas has forgotten the drawing
        pad.told, pad.stale = {"objects": pad.objects, "version": pad.version}, None
    new = pad.said is None
    with st.container(key="ink"):
        try:
            said = st_canvas(
                stroke_width=BRUSH,
                stroke_color=CHALK,
                background_color=BOARD,
                width=SIDE,
                height=SIDE,
                initial_drawing=pad.told,
                key=KEY,
            ).json_data
            pad.hear(said)
        except (AttributeError, TypeError, KeyError):  # the canvas's value is whatever a browser sends
            pad.hear(UNREADABLE)
        if new and pad.objects and pad.untold:  # the server has forgotten what this tab still shows
            pad.tell(pad.objects)
            st.rerun()
        with st.container(horizontal=True, key="ink-buttons"):
            st.button(
                "Undo", on_click=_undo, icon=":material/undo:", disabled=not (pad.objects or pad.wiped),
                help="Take back the last stroke, or Clear (Ctrl+Z)", key="undo", width="stretch",
            )  # fmt: skip
            st.button(
                "Clear", on_click=_clear, icon=":material/ink_eraser:", disabled=pad.empty,
                help="Wipe the board", key="clear", width="stretch",
            )  # fmt: skip
        _frame(key="ink-frame", data={"drawn": pad.keepable, "version": pad.version, "look": LINE})
    return pad


def board() -> Pad:
    """What this visitor's board holds, on whichever page it was drawn."""
    pad: Pad = st.session_state.setdefault("pad", Pad())
    return pad


def drawn() -> Picture | None:
    """What this visitor drew last, as the network sees it; of several digits all in one picture. None if nothing."""
    try:
        return ink.to_mnist(board().strokes())
    except InkError:
        return None


def bring_back(objects: Any) -> None:
    """Show what the tab says its board showed before it was loaded anew, if that is a drawing."""
    with suppress(InkError):
        ink.strokes_from_canvas({"objects": objects})
        if board().untouched:
            board().tell(objects)


def _undo() -> None:
    _up_to_date().undo()


def _clear() -> None:
    _up_to_date().clear()


def _up_to_date() -> Pad:
    """The board with what the canvas said last before a click."""
    pad = board()
    with suppress(AttributeError, TypeError, KeyError):  # the canvas's value is whatever a browser sends
        pad.hear(st.session_state[KEY]["drawing"]["raw"])
    return pad
