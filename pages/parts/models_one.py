"""One model looked into: what it takes for what, its scores, how sure it is, its mistakes, how it learned."""

import streamlit as st

from core import library
from pages.parts import (
    evaluation_answers,
    evaluation_confusion,
    evaluation_history,
    evaluation_scores,
    evaluation_sureness,
    models,
)


def show() -> None:
    """Ask for the model, then everything about its answers to the test digits."""
    st.html(evaluation_answers.STYLE)
    name = models.choose()
    if name is None:
        st.info("There is no model yet. Train one on the Train page.")
        return
    evaluated = evaluation_answers.ask(name)
    if evaluated is not None:
        st.subheader("What it takes for what", anchor=False)
        evaluation_confusion.show(name, evaluated)
        st.subheader("Digit by digit", anchor=False)
        evaluation_scores.by_digit(evaluated)
        st.subheader("One digit against the others", anchor=False)
        evaluation_scores.two_classes(evaluated)
        st.subheader("Does it know how sure it may be?", anchor=False)
        evaluation_sureness.calibrated(evaluated, library.card(name))
        st.subheader("Its mistakes", anchor=False)
        evaluation_sureness.mistakes(name, evaluated)
    st.subheader("How it learned", anchor=False)
    evaluation_history.show(name)
