"""Lay runs over each other: their curves, what differs in their recipes, what came out."""

import streamlit as st

from pages.parts import comparison

st.title("Compare runs", anchor=False)
chosen = comparison.choose()
if chosen:
    comparison.show(chosen)
