"""The views "One model" and "Side by side" without a browser."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import library
from core.bundle import Card
from core.settings import settings

ROOT = Path(__file__).parent.parent
STROKE = {"type": "Path", "path": [["M", 200, 60], ["L", 200, 330]]}
DRAWN = {"drawing": {"raw": {"objects": [STROKE]}, "data": None}}

pytestmark = pytest.mark.usefixtures("state")


def opened(view: str, board: Any = None, **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.switch_page("models.py")
    for name, value in {"view": view, **query}.items():
        at.query_params[name] = value
    if board is not None:
        at.session_state["board"] = board
    return at.run()


def said(at: AppTest) -> str:
    return "\n".join([html.proto.body for html in at.get("html")] + [text.value for text in at.markdown])


@pytest.fixture
def early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A library with one model that did not keep its answers."""
    name, models = "early-ten-lines", tmp_path / "early"
    shutil.copytree(ROOT / "trained_models" / "ten-lines", models / name)
    shutil.copytree(ROOT / "trained_models" / "keras-intro", models / "keras-intro")
    (models / name / "test_probabilities.npy").unlink()
    card = Card.model_validate_json((models / name / "card.json").read_bytes())
    kept = {file: sum_ for file, sum_ in card.sha256.items() if file != "test_probabilities.npy"}
    (models / name / "card.json").write_text(card.model_copy(update={"sha256": kept}).model_dump_json())
    monkeypatch.setenv("DIGITLAB_MODELS", str(models))
    settings.cache_clear()
    return name


def test_one_model_is_shown_whole() -> None:
    at = opened("One model", model="ten-lines")
    assert not at.exception
    assert not at.error
    assert at.selectbox(key="model").value == "ten-lines"
    assert [head.value for head in at.subheader] == [
        "Which digit is mistaken for which",
        "Digit by digit",
        "One digit against the others",
        "Does it know how sure it may be?",
        "Its mistakes",
        "How it learned",
    ]
    wrong = round(10_000 * (1 - library.card("ten-lines").test_accuracy))
    assert f"{wrong:,} mistakes, the surest first" in said(at)


def test_formulas_are_filled_in_for_the_digit_of_the_link() -> None:
    at = opened("One model", **{"model": "ten-lines", "class": "7"})
    assert not at.exception
    assert "is a 7" in said(at)
    assert len(at.latex) == 4


def test_unknown_model_and_digit_of_a_link_change_nothing() -> None:
    at = opened("One model", **{"model": "<b>none", "class": "12", "cells": "x"})
    assert not at.exception
    assert at.selectbox(key="model").value == library.default_name()
    assert "<b>none" not in said(at)


def test_a_model_that_kept_no_answers_reads_the_digits_again_when_asked(early: str) -> None:
    at = opened("One model", model=early)
    assert not at.exception
    assert "did not keep its answers" in at.info[0].value
    assert [head.value for head in at.subheader] == ["How it learned"]
    next(button for button in at.button if button.label == "Read them now").click().run()
    assert not at.exception
    assert "Its mistakes" in [head.value for head in at.subheader]
    assert f"{round(10_000 * (1 - library.card(early).test_accuracy)):,} mistakes" in said(at)


@pytest.mark.parametrize("lesson", ["loss", "metrics"])
def test_lessons_about_answers_let_such_a_model_read_the_digits_too(early: str, lesson: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30).switch_page("learn.py")
    at.query_params["lesson"], at.query_params[f"{lesson}-model"] = lesson, early
    at.run()
    assert not at.exception
    assert "did not keep its answers" in at.info[0].value
    next(button for button in at.button if button.label == "Read them now").click().run()
    assert not at.exception
    assert not at.info
    words = {"loss": "The cross-entropy of real guesses", "metrics": "the row of 7 does"}
    assert words[lesson] in said(at)


def test_every_model_reads_the_drawing() -> None:
    at = opened("Side by side", DRAWN, models="reader,simple-cnn,first-network")
    assert not at.exception
    assert not at.warning
    assert "All 3 read 1." in said(at)


def test_without_a_drawing_there_is_an_invitation_and_no_answer() -> None:
    at = opened("Side by side")
    assert not at.exception
    assert at.multiselect(key="together").value == ["reader", "simple-cnn", "first-network", "ten-lines"]
    assert "They all read it after every stroke." in said(at)
    assert "Draw a digit on the board." in [info.value for info in at.info]


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ("reader,nobody", "a model that is not in this lab's library"),
        ("nobody,<script>", "2 models that are not in this lab's library"),
        ("reader,sprint,ten-lines,keras-intro,simple-cnn,first-network,express-mlp", "At most 6 models"),
    ],
)
def test_links_with_wrong_models_are_answered_with_a_sentence(models: str, sentence: str) -> None:
    at = opened("Side by side", models=models)
    assert not at.exception
    assert sentence in at.warning[0].value
    assert "<script>" not in said(at)


def test_one_model_alone_asks_for_a_second() -> None:
    at = opened("Side by side", models="reader")
    assert not at.exception
    assert "Choose a second model" in at.info[-1].value


def test_chosen_models_stand_in_the_link() -> None:
    at = opened("Side by side", models="reader,ten-lines")
    at.multiselect(key="together").set_value(["ten-lines", "sprint"]).run()
    assert not at.exception
    assert at.query_params["models"] in ("ten-lines,sprint", ["ten-lines,sprint"])


def test_the_pair_is_told_in_a_sentence() -> None:
    at = opened("Side by side", models="reader,ten-lines")
    assert "reader is right where ten-lines is wrong" in said(at)
    assert "**reader is better**" in said(at)
