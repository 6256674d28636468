"""The form that asks what to train: a preset, or one's own layers and settings."""

from contextlib import suppress
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pandas as pd
import streamlit as st
from pydantic import BaseModel, ValidationError

from core import diagram, library, link, mnist
from core.jobs import pixels_to_text
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
from core.runs import MOST_NAME, ledger
from pages.parts import ink_pad, run_code
from pages.parts.visitor import visitor

OWN = "your-own"
START = (Conv(filters=16), MaxPool(), Flatten(), Dense(units=64), OUTPUT)  # what one's own network begins as
TEST_DIGITS = (0, 1, 2)  # places among the test digits of some that can be followed
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
    *("training_images", "validation_split", "patience", "precision", "seed"),
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
    "patience": "Stop after so many epochs without a lower validation loss, and keep the best weights; 0: never.",
    "precision": "Of what the hidden layers compute. Some processors are faster in bfloat16, which is coarser.",
    "seed": "Equal recipes with equal seeds give equal networks.",
}


@dataclass(frozen=True)
class Asked:
    """What somebody wants trained."""

    recipe: Recipe
    title: str
    probe: str | None  # a digit to follow: `jobs.pixels_to_text`


def ask() -> Asked | None:
    """Show the form; what to train once "Start training" is pressed."""
    _open_link()
    own = st.session_state.get("recipe", st.query_params.get("recipe")) == OWN
    left, right = st.columns([5, 6] if own else [1, 2], gap="large")
    with left:
        chosen = st.selectbox("Recipe", [*PRESETS, OWN], key="recipe", bind="query-params")
        st.caption(ABOUT[chosen])
        try:
            recipe = _own(_base()) if own else PRESETS[chosen]
            recipe, probe = _how(recipe)
        except ValidationError as error:
            recipe, probe = None, None
            st.error(explain(error))
        pressed = st.button(
            "Start training", type="primary", icon=":material/play_arrow:", disabled=recipe is None, width="stretch"
        )
        if recipe is not None:
            _already(recipe)
            if not own:
                st.caption(_in_words(recipe))
                st.button("Change it", icon=":material/tune:", on_click=_make_own, args=(recipe,), key="change-it")
    with right:
        if recipe is not None:
            _show(recipe)
            run_code.show(recipe, chosen)
    return Asked(recipe, chosen, probe) if pressed and recipe is not None else None


def _open_link() -> None:
    """Fill the form with the recipe of a link that somebody sent."""
    text = st.query_params.get("recipe", "")
    if not text or text in PRESETS or text == OWN:
        return
    del st.query_params["recipe"]
    try:
        _make_own(link.from_link(text))
    except ValueError as error:
        st.warning(str(error))


def _make_own(recipe: Recipe) -> None:
    """Put a recipe into the form of one's own, to look at and to change."""
    st.session_state["own-base"] = recipe
    st.session_state["own-version"] = st.session_state.get("own-version", 0) + 1  # its fields begin anew
    st.session_state["own-rows"] = [(token_hex(4), layer) for layer in recipe.layers[:-1]]
    st.session_state["recipe"] = OWN


def _base() -> Recipe:
    base: Recipe = st.session_state.setdefault("own-base", Recipe(layers=START, validation_split=0.1))
    return base


def _how(recipe: Recipe) -> tuple[Recipe, str | None]:
    """How the run shall go: within how many seconds, followed by which digit, under whose name."""
    with st.expander("How it runs", icon=":material/directions_run:"):
        if recipe.schedule == "constant":
            limited = st.toggle(
                "I have little time", recipe.seconds > 0, key="limited", persist_state="session",
                help="It measures its first batches and trains as much as fits into the time.",
            )  # fmt: skip
            if limited:
                seconds = st.number_input(
                    "Seconds", 1, 3600, recipe.seconds or 20, key="seconds", persist_state="session"
                )
                recipe = recipe.with_changes(seconds=seconds, epochs=200)
            elif recipe.seconds:
                recipe = recipe.with_changes(seconds=0)
        probes = _probes()
        follow = st.selectbox(
            "Follow a digit", list(probes), key="follow", persist_state="session",
            help="Its ten probabilities move with every batch that the network learns from.",
        )  # fmt: skip
        name = st.text_input(
            "Your name", ledger().name(visitor()), max_chars=MOST_NAME, key="name", placeholder="for the list of runs"
        )
        if name != ledger().name(visitor()):
            ledger().rename(visitor(), name)
    return recipe, probes[follow]


def _probes() -> dict[str, str | None]:
    """The digits that can be followed, by what they are called: this visitor's drawing first."""
    probes: dict[str, str | None] = {}
    drawn = ink_pad.drawn()
    if drawn is not None:
        probes["My drawing"] = pixels_to_text((drawn * 255).round().astype(np.uint8))
    with suppress(FileNotFoundError, ValueError):  # no digits: a run will say so
        test = mnist.digits()
        for place in TEST_DIGITS:
            probes[f"A {test.y_test[place]} of the test digits"] = pixels_to_text(test.x_test[place])
    return {**probes, "None": None}


def _already(recipe: Recipe) -> None:
    """Offer the model that the same recipe and seed already gave."""
    name = library.trained(recipe)
    if name is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="already"):
        accuracy = library.card(name).test_accuracy
        st.caption(
            f"Trained before with these settings and this seed: {accuracy:.2%} of the test digits.", width="stretch"
        )
        st.page_link("draw.py", label="Draw with it", icon=":material/draw:", query_params={"model": name})


def _own(base: Recipe) -> Recipe:
    version = st.session_state.get("own-version", 0)
    settings: dict[str, Any] = {}
    with st.container(border=True):
        st.markdown("**Layers**")
        layers = _edit_layers(base.layers[:-1])
    with st.expander("Settings", icon=":material/tune:"):
        columns = st.columns(2)
        for place, name in enumerate(SETTINGS):
            with columns[place % 2]:
                key = f"own-{version}-{name}" if version else f"own-{name}"
                settings[name] = _field(Recipe, name, getattr(base, name), key=key, help=HELP[name])
        varied = st.toggle(
            "Vary the images", base.augmentation is not None, key=f"own-{version}-augmentation",
            persist_state="session",
            help="Turn, lean, stretch and thicken each image by chance, anew in every epoch: it learns more hands.",
        )  # fmt: skip
        settings["augmentation"] = (base.augmentation or Augmentation()) if varied else None
    return base.with_changes(layers=[*layers, OUTPUT], **settings)


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
