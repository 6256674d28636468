"""The form that asks what to train: a preset, or one's own layers and settings."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import ValidationError
from streamlit.delta_generator import DeltaGenerator

from core import diagram, estimate, library, link
from core.charts import percentage
from core.layers import OUTPUT, Conv, Dense, Flatten, Layer, MaxPool
from core.library import MOST_TITLE
from core.recipe import PRESETS, Augmentation, Recipe, explain, summary, too_much
from core.runs import ledger
from core.words import many
from pages.parts import address
from pages.parts.numbers import show_table
from pages.parts.train import layers_form, run_code, run_options
from pages.parts.train.watching import duration

OWN = "your-own"
FIRST = Recipe(  # what one's own network begins as
    layers=(Conv(filters=16), MaxPool(), Flatten(), Dense(units=64), OUTPUT), validation_split=0.1
)
ABOUT = {
    "ten-lines": "Ten sigmoid neurons and ten outputs: the ten-line Keras program.",
    "keras-intro": "The same two layers in larger batches and half the epochs: it stays behind.",
    "simple-cnn": "Two convolutions with pooling: sees strokes instead of pixels.",
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
    "precision": "Of what hidden layers compute; bfloat16 is coarser, for convolutions faster if the processor has it.",
    "seed": "Equal recipes with equal seeds give equal networks.",
}


@dataclass(frozen=True)
class Asked:
    """What somebody wants trained."""

    recipe: Recipe
    title: str
    probe: str | None  # a digit to follow: `jobs.pixels_to_text`
    slow: bool  # begin in slow motion


def ask() -> Asked | None:
    """Show the form; what to train once "Start training" is pressed."""
    _open_link()
    own = st.session_state.get("recipe", st.query_params.get("recipe")) == OWN
    left, right = st.columns([5, 6] if own else [1, 2], gap="large")
    with left:
        chosen = st.selectbox("Recipe", [*PRESETS, OWN], key="recipe", bind="query-params")
        st.caption(ABOUT[chosen])
        name_box = st.container()
        faults: list[str] = []  # numbers beyond their bounds, a sentence each
        layers = _layers(_base(), faults) if own else PRESETS[chosen].layers
        try:
            whole = _own(_base(), layers, faults) if own else PRESETS[chosen]
            recipe, probe, slow = run_options.ask(whole, faults)
            problem = too_much(recipe)
            if recipe.seconds:  # the epochs come back when the limit is taken away
                whole = whole.with_changes(seconds=recipe.seconds, averaged_epochs=0)
            if own and not faults and (recipe != FIRST or made() is not None or st.session_state.get("own-name")):
                st.session_state["own-made"] = link.to_link(whole if recipe.seconds else recipe)
        except ValidationError as error:
            recipe, probe, slow, problem = None, None, False, explain(error)
        problem = faults[0] if faults else problem
        if problem is not None:
            recipe = None
            st.error(problem)
        title = _name(name_box, layers) if own else chosen
        if recipe is not None:
            st.caption(_in_words(recipe))
        pressed = st.button(
            "Start training", type="primary", icon=":material/play_arrow:", disabled=recipe is None, width="stretch"
        )
        if recipe is not None:
            if not recipe.seconds:
                st.caption(_how_long(recipe))
            _already(recipe)
            if not own:
                st.button(
                    "Change it", icon=":material/tune:", on_click=_make_own, args=(PRESETS[chosen],), key="change-it"
                )
    with right:
        if problem is not None:  # beside the button as well, which may be far below
            st.error(problem)
            st.markdown(diagram.network_svg(_sound(layers)), unsafe_allow_html=True)
        if recipe is not None:
            _show(recipe)
            run_code.show(recipe, title)
    return Asked(recipe, title, probe, slow) if pressed and recipe is not None else None


def _open_link() -> None:
    """Fill the form with the recipe of a link that somebody sent."""
    text, fault = st.query_params.get("recipe", ""), None
    if text and text not in PRESETS and text != OWN:
        try:
            _make_own(link.from_link(text))
        except ValueError as error:
            st.session_state["recipe"] = st.session_state.get("recipe", next(iter(PRESETS)))  # in the address, too
            fault = str(error)
    address.warn("recipe", fault)


def made() -> tuple[str, bool, str] | None:
    """One's own network as a link has it, whether it is chosen, its name; None while the form is as it begins."""
    made: str | None = st.session_state.get("own-made")
    chosen = st.session_state.get("recipe") == OWN
    return None if made is None else (made, chosen, st.session_state.get("own-name", ""))


def bring_back(made: object) -> None:
    """Fill the form with what the tab says was in it, unless something else is in it by now."""
    match made:
        case [str(text), bool(chosen), str(name)] if "own-version" not in st.session_state:
            with suppress(ValueError):
                _fill(link.from_link(text))
                st.session_state["own-name"] = name[:MOST_TITLE]
                if chosen and "recipe" not in st.query_params:
                    st.session_state["recipe"] = OWN


