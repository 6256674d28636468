"""The page Inside: which model, which digit, and the way of looking at both."""

from pathlib import Path

import numpy as np
import streamlit as st

from core import charts
from core.bundle import DamagedBundle
from core.insight import Network, anatomy
from core.mnist import a_digit
from core.model import Model
from pages.parts import models, subject
from pages.parts.inside import atlas, change, evidence, layers, relatives, replay
from pages.parts.subject import Subject

VIEWS = {
    "Layers": layers.show,
    "Evidence": evidence.show,
    "What would change it": change.show,
    "Relatives": relatives.show,
    "Map": atlas.show,
    "Replay": replay.show,
}
OF_ALL_LOOKS = ("What would change it", "Replay")  # by a model that looks several times


def show() -> None:
    """Ask for both, then show the chosen view."""
    st.html(Path(__file__).parent / "inside.css")
    left, right = st.columns([5, 11], gap="large")
    with right:  # on a phone right above what they change
        view = st.segmented_control(
            "View", VIEWS, default="Layers", required=True, key="inside-view", bind="query-params",
            label_visibility="collapsed",
        )  # fmt: skip
    with left, st.container(key="inside-left"):
        name = models.choose(about="nothing")
        shown = subject.choose(pad=True)
        opened = _opened(name) if name else None
        if opened and shown:
            _answer(*opened, shown, of_one_look=view not in OF_ALL_LOOKS)
    with right:
        if name is None:
            st.info("There is no model to look into yet. Train one on the Train page.")
        elif opened and shown:
            VIEWS[view](*opened, shown)


def _opened(name: str) -> tuple[Model, Network] | None:
    try:
        return models.load(name), anatomy.opened(name)
    except (FileNotFoundError, DamagedBundle) as error:
        st.error(str(error))
        return None


def _answer(model: Model, network: Network, shown: Subject, of_one_look: bool) -> None:
    """What the model says, as on Draw; and if the view is of one of its looks only, what that one says."""
    probabilities = model.predict(shown.picture[None])[0]
    best, second = (int(place) for place in np.argsort(probabilities)[::-1][:2])
    truth = "" if shown.label is None else f" It is {a_digit(shown.label)}."
    if model.digit_likeness(shown.picture[None])[0] < model.likeness_threshold:
        st.markdown(f"I do not think {shown.name} is a digit. If it is one after all:")
    st.markdown(
        f"**{model.name}** reads {shown.name} as **{best}**, {charts.percentage(probabilities[best])}; "
        f"then {second}, {charts.percentage(probabilities[second])}.{truth}"
    )
    if model.recipe.glances > 1:
        said = f"It looks {model.recipe.glances} times, also turned a little, smaller and larger, and takes the mean."
        if of_one_look:
            own = network.probabilities(shown.picture[None])[0]
            said += f" What follows is the first look, as it is: {int(own.argmax())}, {charts.percentage(own.max())}."
        st.caption(said)
