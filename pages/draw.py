"""Draw a digit; see what the network sees, and its ten probabilities."""

import streamlit as st

from core import ink
from pages.parts import answer, ink_pad, models

st.title("Draw a digit", anchor=False)
left, right = st.columns(2, gap="large")
with left:
    drawing = ink_pad.ink_pad()
with right:
    answered = st.container()  # above the choice of the model: on a phone the answer comes first
    name = models.choose()
with answered:
    try:
        image = ink.to_mnist(ink.strokes_from_canvas(drawing))
    except ink.InkError as error:
        st.error(str(error))
    else:
        if name is None:
            st.info("There is no model to read with yet. Train one on the Train page.")
        elif image is None:
            answer.invite()
        else:
            answer.show(models.load(name), image)
