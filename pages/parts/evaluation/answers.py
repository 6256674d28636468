"""What models answered to MNIST's test digits: kept beside them, or read again for bundles of early versions."""

from pathlib import Path

import numpy as np
import streamlit as st

from core import library, mnist
from core.evaluation import Evaluation
from pages.parts import models

STYLE = Path(__file__).parent / "evaluation.css"
KEPT = "test_probabilities.npy"


def of(name: str) -> Evaluation:
    """A model's answers to the 10,000 test digits; without a kept file it reads them now, which takes seconds."""
    return _of(name, library.card(name).fingerprint)


@st.cache_resource(max_entries=64, show_spinner=False)
def _of(name: str, fingerprint: str) -> Evaluation:
    digits = mnist.digits()
    if KEPT in library.card(name).sha256:
        probabilities = library.test_probabilities(name)
    else:
        probabilities = models.load(name).predict(mnist.scaled(digits.x_test))
    probabilities.flags.writeable = False  # it is everybody's
    return Evaluation(probabilities, digits.y_test)


def ask(name: str) -> Evaluation | None:
    """The same for a page: a model without kept answers is read again only when somebody asks for it."""
    if KEPT in library.card(name).sha256:
        return of(name)
    if name in st.session_state.get("measured", ()):
        with st.spinner(f"{name} reads the 10,000 test digits."):
            return of(name)
    st.info(
        f"{name} was made by an early version, which did not keep its answers to MNIST's test digits. "
        "It can read all 10,000 again now; that takes some seconds."
    )
    st.button("Read them now", on_click=_measure, args=(name,), key=f"measure-{name}", icon=":material/fact_check:")
    return None


def picture(place: int) -> np.ndarray:
    """A test digit, (28, 28) float32 in [0, 1]."""
    return mnist.scaled(mnist.digits().x_test[place])


def _measure(name: str) -> None:
    st.session_state["measured"] = {*st.session_state.get("measured", ()), name}
