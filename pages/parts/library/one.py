"""One model looked into: what it mistakes for what, its scores, how sure it is, its mistakes, how it learned."""

import streamlit as st

from core import library
from pages.parts import models
from pages.parts.evaluation import answers, confusion, history, scores, sureness


def show() -> None:
    """Ask for the model, then everything about its answers to the test digits."""
    st.html(answers.STYLE)
    name = models.choose(about="full")
    if name is None:
        st.info(models.NONE_YET)
        return
    evaluated = answers.ask(name)
    if evaluated is not None:
        st.subheader("Which digit is mistaken for which", anchor=False)
        confusion.show(name, library.card(name).fingerprint, evaluated)
        st.subheader("Digit by digit", anchor=False)
        scores.by_digit(evaluated)
        st.subheader("One digit against the others", anchor=False)
        scores.two_classes(evaluated)
        st.subheader("Does it know how sure it may be?", anchor=False)
        sureness.calibrated(evaluated, library.card(name))
        st.subheader("Its mistakes", anchor=False)
        sureness.mistakes(name, evaluated)
    st.subheader("How it learned", anchor=False)
    history.show(name)
