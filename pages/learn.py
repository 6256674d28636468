"""A short course of lessons with something to move."""

import streamlit as st

st.title("Learn", anchor=False)
