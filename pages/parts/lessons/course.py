"""The course: its lessons in order, and the way from one to the next."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import library
from core.recipe import PRESETS
from pages.parts import address


@dataclass(frozen=True)
class Lesson:
    """Something to move, and the formula beside it."""

    name: str  # in the URL
    title: str
    question: str  # that it answers, for the list of contents

    @property
    def show(self) -> Callable[[], None]:
        """What draws it: `show` of the module of its name."""
        drawn: Callable[[], None] = import_module(f"pages.parts.lessons.{self.name.replace('-', '_')}").show
        return drawn


_PARAMETERS = " and ".join(f"{PRESETS[name].parameters:,}" for name in ("ten-lines", "simple-cnn", "first-network"))

LESSONS = (
    Lesson("neuron", "An artificial neuron", "How can a sum and a threshold tell two kinds of points apart?"),
    Lesson("activation", "ReLU and sigmoid", "What does a neuron do with its sum?"),
    Lesson("layers", "Layers", "What can two layers do that one cannot?"),
    Lesson("softmax", "Evidence and softmax", "How do ten sums become ten percentages?"),
    Lesson("one-hot", "One-hot labels", "How is a digit written as the answer to learn?"),
    Lesson("loss", "Loss", "How wrong is a guess?"),
    Lesson("gradient-descent", "Gradient descent", "How does a network get better, and what is the learning rate?"),
    Lesson("batches", "Batches and epochs", "How many images does one step look at?"),
    Lesson("overfitting", "Training, validation, test", "When has a network learnt by heart?"),
    Lesson("convolution", "Convolution", "What does a small window see that slides over a digit?"),
    Lesson("pooling", "Pooling", "Why does a network throw three of four numbers away?"),
    Lesson("dropout", "Dropout", "Why switch off neurons while learning?"),
    Lesson(
        "parameters",
        "Counting parameters",
        f"Where do {_PARAMETERS} come from?",
    ),
    Lesson("metrics", "Accuracy, recall, confusion", "What does a single percentage hide?"),
    Lesson("ten-lines", "The ten-line program", "What did each line do, to real arrays?"),
)
_PLACES = {lesson.name: place for place, lesson in enumerate(LESSONS)}


def show() -> None:
    """The lesson that the URL names, or the contents."""
    st.html(Path(__file__).parent / "course.css")
    name = address.follow("lesson")
    if name is None:
        _contents()
    elif name not in _PLACES:
        st.warning("There is no lesson of that name. Choose one below.")
        _contents()
    else:
        _lesson(LESSONS[_PLACES[name]])


def columns() -> tuple[DeltaGenerator, DeltaGenerator]:
    """A lesson's two halves: what moves, and beside it its settings and the formula."""
    left, right = st.columns([6, 5], gap="large")
    return left, right


def try_this(what: str) -> None:
    """Something to do, at the end of a lesson; Markdown."""
    with st.container(key="course-try"):
        st.markdown(f"**Try this:** {what}")


def choose_model(key: str, first: str) -> str | None:
    """A select box of the saved models, in the URL; None, with a word on it, if there is none.

    Args:
        key: Of the widget and in the URL.
        first: The one chosen until somebody chooses, if there is such a model.
    """
    known = library.names()
    if not known:
        st.info("There is no model to ask yet. Train one on the Train page.")
        return None
    name: str = st.selectbox("Model", known, known.index(first) if first in known else 0, key=key, bind="query-params")
    return name


def _contents() -> None:
    st.title("Learn how a network reads digits", anchor=False)
    st.markdown(
        f"{len(LESSONS)} lessons, each with something to move. Every number in them is computed, none typed in."
    )
    with st.container(key="course-contents"):
        for number, lesson in enumerate(LESSONS, 1):
            st.page_link(
                "learn.py",
                label=f"**{number}. {lesson.title}**  \n{lesson.question}",
                query_params={"lesson": lesson.name},
                width="stretch",
            )


def _lesson(lesson: Lesson) -> None:
    place = _PLACES[lesson.name]
    with st.container(horizontal=True, vertical_alignment="center", key="course-head"):
        st.title(lesson.title, anchor=False, width="content")
        st.caption(f"Lesson {place + 1} of {len(LESSONS)}")
    lesson.show()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="course-way"
    ):
        if place > 0:
            _link(f"Before: {LESSONS[place - 1].title}", LESSONS[place - 1], ":material/arrow_back:")
        st.page_link("learn.py", label="All lessons", icon=":material/list:")
        if place + 1 < len(LESSONS):
            with st.container(key="course-next", width="content"):
                _link(f"Next: {LESSONS[place + 1].title}", LESSONS[place + 1], ":material/arrow_forward:")


def _link(label: str, lesson: Lesson, icon: str) -> None:
    st.page_link("learn.py", label=label, icon=icon, query_params={"lesson": lesson.name})
