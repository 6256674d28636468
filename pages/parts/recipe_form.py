"""The form that asks what to train: a preset, or one's own layers and settings."""

from secrets import token_hex
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import streamlit as st
from pydantic import BaseModel, ValidationError

from core import diagram
from core.recipe import (
    LAYERS,
    MOST_LAYERS,
    OUTPUT,
    PRESETS,
    Augmentation,
    Conv,
    Dense,
    Flatten,
    Layer,
    MaxPool,
    Recipe,
    explain,
    summary,
)

OWN = "your-own"
START = (Conv(filters=16), MaxPool(), Flatten(), Dense(units=64), OUTPUT)  # what one's own network begins as
ABOUT = {
    "ten-lines": "Ten sigmoid neurons and ten outputs: the ten-line Keras program.",
    "keras-intro": "The same two layers in larger batches and half the epochs: it stays behind.",
    "simple-cnn": "Two convolutions with pooling: sees strokes instead of pixels, and reads best.",
    "first-network": "512 hidden neurons with Adam: a first serious network.",
    "express-mlp": "The same 512 neurons with plain gradient descent, watched on the test digits.",
    "reader": "Made to read what people draw: varied digits, and pen drawings where there are some. Takes long.",
    "sprint": "For the stage: 98.9 % and more in a few seconds, with a learning rate that rises and falls.",
    OWN: "Put layers together, choose how they learn.",
}
SETTINGS = (
    *("epochs", "batch_size", "optimizer", "learning_rate", "schedule", "loss"),
    *("training_images", "validation_split", "seed"),
)
HELP = {
    "epochs": "How often the network sees every training image.",
    "batch_size": "Images per step: after each batch the weights move once.",
    "optimizer": "How a gradient becomes a step.",
    "learning_rate": "Step size. Too small: nothing moves. Too large: it never settles.",
    "schedule": "One-cycle: the step size rises during the first fifth of the training, then falls to nothing.",
    "loss": "What the steps make smaller.",
    "training_images": "How many of MNIST's 60,000 training digits are used.",
    "validation_split": "Share of the training images kept aside to watch for overfitting.",
    "seed": "Equal recipes with equal seeds give equal networks.",
}


def ask() -> tuple[Recipe, str] | None:
    """Show the form; the recipe and its title once "Start training" is pressed."""
    own = st.session_state.get("recipe", st.query_params.get("recipe")) == OWN
    left, right = st.columns([5, 6] if own else [1, 2], gap="large")
    with left:
        chosen = st.selectbox("Recipe", [*PRESETS, OWN], key="recipe", bind="query-params")
        st.caption(ABOUT[chosen])
        base = PRESETS.get(chosen, Recipe(layers=START, validation_split=0.1))
        try:
            recipe = _own(base) if chosen == OWN else base
        except ValidationError as error:
            recipe = None
            st.error(explain(error))
        pressed = st.button(
            "Start training", type="primary", icon=":material/play_arrow:", disabled=recipe is None, width="stretch"
        )
        if recipe is not None and chosen != OWN:
            st.caption(_in_words(recipe))
    with right:
        if recipe is not None:
            _show(recipe)
    return (recipe, chosen) if pressed and recipe is not None else None


def _own(base: Recipe) -> Recipe:
    settings: dict[str, Any] = {}
    with st.container(border=True):
        st.markdown("**Layers**")
        layers = _edit_layers(base.layers[:-1])
    with st.expander("Settings", icon=":material/tune:"):
        columns = st.columns(2)
        for place, name in enumerate(SETTINGS):
            with columns[place % 2]:
                settings[name] = _field(Recipe, name, getattr(base, name), key=f"own-{name}", help=HELP[name])
        varied = st.toggle(
            "Vary the images", key="own-augmentation", persist_state="session",
            help="Turn, lean, stretch and thicken each image by chance, anew in every epoch: it learns more hands.",
        )  # fmt: skip
        settings["augmentation"] = Augmentation() if varied else None
    return Recipe.model_validate({"layers": [*layers, OUTPUT], **settings})


