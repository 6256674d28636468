"""The rows of controls in which one's own layers are put together, and the control of one field of a value."""

from secrets import token_hex
from typing import Any, Literal, TypeVar, get_args, get_origin

import streamlit as st
from pydantic import BaseModel

from core.layers import LAYERS, OUTPUT, Dense, Layer
from core.recipe import MOST_LAYERS

Number = TypeVar("Number", int, float)


def begin(layers: tuple[Layer, ...]) -> None:
    """Start with these layers; rows have names of their own, so that removing one keeps the others' values."""
    st.session_state["own-rows"] = [(token_hex(4), layer) for layer in layers]


def edit(start: tuple[Layer, ...], faults: list[str]) -> list[Layer]:
    """A row of controls per layer, at first those to start with; adds a sentence for a number beyond its bounds."""
    if "own-rows" not in st.session_state:
        begin(start)
    rows: list[tuple[str, Layer]] = st.session_state["own-rows"]
    layers: list[Layer] = []
    for place, (row, layer) in enumerate(rows):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kinds = list(LAYERS)
            kind = st.selectbox(
                f"Layer {place + 1}", kinds, kinds.index(layer.kind), key=f"layer-{row}-kind",
                persist_state="session",
            )  # fmt: skip
            st.button(
                f"Move layer {place + 1} up", icon=":material/arrow_upward:", key=f"icon-up-{row}",
                disabled=place == 0, on_click=_move_up, args=(row,),
            )  # fmt: skip
            st.button(
                f"Remove layer {place + 1}", icon=":material/delete:", key=f"icon-remove-{row}",
                on_click=_remove, args=(row,),
            )  # fmt: skip
        shown = layer if kind == layer.kind else LAYERS[kind]()
        keys = f"layer-{row}-{kind}"
        with st.container(horizontal=True):
            values = {
                name: field(type(shown), name, getattr(shown, name), faults, key=f"{keys}-{name}", layer=place + 1)
                for name in type(shown).model_fields
                if name != "kind"
            }
        layers.append(type(shown)(**values))
    st.caption(f"Last: {OUTPUT.title}, one output a digit.")
    st.button("Add a layer", icon=":material/add:", on_click=_add, disabled=len(rows) >= MOST_LAYERS - 1)
    return layers


# A second click may come before the page has taken the first one in: each means the row whose button it was.


def _move_up(row: str) -> None:
    rows = st.session_state["own-rows"]
    place = _place(row)
    if place:
        rows[place - 1], rows[place] = rows[place], rows[place - 1]


def _remove(row: str) -> None:
    place = _place(row)
    if place is not None:
        del st.session_state["own-rows"][place]


def _place(row: str) -> int | None:
    """Where a row stands; None if it was removed."""
    names = [name for name, _ in st.session_state["own-rows"]]
    return names.index(row) if row in names else None


def _add() -> None:
    st.session_state["own-rows"].append((token_hex(4), Dense()))


def field(
    model: type[BaseModel], name: str, value: Any, faults: list[str], *, key: str, layer: int = 0, help: str = ""
) -> Any:
    """The widget for one field of a value: its choices and bounds are the ones the field itself names.

    Args:
        model: Of the value.
        name: Of the field.
        value: At first.
        faults: Takes a sentence for a number beyond its bounds.
        key: Of the widget.
        layer: The number of the layer whose value it is, which has room for a narrow widget: its help says the bounds.
        help: Of a wide widget, whose label says the bounds.
    """
    info = model.model_fields[name]
    label = name.replace("_", " ").capitalize()
    options: dict[str, Any] = {"key": key, "persist_state": "session", "width": 105 if layer else "stretch"}
    if get_origin(info.annotation) is Literal:
        choices = get_args(info.annotation)
        return st.selectbox(label, choices, choices.index(value), help=help or None, **options)
    bounds = {
        rule: getattr(one, rule) for one in info.metadata for rule in ("ge", "gt", "le", "lt") if hasattr(one, rule)
    }
    if info.annotation is int:
        least, most = bounds["ge"], bounds.get("le", bounds.get("lt", 1) - 1)
    else:
        least, most = float(min(bounds.get("ge", 1e-6), value)), float(max(bounds.get("le", 0.95), value))
        options |= {"step": 1e-3 if name == "learning_rate" else 0.05, "format": "%g"}
    span = _span(least, most)
    options |= {"label": label, "help": span} if layer else {"label": f"{label} ({span})", "help": help}
    called = f"{label} of layer {layer}" if layer else label
    return within(least, most, st.number_input(value=value, **options), called, faults)


def within(least: Number, most: Number, typed: Number, name: str, faults: list[str]) -> Number:
    """A typed number, or the nearest one within its bounds and a sentence for what is wrong with it.

    A widget that is told the bounds only turns red, and a training would begin with the number before.
    """
    if not least <= typed <= most:
        faults.append(f"{name} must be {_span(least, most)}, not {_written(typed)}.")
    return max(least, min(most, typed))


def _span(least: float, most: float) -> str:
    return f"{_written(least)} to {_written(most)}"


def _written(value: float) -> str:
    """Without an exponent, as people type it."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.12f}".rstrip("0").rstrip(".")
