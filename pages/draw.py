"""Draw a digit, or several, or show a picture of some; see what the network sees, and its ten probabilities."""

import numpy as np
import streamlit as st

from core import ink, reading
from pages.parts import answer, doctor, ink_pad, models, photo
from pages.parts.live_chart import load_ahead

DOT = 12  # canvas pixels; who drew nothing larger has only touched the board


@st.fragment  # a stroke is answered without the router, the menu and the styles being sent once more
def board_and_answer() -> None:
    left, right = st.columns(2, gap="large")
    with left:
        source = photo.source()
        board = ink_pad.ink_pad() if source == "Draw" else None
        found = photo.ask(source) if source != "Draw" else None
    with right:
        answered = st.container()  # above the choice of the model: on a phone the answer comes first
        name = models.choose()
    with answered:
        try:
            strokes = board.strokes() if board else []
        except ink.InkError as error:
            st.error(str(error))
            return
        digits = reading.digits(models.load(name), strokes) if name and strokes else ink.segment(strokes)
        pictures = found.digits if found else map(ink.to_mnist, digits)
        seen = [picture for picture in pictures if picture is not None]
        if name is None:
            st.info("There is no model to read with yet. Train one first.")
            st.page_link("train.py", label="Train a network", icon=":material/model_training:")
        elif found and not seen:
            st.info(
                "There is nothing on this picture that stands out from its ground. Take it nearer, or with more light."
            )
        elif not seen or (strokes and all(np.ptp(stroke, axis=0).max() < DOT for stroke in strokes)):
            answer.invite() if source == "Draw" else answer.invite_picture()
        elif len(seen) > reading.MOST:
            st.info(
                f"These are {len(seen)} digits; I read up to {reading.MOST} at once. Undo some, or clear the board."
            )
        elif len(seen) > 1:
            answer.show_number(models.load(name), seen, dots=ink.has_dots(strokes))
        else:
            model = models.load(name)
            known = answer.show(model, seen[0])
            doctor.ask(model, digits[0] if digits else None, seen[0], known)


st.title("Draw a digit", anchor=False)
board_and_answer()
load_ahead()  # the first answer will need it
