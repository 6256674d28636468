"""Saved models, one beside the other: scores, mistakes, files."""

import streamlit as st

st.title("Models", anchor=False)
