"""One model, one digit: why this answer?"""

import streamlit as st

st.title("Inside a network", anchor=False)
