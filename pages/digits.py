"""Browse the 70,000 digits of MNIST."""

import streamlit as st

st.title("The digits", anchor=False)
