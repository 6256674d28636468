"""The Digits page without a browser."""

import json
from pathlib import Path

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from core import mnist
from core.charts.digits import class_counts, split_bar
from tests.tables import tables

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.usefixtures("state")


def page(**asked: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.run().switch_page("digits.py")
    for name, value in asked.items():
        at.query_params[f"digits-{name}"] = value
    return at.run()


def shown(at: AppTest) -> list[str]:
    return [button.label for button in at.button if button.label.startswith("**")]


def written(at: AppTest) -> str:
    return "".join(html.proto.body for html in at.get("html"))


def pressed(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def test_the_first_twenty_come_with_label_and_number() -> None:
    at = page()
    assert not at.exception
    assert shown(at) == [f"**{label}** :gray[#{number}]" for number, label in enumerate(mnist.digits().y_train[:20])]
    assert at.subheader[0].value == "Training digit 0: a 5"


def test_a_link_shows_its_digit_among_its_class() -> None:
    at = page(set="Test", **{"class": "7", "number": "17"})
    assert at.subheader[0].value == "Test digit 17: a 7"
    assert all(label.startswith("**7**") for label in shown(at))


def test_all_784_numbers_are_there_as_stored_or_divided() -> None:
    stored, divided = written(page()), written(page(written="0 to 1"))
    for body in (stored, divided):
        assert sum(body.count(f"</{tag}>") for tag in ("s", "i")) + body.split("dl-numbers")[1].count("</b>") == 784
    assert "<b>253</b>" in stored
    assert "<b>.99</b>" in divided
    assert "place 152: row 5, column 12" in stored


def test_next_twenty_and_a_click_move_on() -> None:
    at = pressed(page(), "Next twenty")
    assert at.subheader[0].value.startswith("Training digit 20:")
    at = pressed(at, shown(at)[3])
    assert at.subheader[0].value.startswith("Training digit 23:")
    assert pressed(at, "Previous twenty").subheader[0].value.startswith("Training digit 0:")


def test_twenty_at_random_are_in_the_link_until_put_in_order() -> None:
    at = pressed(page(), "Twenty at random")
    assert at.query_params["digits-seed"]
    mixed = shown(at)
    assert len(mixed) == 20
    at = pressed(at, "In order again")
    assert "digits-seed" not in at.query_params
    assert shown(at) != mixed


@pytest.mark.parametrize(
    "asked",
    [
        {"number": "60000"},
        {"number": "-1"},
        {"number": "abc"},
        {"number": "10000", "set": "Test"},
        {"set": "x"},
        {"class": "10"},
        {"seed": "1e9"},
        {"seed": "-1"},
    ],
)
def test_a_link_that_asks_for_what_is_not_there_is_answered_with_a_sentence(asked: dict[str, str]) -> None:
    at = page(**asked)
    assert not at.exception
    assert len(at.warning) == 1
    assert "link" in at.warning[0].value
    assert at.subheader[0].value.endswith("digit 0: a 7" if asked.get("set") == "Test" else "digit 0: a 5")


@pytest.mark.parametrize(
    ("recipe", "sizes"),
    [("simple-cnn", "54,000 training, 6,000 validation, 10,000 test"), ("express-mlp", "60,000 training, 10,000 test")],
)
def test_split_of_a_recipe_is_counted(recipe: str, sizes: str) -> None:
    at = page(view="Split", recipe=recipe)
    assert not at.exception
    table = tables(at)[0]
    totals = {part: sum(int(number.replace(",", "")) for number in table[part]) for part in table}
    assert ", ".join(f"{total:,} {part}" for part, total in totals.items() if part != "all") == sizes
    assert totals["all"] == 70_000


def test_an_odd_one_opens_large() -> None:
    at = page(view="Classes", odd="1")
    assert not at.exception
    label = shown(at)[0]
    at = pressed(at, label)
    number = int(label.split("#")[1].rstrip("]"))
    assert at.subheader[0].value == f"Training digit {number:,}: a 1"


def test_figures_are_ones_for_plotly_and_for_json() -> None:
    for figure in (split_bar({"training": 5, "validation": 0}), class_counts({"training": [1] * 10, "test": [0] * 10})):
        go.Figure(figure)
        json.dumps(figure, allow_nan=False)
        assert len(figure["data"]) == 1
