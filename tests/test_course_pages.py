"""What a lesson looks at without a browser: digits, models and networks, as a link or a click chooses them."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.recipe import PRESETS
from core.settings import settings
from tests.tables import tables

ROOT = Path(__file__).parent.parent
LOOK_INTO_MODELS = {
    "convolution": "simple-cnn",
    "pooling": "simple-cnn",
    "dropout": "simple-cnn",
    "ten-lines": "ten-lines",
}
UNSURE = 340  # the test digit that Dropout begins with; the others begin with 0

pytestmark = pytest.mark.usefixtures("state")


def lesson(name: str, **asked: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    at.run().switch_page("learn.py")
    at.query_params["lesson"] = name
    for key, value in asked.items():
        at.query_params[key.replace("_", "-")] = value
    at.run()
    assert not at.exception
    return at


def go_on(at: AppTest, name: str) -> int:
    """Go to another lesson, as its link does; returns the test digit it shows."""
    at.query_params.clear()
    at.query_params["lesson"] = name
    at.run()
    assert not at.exception
    return int(at.number_input(key="digit").value)


def said(at: AppTest) -> str:
    return "\n".join([*(text.value for text in at.markdown), *(html.proto.body for html in at.get("html"))])


@pytest.mark.parametrize("line", range(1, 11))
def test_each_line_of_the_program_is_explained(line: int) -> None:
    at = lesson("ten-lines", ten_line=str(line))
    assert f"**Line {line}.**" in said(at)


def test_a_link_keeps_what_is_looked_at() -> None:
    at = lesson("convolution", convolution_row="3", convolution_column="20", convolution_kernel="Blur")
    assert (at.slider(key="convolution-row").value, at.slider(key="convolution-column").value) == (3, 20)
    at = lesson("overfitting", overfitting_digits="1000", overfitting_epoch="0")
    assert at.slider(key="overfitting-epoch").value == 0
    at = lesson("metrics", metrics_threshold="0.9")
    assert at.slider(key="metrics-threshold").value == 0.9


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("overfitting", {"overfitting_digits": "7", "overfitting_epoch": "-3"}),
        ("convolution", {"convolution_row": "99", "convolution_column": "x", "convolution_kernel": "<b>"}),
        ("pooling", {"pooling_how": "median", "pooling_filter": "1e9", "pooling_row": "nan"}),
        ("dropout", {"dropout_rate": "1", "dropout_when": "never", "digit": "10000"}),
        ("parameters", {"parameters_network": "huge"}),
        ("metrics", {"metrics_model": "none", "metrics_digit": "11", "metrics_threshold": "2"}),
        ("ten-lines", {"ten_line": "11", "ten_digit": "-1"}),
    ],
)
def test_a_link_with_nonsense_shows_the_lesson(name: str, asked: dict[str, str]) -> None:
    assert "**Try this:**" in said(lesson(name, **asked))


def test_the_strongest_place_is_gone_to() -> None:
    at = lesson("convolution", convolution_row="0", convolution_column="0")
    at.button(key="convolution-go").click().run()
    assert not at.exception
    assert (at.slider(key="convolution-row").value, at.slider(key="convolution-column").value) != (0, 0)


def test_place_outside_of_the_smaller_map_becomes_its_last_one() -> None:
    at = lesson("convolution", convolution_padding="same", convolution_row="27", convolution_column="3")
    assert at.slider(key="convolution-row").value == 27
    at.segmented_control(key="convolution-padding").set_value("valid").run()
    assert not at.exception
    assert (at.slider(key="convolution-row").value, at.slider(key="convolution-column").value) == (25, 3)


def test_another_draw_of_dropout_switches_off_others() -> None:
    at = lesson("dropout", dropout_rate="0.95")
    first = tables(at)[0]
    at.button(key="dropout-again").click().run()
    assert not tables(at)[0].equals(first)


def test_each_lesson_begins_with_its_own_digit_until_one_is_chosen() -> None:
    at = lesson("convolution")
    assert [go_on(at, name) for name in ("pooling", "dropout", "pooling")] == [0, UNSURE, 0]
    at.number_input(key="digit").set_value(7).run()
    assert [go_on(at, name) for name in ("dropout", "convolution")] == [7, 7]


def test_chosen_digit_stays_even_if_a_lesson_had_begun_with_it() -> None:
    at = lesson("convolution")
    at.number_input(key="digit").set_value(7).run()
    at.number_input(key="digit").set_value(0).run()
    assert go_on(at, "dropout") == 0


def test_digit_of_a_link_stays() -> None:
    at = lesson("convolution", digit="3")
    assert go_on(at, "dropout") == 3


@pytest.mark.parametrize("name", PRESETS)
def test_every_network_can_be_counted_at_its_largest(name: str) -> None:
    at = lesson("parameters", parameters_network=name)
    assert f"<td>{PRESETS[name].parameters:,}</td>" in said(at)
    for slider in at.slider:
        slider.set_value(slider.max)
    at.run()
    assert not at.exception
    assert f"<td>{PRESETS[name].parameters:,}</td>" not in said(at)


@pytest.mark.parametrize("name", LOOK_INTO_MODELS)
def test_a_missing_model_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tmp_path / "models"
    shutil.copytree(ROOT / "trained_models", models, ignore=lambda _, names: {LOOK_INTO_MODELS[name]} & set(names))
    monkeypatch.setenv("DIGITLAB_MODELS", str(models))
    settings.cache_clear()
    at = lesson(name)
    assert LOOK_INTO_MODELS[name] in at.warning[0].value
