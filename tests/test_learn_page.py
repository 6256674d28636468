"""The course without a browser: every lesson opens, answers what is moved, and knows hostile links."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core import mnist
from core.lessons import neuron
from pages.parts.lessons.course import LESSONS

ROOT = Path(__file__).parent.parent
PAIR = (0, 1)

pytestmark = pytest.mark.usefixtures("state")


def learn(lesson: str | None = None, **others: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.run().switch_page("learn.py")
    for name, value in {"lesson": lesson, **others}.items():
        if value is not None:
            at.query_params[name.replace("_", "-")] = value
    at.run()
    assert not at.exception
    assert not at.error
    return at


def said(at: AppTest) -> str:
    """All words, formulas and HTML of the page."""
    told = [element.value for kind in ("markdown", "caption", "latex") for element in at.get(kind)]
    return "\n".join([*told, *(html.proto.body for html in at.get("html"))])


def button(at: AppTest, label: str) -> Button:
    return next(button for button in at.button if button.label == label)


def press(at: AppTest, label: str) -> None:
    button(at, label).click().run()


def test_contents_name_every_lesson_and_link_to_it() -> None:
    links = learn().get("page_link")
    assert [link.proto.label.split("**")[1] for link in links] == [
        f"{number}. {lesson.title}" for number, lesson in enumerate(LESSONS, 1)
    ]


def test_unknown_lesson_gets_a_sentence_and_the_contents() -> None:
    at = learn("nonsense")
    assert "no lesson of that name" in at.warning[0].value
    assert len(at.get("page_link")) == len(LESSONS)


@pytest.mark.parametrize("lesson", [lesson.name for lesson in LESSONS])
def test_lesson_has_a_formula_and_something_to_try_and_leads_on(lesson: str) -> None:
    at = learn(lesson, **({"ten_line": "9"} if lesson == "ten-lines" else {}))
    assert not at.warning
    assert at.latex
    assert "**Try this:**" in said(at)
    assert "All lessons" in [link.proto.label for link in at.get("page_link")]


MOVES: dict[str, Callable[[AppTest], object]] = {
    "neuron": lambda at: at.slider(key="neuron-b").set_value(2.0),
    "activation": lambda at: at.slider(key="activation-z").set_value(-2.0),
    "layers": lambda at: at.slider(key="layers-hidden").set_value(3),
    "softmax": lambda at: at.slider(key="softmax-more").set_value(3.0),
    "one-hot": lambda at: at.get("button_group")[0].set_value(7),
    "loss": lambda at: at.slider(key="loss-p").set_value(0.9),
    "gradient-descent": lambda at: at.select_slider(key="descent-rate").set_value(0.5),
    "batches": lambda at: at.select_slider(key="batches-size").set_value(256),
    "overfitting": lambda at: at.slider(key="overfitting-epoch").set_value(3),
    "convolution": lambda at: at.segmented_control(key="convolution-padding").set_value("same"),
    "pooling": lambda at: at.slider(key="pooling-row").set_value(9),
    "dropout": lambda at: at.slider(key="dropout-rate").set_value(0.9),
    "parameters": lambda at: at.selectbox(key="parameters-network").select("simple-cnn"),
    "metrics": lambda at: at.slider(key="metrics-threshold").set_value(0.9),
    "ten-lines": lambda at: at.slider(key="ten-line").set_value(7),
}


@pytest.mark.parametrize("lesson", [lesson.name for lesson in LESSONS])
def test_what_is_moved_changes_what_is_said(lesson: str) -> None:
    at = learn(lesson)
    before = said(at)
    MOVES[lesson](at)
    at.run()
    assert not at.exception
    assert said(at) != before


@pytest.mark.parametrize(
    ("lesson", "name", "value"),
    [
        ("neuron", "neuron-w1", "nan"),
        ("neuron", "neuron-pair", "<b>"),
        ("activation", "activation-z", "1e999"),
        ("layers", "layers-hidden", "100000"),
        ("softmax", "softmax-model", "../../etc"),
        ("softmax", "softmax-image", "-5"),
        ("one-hot", "one-hot-digit", "11"),
        ("loss", "loss-p", "0"),
        ("gradient-descent", "descent-rate", "9"),
        ("batches", "batches-recipe", "nobody"),
    ],
)
def test_link_with_a_value_that_cannot_be_is_as_one_without(lesson: str, name: str, value: str) -> None:
    assert said(learn(lesson, **{name: value})) == said(learn(lesson))


def test_steps_of_an_epoch_are_those_of_the_published_recipe() -> None:
    told = said(learn("batches", batches_recipe="ten-lines", batches_size="32"))
    assert r"&= 1{,}875 &&\text{ steps an epoch}" in told
    assert r"10 \cdot 1{,}875 &= 18{,}750" in told


def test_link_sets_what_a_lesson_shows() -> None:
    at = learn("activation", activation_z="-2.0")
    assert at.slider(key="activation-z").value == -2.0


def test_learning_steps_of_the_neuron_are_those_of_the_rule() -> None:
    at = learn("neuron")
    press(at, "One step of learning")
    digits = mnist.digits()
    points = neuron.measured(digits.x_train, digits.y_train, PAIR, 120)
    w, b = neuron.perceptron_step(points, np.array([1.0, 1.0]), 0.0, 0.1)
    assert [at.slider(key=f"neuron-{name}").value for name in ("w1", "w2", "b")] == [
        round(value, 2) for value in (*w, b)
    ]


def test_half_as_learning_rate_is_there_in_one_step_and_a_larger_one_jumps_out() -> None:
    at = learn("gradient-descent")
    at.select_slider(key="descent-rate").set_value(0.5).run()
    press(at, "Step")
    assert "It is there" in said(at)
    press(at, "Start again")
    at.select_slider(key="descent-rate").set_value(1.2).run()
    for _ in range(6):
        press(at, "Ten steps")
    assert not at.exception
    assert "jumped out" in said(at)
    assert button(at, "Ten steps").disabled


@pytest.mark.parametrize(("momentum", "there"), [("0.0", False), ("0.6", True), ("0.9", False)])
def test_some_momentum_arrives_where_sixty_steps_with_none_or_too_much_do_not(momentum: str, there: bool) -> None:
    at = learn("gradient-descent", descent_rate="0.03", descent_momentum=momentum)
    assert (r"\text{momentum}" in said(at)) is (momentum != "0.0")
    for _ in range(6):
        press(at, "Ten steps")
    assert "**60 steps" in said(at)
    assert ("It is there" in said(at)) is there


def test_two_visitors_descend_by_themselves() -> None:
    one, other = learn("gradient-descent"), learn("gradient-descent")
    press(one, "Ten steps")
    other.run()
    assert "**10 steps" in said(one)
    assert "**0 steps" in said(other)
