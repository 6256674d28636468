"""How a run shall go: within how many seconds, followed by which digit, under whose name."""

from contextlib import suppress

import numpy as np
import streamlit as st

from core import mnist
from core.jobs import pixels_to_text
from core.recipe import Recipe
from core.runs import ledger
from core.schema import MOST_NAME
from pages.parts import ink_pad
from pages.parts.train import layers_form
from pages.parts.visitor import visitor

FOLLOWED = (0, 1, 2)  # places among the test digits of those that can be followed
SLOW = "Batch by batch, slow enough to talk about."
SECONDS = 20  # until somebody says otherwise


def begin(recipe: Recipe) -> None:
    """Start with a recipe's own limit of seconds."""
    st.session_state["limited"] = recipe.seconds > 0
    st.session_state["seconds"] = recipe.seconds or SECONDS


def ask(recipe: Recipe, faults: list[str]) -> tuple[Recipe, str | None, bool]:
    """Show the options; add a sentence for a number beyond its bounds.

    Returns:
        The recipe within its limit, the digit to follow as `jobs.pixels_to_text` has it, whether to begin slowly.
    """
    with st.expander("How it runs", icon=":material/directions_run:"):
        if recipe.schedule == "constant":
            limited = st.toggle(
                "I have little time", recipe.seconds > 0, key="limited", persist_state="session",
                help="It measures its first batches and trains as much as fits into the time.",
            )  # fmt: skip
            if limited:
                typed = st.number_input(
                    "Seconds (1 to 3,600)", value=recipe.seconds or SECONDS, key="seconds", persist_state="session"
                )
                seconds = layers_form.within(1, 3600, typed, "Seconds", faults)
                recipe = recipe.with_changes(seconds=seconds, epochs=200, averaged_epochs=0)
            elif recipe.seconds:
                recipe = recipe.with_changes(seconds=0)
        probes = _probes()
        follow = st.selectbox(
            "Follow a digit", list(probes), key="follow", persist_state="session",
            help="Its ten probabilities move with every batch that the network learns from.",
        )  # fmt: skip
        slow = st.toggle("Begin in slow motion", key="begin-slow", persist_state="session", help=SLOW)
        st.text_input(
            "Your name", ledger().name(visitor()), max_chars=MOST_NAME, key="name", on_change=_rename,
            placeholder="for the list of runs",
        )  # fmt: skip
    return recipe, probes[follow], slow


def _rename() -> None:
    ledger().rename(visitor(), st.session_state["name"])


def _probes() -> dict[str, str | None]:
    """The digits that can be followed, by what they are called: this visitor's drawing first."""
    probes: dict[str, str | None] = {}
    drawn = ink_pad.drawn()
    if drawn is not None:
        probes["My drawing"] = pixels_to_text((drawn * 255).round().astype(np.uint8))
    with suppress(FileNotFoundError, ValueError):  # no digits: a run will say so
        test = mnist.digits()
        for place in FOLLOWED:
            probes[f"A {test.y_test[place]} of the test digits"] = pixels_to_text(test.x_test[place])
    return {**probes, "None": None}