def _edit_layers(start: tuple[Layer, ...]) -> list[dict[str, Any]]:
    """A row of controls per layer; rows have names of their own, so that removing one keeps the others' values."""
    rows: list[tuple[str, Layer]] = st.session_state.setdefault("own-rows", [(token_hex(4), layer) for layer in start])
    layers = []
    for place, (row, layer) in enumerate(rows):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kinds = list(LAYERS)
            kind = st.selectbox(
                f"Layer {place + 1}", kinds, kinds.index(layer.kind), key=f"layer-{row}-kind",
                persist_state="session",
            )  # fmt: skip
            st.button(
                f"Move layer {place + 1} up", icon=":material/arrow_upward:", key=f"icon-up-{row}",
                disabled=place == 0, on_click=_move, args=(place,),
            )  # fmt: skip
            st.button(
                f"Remove layer {place + 1}", icon=":material/delete:", key=f"icon-remove-{row}",
                on_click=rows.pop, args=(place,),
            )  # fmt: skip
        shown = layer if kind == layer.kind else LAYERS[kind]()
        with st.container(horizontal=True):
            values = {
                name: _field(type(shown), name, getattr(shown, name), key=f"layer-{row}-{kind}-{name}", width=105)
                for name in type(shown).model_fields
                if name != "kind"
            }
        layers.append({"kind": kind, **values})
    st.caption(f"Last: {OUTPUT.title}, one output a digit.")
    st.button("Add a layer", icon=":material/add:", on_click=_add, disabled=len(rows) >= MOST_LAYERS - 1)
    return layers


def _move(place: int) -> None:
    rows = st.session_state["own-rows"]
    rows[place - 1], rows[place] = rows[place], rows[place - 1]


def _add() -> None:
    st.session_state["own-rows"].append((token_hex(4), Dense()))


def _field(model: type[BaseModel], name: str, value: Any, *, key: str, **options: Any) -> Any:
    """The widget for one field of a value: its choices and bounds are the ones the field itself names."""
    field = model.model_fields[name]
    label = name.replace("_", " ").capitalize()
    options |= {"key": key, "persist_state": "session"}
    if get_origin(field.annotation) is Literal:
        choices = get_args(field.annotation)
        return st.selectbox(label, choices, choices.index(value), **options)
    bounds = {
        rule: getattr(one, rule) for one in field.metadata for rule in ("ge", "gt", "le", "lt") if hasattr(one, rule)
    }
    if field.annotation is int:
        most = bounds.get("le", bounds.get("lt", 1) - 1)
        return st.number_input(label, bounds["ge"], most, value, **options)
    least, most = bounds.get("ge", 1e-6), bounds.get("le", 0.95)
    step = 1e-3 if name == "learning_rate" else 0.05
    return st.number_input(label, float(least), float(most), float(value), step=step, format="%g", **options)


def _in_words(recipe: Recipe) -> str:
    watched = (
        "watched on the test digits, as the tutorial does"
        if recipe.validate_on_test
        else f"with {recipe.validation_split:.0%} kept aside for validation"
        if recipe.validation_split
        else "without validation"
    )
    varied = ", each varied by chance" if recipe.augmentation else ""
    schedule = " at most, in one cycle" if recipe.schedule == "one-cycle" else ""
    return (
        f"{recipe.epochs} epochs over {recipe.fitted_images:,} images{varied}, in batches of {recipe.batch_size}, "
        f"{recipe.optimizer} with learning rate {recipe.learning_rate:g}{schedule}, {watched}."
    )


def _show(recipe: Recipe) -> None:
    """What the network will be: a drawing, and the table that Keras's `model.summary()` tells."""
    st.markdown(diagram.network_svg(recipe), unsafe_allow_html=True)  # `st.html` strips SVG
    rows = summary(recipe)
    table = pd.DataFrame(
        {
            "Layer": [row.title for row in rows],
            "Output shape": ["x".join(map(str, row.output_shape)) for row in rows],
            "Parameters": [f"{row.parameters:,}" for row in rows],
        }
    )
    st.table(table, border="horizontal", hide_index=True)
    st.caption(f"{recipe.parameters:,} parameters")