def _make_own(recipe: Recipe) -> None:
    """Put a recipe into the form of one's own, to look at and to change."""
    _fill(recipe)
    st.session_state["recipe"] = OWN


def _fill(recipe: Recipe) -> None:
    st.session_state["own-base"] = recipe
    st.session_state["own-version"] = st.session_state.get("own-version", 0) + 1  # its fields begin anew
    st.session_state["own-name"] = ""
    layers_form.begin(recipe.layers[:-1])
    run_options.begin(recipe)


def _base() -> Recipe:
    base: Recipe = st.session_state.setdefault("own-base", FIRST)
    return base


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


def _name(box: DeltaGenerator, layers: tuple[Layer, ...]) -> str:
    """What one's own network is called: as somebody wrote it, or by its layers, "conv16-dense64"."""
    sizes = (f"{layer.kind}{layer.filters if isinstance(layer, Conv) else layer.units}" for layer in layers[:-1]
             if isinstance(layer, Conv | Dense))  # fmt: skip
    usual = "-".join(sizes)[:MOST_TITLE].rstrip("-") or "softmax10"
    written: str = box.text_input(
        "Name of this network", key="own-name", persist_state="session", max_chars=MOST_TITLE, placeholder=usual,
        help="Its runs and its model are called so, in small letters, digits and hyphens.",
    )  # fmt: skip
    return re.sub(r"[^a-z0-9]+", "-", written.lower()).strip("-") or usual


def _layers(base: Recipe, faults: list[str]) -> tuple[Layer, ...]:
    with st.container(border=True):
        st.markdown("**Layers**")
        return (*layers_form.edit(base.layers[:-1], faults), OUTPUT)


def _sound(layers: tuple[Layer, ...]) -> Recipe:
    """The layers up to the first that cannot stand where it stands, to be drawn and no more."""
    parts = [Recipe.model_construct(layers=layers[:count]) for count in range(len(layers) + 1)]
    for part in reversed(parts):
        with suppress(ValueError):
            summary(part)
            return part
    return parts[0]


def _own(base: Recipe, layers: tuple[Layer, ...], faults: list[str]) -> Recipe:
    version = st.session_state.get("own-version", 0)
    settings: dict[str, Any] = {}
    with st.expander("Settings", icon=":material/tune:"):
        columns = st.columns(2)
        for place, name in enumerate(SETTINGS):
            with columns[place % 2]:
                key = f"own-{version}-{name}" if version else f"own-{name}"
                settings[name] = layers_form.field(Recipe, name, getattr(base, name), faults, key=key, help=HELP[name])
        varied = st.toggle(
            "Vary the images", base.augmentation is not None, key=f"own-{version}-augmentation",
            persist_state="session",
            help="Turn, lean, stretch and thicken each image by chance, anew in every epoch after the first: "
            "it learns more hands.",
        )  # fmt: skip
        settings["augmentation"] = (base.augmentation or Augmentation()) if varied else None
    # What has no control here gives way to what has one.
    averaging = base.averaged_epochs < settings["epochs"] and not settings["patience"]
    settings["averaged_epochs"] = base.averaged_epochs if averaging else 0
    settings["seconds"] = base.seconds if settings["schedule"] == "constant" else 0
    settings["validate_on_test"] = base.validate_on_test and not settings["validation_split"]
    return base.with_changes(layers=layers, **settings)


def _in_words(recipe: Recipe) -> str:
    watched = (
        "watched on the test digits, as the tutorial does"
        if recipe.validate_on_test
        else f"with {percentage(recipe.validation_split)} kept aside for validation"
        if recipe.validation_split
        else "without validation"
    )
    length = many(recipe.seconds, "second") if recipe.seconds else many(recipe.epochs, "epoch")
    pens = " and pen drawings" if recipe.pen_drawings else ""
    kept = "".join(
        f", {words}"
        for words, so in (
            (f"the weights of the last {many(recipe.averaged_epochs, 'epoch')} averaged", recipe.averaged_epochs),
            (f"each image read in {recipe.glances} glances", recipe.glances > 1),
        )
        if so
    )
    varied = ", each varied by chance after the first epoch" if recipe.augmentation else ""
    schedule = " at most, in one cycle" if recipe.schedule == "one-cycle" else ""
    return (
        f"{length} over {many(recipe.fitted_images, 'image')}{pens}{varied}, in batches of {recipe.batch_size}, "
        f"{recipe.optimizer} with learning rate {recipe.learning_rate:g}{schedule}, {watched}{kept}."
    )


def _how_long(recipe: Recipe) -> str:
    """About how long it will take, and what that is known from."""
    ended = ledger().recent()
    about = estimate.seconds(recipe) * estimate.correction(ended)
    basis = "going by the runs that ended here" if estimate.measured(ended) else "as measured on two processor cores"
    return f"Takes about {duration(about)}, {basis}."


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
    show_table(table, index=False)
    st.caption(f"{recipe.parameters:,} parameters")
