"""One model, one digit: why this answer?"""

import streamlit as st

from pages.parts import inside

st.title("Inside a network", anchor=False)
inside.show()
