"""The pages without a browser: whatever a browser may send, a page answers with a sentence."""

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import library, runs
from core.layers import LAYERS
from core.settings import settings
from tests.tables import tables

ROOT = Path(__file__).parent.parent
STROKE = {"type": "Path", "path": [["M", 200, 60], ["L", 200, 330]]}

pytestmark = pytest.mark.usefixtures("state")


def drawn(value: Any) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.session_state["board"] = value
    return at.run()


def test_a_stroke_is_answered() -> None:
    at = drawn({"drawing": {"raw": {"objects": [STROKE]}, "data": None}})
    assert not at.exception
    assert not at.error
    assert any("Most likely 1" in html.proto.body for html in at.get("html"))


@pytest.mark.parametrize(
    "value",
    [
        {"drawing": "x"},
        {"drawing": ["x"]},
        {"drawing": {"raw": "x"}},
        {"drawing": {"raw": {"objects": "x"}}},
        {"drawing": {"raw": {"objects": [{"type": "Rect"}]}}},
        {"drawing": {"raw": {"objects": [{**STROKE, "path": [["M", float("nan"), 0], ["L", 1, 1]]}]}}},
        {"drawing": {"raw": {"objects": [STROKE] * 501}}},
        {"drawing": {"raw": {"objects": [STROKE]}, "data": None}, "backgroundFit": "x"},
    ],
)
def test_hostile_drawing_is_answered_with_a_sentence(value: Any) -> None:
    at = drawn(value)
    assert not at.exception
    assert len(at.error) == 1
    assert "Clear the board" in at.error[0].value


def test_damaged_model_is_named_and_the_others_still_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    models = tmp_path / "models"
    shutil.copytree(ROOT / "trained_models", models)
    (models / "ten-lines" / "model.onnx").write_bytes(b"not a model")
    monkeypatch.setenv("DIGITLAB_MODELS", str(models))
    settings.cache_clear()
    at = drawn({"drawing": {"raw": {"objects": [STROKE]}, "data": None}})
    assert not at.exception
    assert "ten-lines is set aside: model.onnx does not match its checksum" in at.warning[0].value
    assert not any(option.startswith("ten-lines") for option in at.selectbox(key="model").options)


def test_tab_is_asked_on_every_page_for_what_it_may_have_told_while_another_was_left() -> None:
    def page() -> None:
        from unittest.mock import patch

        import streamlit as st

        from pages.parts import kept

        with patch.object(kept, "_tab", lambda data, **_: st.session_state["asked"].append(data["asks"])):
            kept.bring_back(st.session_state["page"])
        assert kept._told("drawing") is kept._told("network") is None

    at = AppTest.from_function(page)
    at.session_state["asked"] = asked = []
    for name in ("Compare", "Compare", "Train"):
        at.session_state["page"] = name
        assert not at.run().exception
    assert asked[0] == asked[1] != asked[2]


def test_models_are_offered_with_their_scores_the_best_first() -> None:
    at = drawn({"drawing": {"raw": {"objects": [STROKE]}, "data": None}})
    offered = at.selectbox(key="model").options
    best = library.card("reader").drawn
    assert best is not None
    assert offered[0] == f"reader · reads {best.accuracy:.1%} of drawn digits"
    shares = [float(option.split(" reads ")[1].split("%")[0]) for option in offered if option.endswith("drawn digits")]
    assert shares == sorted(shares, reverse=True)
    at.selectbox(key="model").select("ten-lines").run()
    assert at.query_params["model"] == "ten-lines"


def test_empty_library_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_MODELS", str(tmp_path / "none"))
    settings.cache_clear()
    at = drawn({"drawing": {"raw": {"objects": [STROKE]}, "data": None}})
    assert not at.exception
    assert "Train one first" in at.info[0].value


