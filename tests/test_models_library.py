"""The list of saved models without a browser: whose they are, what one may do, and uploads that are refused."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import files, library, packing, runs, uploads
from core.recipe import PRESETS
from core.run import State
from tests.lab import lab

ROOT = Path(__file__).parent.parent
ME, OTHER = "a" * 32, "b" * 32
RECIPE = PRESETS["sprint"]


@pytest.fixture(autouse=True)
def own_lab(tmp_path: Path) -> Iterator[None]:
    """A library of two shipped models."""
    for name in ("ten-lines", "sprint"):
        shutil.copytree(ROOT / "trained_models" / name, tmp_path / "models" / name)
    with lab(tmp_path):
        yield


@pytest.fixture
def model(tmp_path: Path) -> Callable[[str], str]:
    """Make somebody's model: a finished run and its bundle."""

    def make(owner: str) -> str:
        ledger = runs.ledger()
        run_id = ledger.submit(RECIPE, "own", owner)
        run = ledger.claim()
        assert run is not None
        name = f"own-{run_id}"
        shutil.copytree(tmp_path / "models" / "sprint", tmp_path / "models" / name)
        assert ledger.finish(run_id, run.attempt, State.DONE, model=name, test_accuracy=0.5, test_loss=1.0)
        return name

    return make


def opened(name: str | None = None) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.session_state["visitor"] = ME
    at.run().switch_page("models.py")
    if name is not None:
        at.query_params["model"] = name
    at.run()
    if name in library.names():  # AppTest heeds a link only on a tab's first page
        at.selectbox(key="model").select(name).run()
    assert not at.exception
    return at


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def test_shipped_models_are_listed_and_nobody_can_change_them() -> None:
    at = opened()
    table = at.dataframe[0].value
    assert table["Name"].tolist() == ["sprint", "ten-lines"]
    assert table["By"].tolist() == ["Digit Lab"] * 2
    assert "Delete it for good" not in labels(at)
    assert [box.label for box in at.text_input] == []


def test_order_is_as_chosen() -> None:
    at = opened()
    assert at.dataframe[0].value["Name"].tolist() == ["sprint", "ten-lines"]  # the best on drawn digits
    at.selectbox(key="library-order").select("Fewest parameters").run()
    assert at.dataframe[0].value["Name"].tolist() == ["ten-lines", "sprint"]


def test_card_leads_to_its_model_and_to_the_board() -> None:
    cards = next(html.proto.body for html in opened().get("html") if "dl-models" in html.proto.body)
    assert '<a href="models?view=One+model&amp;model=sprint"><b>sprint</b></a></p>' in cards
    assert '<a href="./?model=sprint">Draw with it</a>' in cards


def test_makers_are_named_and_their_ids_are_not_shown(model: Callable[[str], str]) -> None:
    runs.ledger().rename(OTHER, "Ada")
    names = [model(OTHER), model(ME)]
    at = opened()
    table = at.dataframe[0].value.set_index("Name")
    assert table.loc[names, "By"].tolist() == ["Ada", "somebody"]
    assert OTHER not in str(at) + table.to_string()


def test_somebody_elses_model_cannot_be_changed(model: Callable[[str], str]) -> None:
    at = opened(model(OTHER))
    assert at.selectbox(key="model").value.startswith("own-")
    assert "Delete it for good" not in labels(at)


def test_own_model_gets_another_title(model: Callable[[str], str]) -> None:
    name = model(ME)
    at = opened(name)
    at.text_input[0].set_value("  <i>Mine</i>  ").run()
    assert not at.exception
    assert library.card(name).title == "<i>Mine</i>"
    assert at.dataframe[0].value.set_index("Name").loc[name, "Title"] == "<i>Mine</i>"
    assert any("&lt;i&gt;Mine&lt;/i&gt;" in html.proto.body for html in at.get("html"))
    at.text_input[0].set_value(" ").run()
    assert "1 to 40 characters" in at.info[0].value
    assert library.card(name).title == "<i>Mine</i>"


