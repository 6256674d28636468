"""A model that takes another's place under its name is what everybody sees from then on."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core import library, mnist
from core.insight import anatomy
from pages.parts import models
from pages.parts.evaluation import answers
from tests.lab import lab
from tests.tables import tables

ROOT = Path(__file__).parent.parent
NAME = "mine"
IMAGES = mnist.scaled(mnist.digits().x_test[:3])


def publish(shipped: str) -> None:
    """Put a shipped model's files into the library as `NAME`, instead of those that are there."""
    if NAME in library.names():
        library.remove(NAME)
    files = {file.name: file.read_bytes() for file in (ROOT / "trained_models" / shipped).iterdir()}
    assert library.publish(files, NAME) == NAME


@pytest.fixture(autouse=True)
def own_lab(tmp_path: Path) -> Iterator[None]:
    with lab(tmp_path):
        publish("ten-lines")
        yield


def test_its_answers_layers_and_scores_are_the_new_ones() -> None:
    before = models.load(NAME), anatomy.opened(NAME), anatomy.looks(NAME, 1), answers.of(NAME)
    assert (models.load(NAME), anatomy.opened(NAME)) == before[:2]
    publish("keras-intro")
    np.testing.assert_array_equal(
        models.load(NAME).predict(IMAGES),
        library.load("keras-intro", ROOT / "trained_models").predict(IMAGES),
    )
    np.testing.assert_allclose(anatomy.opened(NAME).probabilities(IMAGES), models.load(NAME).predict(IMAGES), atol=1e-6)
    assert anatomy.looks(NAME, 1) != before[2]
    assert (answers.of(NAME).confusion != before[3].confusion).any()


def test_another_title_opens_nothing_anew() -> None:
    before = models.load(NAME)
    library.retitle(NAME, "Another title")
    assert models.load(NAME) is before


def test_one_that_is_gone_is_not_opened_any_more() -> None:
    models.load(NAME)
    library.remove(NAME)
    with pytest.raises(FileNotFoundError):
        models.load(NAME)


def test_the_curves_of_what_it_bears_are_found_out_anew() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    at.switch_page("models.py")
    at.query_params["view"], at.query_params["robust-digits"] = "Robustness", "200"
    at.run()
    assert not at.exception
    (before,) = numbers(at)
    publish("keras-intro")
    (after,) = numbers(at.run())
    assert (after[NAME] != before[NAME]).any()


def test_the_map_of_the_test_digits_is_made_anew() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    at.switch_page("inside.py")
    at.query_params["inside-view"], at.query_params["digit"] = "Map", "0"
    before = middles(at)
    publish("keras-intro")
    assert not middles(at).equals(before)


def numbers(at: AppTest) -> list[pd.DataFrame]:
    return [table for table in tables(at) if len(table)]  # the first is the page's style


def middles(at: AppTest) -> pd.DataFrame:
    """The table of the map, once that is there."""
    until = time.monotonic() + 60
    while not (found := numbers(at.run())):
        assert not at.exception
        assert time.monotonic() < until
        time.sleep(0.2)
    return found[0]