@pytest.mark.parametrize("nonsense", ["", "1e999"])
@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("models.py", ["view", "model", "models", "models-digit"]),
        ("compare.py", ["runs", "by", "smooth", "log"]),
        ("inside.py", ["inside-view", "digit", "model"]),
        ("digits.py", ["digits-view", "digits-odd"]),
        ("train.py", ["recipe", "run"]),
    ],
)
def test_link_with_nonsense_shows_the_page(page: str, names: list[str], nonsense: str) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30).switch_page(page)
    for name in names:
        at.query_params[name] = nonsense
    at.run()
    assert not at.exception
    assert not at.error


@pytest.mark.parametrize(
    ("url", "lent"),
    [
        ("http://192.168.1.5:8501/", False),
        ("http://lab.example/", False),
        ("http://notlocalhost/", False),
        ("https://lab.example/", True),
        ("http://localhost:8501", True),
        ("http://127.0.0.1:8501", True),
        ("http://[::1]:8501", True),
        (None, True),
    ],
)
def test_camera_is_offered_only_where_a_browser_lends_it(
    url: str | None, lent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(st.context), "url", url)
    at = drawn({"drawing": {"raw": {"objects": []}, "data": None}})
    choice = at.segmented_control(key="source")
    assert choice.options == ["Draw", "Upload", "Camera"][: 2 + lent]
    choice.set_value("Upload").run()
    assert not at.exception
    assert any("phone offers its camera" in caption.value for caption in at.caption) is not lent


def own_form() -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.run().switch_page("train.py").run()
    return at.selectbox(key="recipe").select("your-own").run()


def pressed(at: AppTest, label: str) -> AppTest:
    return next(button for button in at.button if button.label == label).click().run()


def layers(at: AppTest) -> list[str]:
    return tables(at)[0]["Layer"].tolist()


def test_layers_keep_their_values_when_they_are_moved_and_others_removed() -> None:
    at = own_form()
    next(box for box in at.number_input if box.label == "Units").set_value(32).run()
    pressed(at, "Remove layer 1")
    pressed(at, "Remove layer 1")
    assert layers(at) == ["Flatten", "Dense 32 relu", "Dense 10 softmax"]
    pressed(at, "Add a layer")
    pressed(at, "Remove layer 1")
    pressed(at, "Move layer 2 up")
    assert layers(at) == ["Dense 64 relu", "Dense 32 relu", "Dense 10 softmax"]
    pressed(at, "Remove layer 2")
    pressed(at, "Add a layer")
    assert layers(at) == ["Dense 64 relu", "Dense 64 relu", "Dense 10 softmax"]


def test_start_submits_the_recipe_on_the_page_once() -> None:
    at = own_form()
    pressed(at, "Start training")
    (run,) = runs.ledger().recent()
    assert not at.exception
    assert run.title == "conv16-dense64"
    assert run.recipe.parameters == 173_930
    assert at.query_params["run"] == run.id


def test_second_click_on_remove_that_comes_before_the_row_is_gone_takes_no_other_layer() -> None:
    at = own_form()
    remove = next(button for button in at.button if button.label == "Remove layer 1")
    for _ in range(2):
        remove.click().run()
    assert layers(at.run()) == ["Max-pool 2x2", "Flatten", "Dense 64 relu", "Dense 10 softmax"]


def test_second_click_on_start_goes_to_the_run_that_the_first_one_began() -> None:
    at = pressed(own_form(), "Start training")
    (run,) = runs.ledger().recent()
    for went_on in (True, False):
        del at.query_params["run"]
        pressed(at.run(), "Start training")
        assert (runs.ledger().recent() == [run]) is went_on
        assert (at.query_params["run"] == run.id) is went_on
        runs.ledger().request_stop(run.id)


def test_every_kind_of_layer_can_be_chosen() -> None:
    at = own_form()
    refused = {}
    for kind in LAYERS:
        next(box for box in at.selectbox if box.label == "Layer 2").select(kind).run()
        assert not at.exception
        assert at.error or layers(at)[1] == LAYERS[kind]().title
        refused[kind] = bool(at.error)
    assert [kind for kind in LAYERS if refused[kind]] == ["dense"]  # what stands before it is no list yet