def test_own_model_is_deleted_after_confirming(model: Callable[[str], str]) -> None:
    name = model(ME)
    at = opened(name)
    next(button for button in at.button if button.label == "Delete it for good").click().run()
    assert not at.exception
    assert f"The model {name} was deleted." in at.info[0].value
    assert library.names() == ["ten-lines", "sprint"]
    assert at.selectbox(key="model").value == "sprint"
    run_id = name.removeprefix("own-")
    view = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    view.query_params["run"] = run_id
    view.run().switch_page("train.py")
    view.query_params["run"] = run_id
    view.run()
    assert not view.exception
    assert any("Its model was deleted since" in caption.value for caption in view.caption)


FULL = "The server could not write to its disk (No space left on device). Nothing was changed."


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Have the disk full from now on."""

    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill() -> None:
        monkeypatch.setattr(files, "write_synced", full)
        monkeypatch.setattr(tempfile, "mkdtemp", full)

    return fill


def test_full_disk_changes_no_title_and_deletes_nothing(
    model: Callable[[str], str], full_disk: Callable[[], None]
) -> None:
    name = model(ME)
    at = opened(name)
    full_disk()
    at.text_input[0].set_value("Mine").run()
    assert not at.exception
    assert at.info[0].value == FULL
    next(button for button in at.button if button.label == "Delete it for good").click().run()
    assert not at.exception
    assert at.info[0].value == FULL
    assert at.selectbox(key="model").value == name
    assert library.card(name).title != "Mine"


def test_full_disk_takes_no_upload(full_disk: Callable[[], None]) -> None:
    at = opened()
    at.file_uploader(key="library-zip").upload("model.zip", packing.pack("ten-lines"), "application/zip")
    full_disk()
    next(button for button in at.button if button.label == "Upload and measure").click().run()
    assert not at.exception
    assert at.error[0].value == FULL
    assert runs.ledger().recent() == []


def test_link_to_a_model_that_is_gone_says_so_until_another_is_chosen() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30)
    at.query_params["model"] = "own-gone"
    for _ in range(2):
        at.run()
        assert not at.exception
        assert "There is no model named own-gone here" in at.warning[0].value
        assert at.selectbox(key="model").value == "sprint"
    at.query_params.pop("model", None)  # as a browser does
    at.selectbox(key="model").select("ten-lines").run()
    assert not at.warning


def test_hostile_upload_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    before = sorted(path for path in tmp_path.rglob("*") if "ledger" not in path.name)
    at = opened()
    at.file_uploader(key="library-zip").upload("model.zip", b"\x80\x04 not a zip", "application/zip")
    next(button for button in at.button if button.label == "Upload and measure").click().run()
    assert not at.exception
    assert "a pickle, which can run code" in at.error[0].value
    assert runs.ledger().recent() == []
    assert sorted(path for path in tmp_path.rglob("*") if "ledger" not in path.name) == before


def test_upload_becomes_a_run_that_the_page_links_to() -> None:
    at = opened()
    at.file_uploader(key="library-zip").upload("model.zip", packing.pack("ten-lines"), "application/zip")
    next(button for button in at.button if button.label == "Upload and measure").click().run()
    assert not at.exception
    (run,) = runs.ledger().recent()
    assert (run.uploaded, run.state, run.recipe, run.owner) == (True, State.QUEUED, library.recipe("ten-lines"), ME)
    assert uploads.file(run.id).read_bytes() == library.file("ten-lines", "weights.safetensors")
    assert any("waits for a trainer: place 1" in markdown.value for markdown in at.markdown)


def test_uploads_beyond_the_visitors_limit_are_refused_and_leave_no_file() -> None:
    recipe, weights = packing.unpack(packing.pack("ten-lines"))
    for _ in range(4):
        uploads.submit(runs.ledger(), recipe, weights, ME)
    with pytest.raises(runs.Refused, match="waiting"):
        uploads.submit(runs.ledger(), recipe, weights, ME)
    assert len(list(uploads.file("any").parent.iterdir())) == 4


def test_weights_of_stopped_uploads_are_cleared_away() -> None:
    recipe, weights = packing.unpack(packing.pack("ten-lines"))
    stopped, waiting = (uploads.submit(runs.ledger(), recipe, weights, ME) for _ in range(2))
    runs.ledger().request_stop(stopped)
    uploads.file("unheard-of").write_bytes(b"about to be submitted")
    uploads.clear(runs.ledger())
    assert {path.stem for path in uploads.file("any").parent.iterdir()} == {waiting, "unheard-of"}
