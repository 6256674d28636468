import errno
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import library
from core.bundle import DamagedBundle
from core.recipe import PRESETS
from core.settings import ROOT

MakeBundle = Callable[..., dict[str, bytes]]


@contextmanager
def small_files_only() -> Iterator[None]:
    """Every write beyond 1,000 bytes of a file fails, as on a full disk; pytest's own report included, so be brief."""
    resource = pytest.importorskip("resource", reason="Windows has no such limits")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)


CHANGER = """
import sys
from pathlib import Path
from core import library

bundle = {file.name: file.read_bytes() for file in Path(sys.argv[1]).iterdir()}
print("ready", flush=True)
while True:
    name = library.publish(bundle, "other")
    library.retitle(name, "Other")
    library.remove(name)
"""


class Torn(dict[str, bytes]):
    """A bundle whose last file cannot be had."""

    def items(self) -> Iterator[tuple[str, bytes]]:  # type: ignore[override]
        yield from list(super().items())[:-1]
        raise OSError(errno.EIO, "the line went dead")


def test_empty_library_lists_nothing(models: Path):
    assert library.names() == []
    assert library.contents()[1] == {}
    with pytest.raises(FileNotFoundError, match="train one"):
        library.default_name()


def test_published_bundle_is_listed_and_read_back(models: Path, make_bundle: MakeBundle):
    files = make_bundle()
    assert library.publish(files, "mine") == "mine"
    assert library.names() == ["mine"]
    assert {file.name: file.read_bytes() for file in (models / "mine").iterdir()} == files
    assert library.load("mine").card == library.card("mine")
    assert library.card("mine").title == "small"


def test_model_of_a_recipe_is_the_newest_that_was_trained_to_its_end(models: Path, make_bundle: MakeBundle):
    for day, name, whole in ((2, "newer", True), (1, "older", True), (3, "changed", False)):
        library.publish(make_bundle(created=datetime(2026, 1, day, tzinfo=UTC), as_asked=whole), name)
    assert library.trained(library.recipe("older")) == "newer"
    assert library.trained(PRESETS["sprint"]) is None


def test_bundle_can_be_published_into_another_folder(models: Path, tmp_path: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(), "mine", tmp_path / "elsewhere")
    assert library.names() == []
    assert (tmp_path / "elsewhere" / "mine" / "model.onnx").is_file()


def test_taken_name_gets_a_number_and_nothing_is_overwritten(models: Path, make_bundle: MakeBundle):
    names = [library.publish(make_bundle(title=str(number)), "mine") for number in range(3)]
    assert names == ["mine", "mine-2", "mine-3"]
    assert [library.card(name).title for name in names] == ["0", "1", "2"]


def test_taken_long_name_gets_a_number_and_is_still_listed(models: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(), "n" * 80)
    second = library.publish(make_bundle(), "n" * 80)
    assert second.endswith("-2")
    assert second in library.names()


def test_bundles_published_at_once_all_find_a_name(models: Path, make_bundle: MakeBundle):
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(lambda number: library.publish(make_bundle(title=str(number)), "mine"), range(8)))
    assert sorted(names) == sorted(library.names())
    assert [library.card(name).title for name in names] == [str(number) for number in range(8)]


def test_full_disk_leaves_the_library_as_it_was(models: Path, make_bundle: MakeBundle):
    files = make_bundle()
    with pytest.raises(OSError, match="File too large"), small_files_only():
        library.publish(files, "mine")
    assert list(models.iterdir()) == []


def test_publishing_that_breaks_off_leaves_the_library_as_it_was(models: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(), "mine")
    with pytest.raises(OSError, match="the line went dead"):
        library.publish(Torn(make_bundle()), "mine")
    assert [folder.name for folder in models.iterdir()] == ["mine"]
    assert library.names() == ["mine"]


def test_rename_that_fails_is_an_error_not_a_taken_name(
    models: Path, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch
):
    def no_space(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "rename", no_space)
    with pytest.raises(OSError, match="No space left"):
        library.publish(make_bundle(), "mine")
    assert list(models.iterdir()) == []


@pytest.mark.parametrize("name", ["", "../mine", "a/b", ".hidden", "Capital", "-dash", "with space", "n" * 81])
def test_name_that_is_no_folder_name_is_refused(models: Path, make_bundle: MakeBundle, name: str):
    with pytest.raises(ValueError, match="short lower-case name"):
        library.publish(make_bundle(), name)
    assert not models.exists()


def test_incomplete_and_foreign_files_are_refused(models: Path, make_bundle: MakeBundle):
    files = make_bundle()
    for wrong in ({**files, "../evil": b""}, {name: data for name, data in files.items() if name != "history.csv"}):
        with pytest.raises(ValueError, match="the files"):
            library.publish(wrong, "mine")


def damage(files: Mapping[str, bytes], kind: str, make_bundle: MakeBundle) -> Mapping[str, bytes | None]:
    onnx = files["model.onnx"]
    return {
        "changed network": {"model.onnx": onnx[:-1] + bytes([onnx[-1] ^ 1])},
        "short network": {"model.onnx": onnx[:100]},
        "changed recipe": {"recipe.json": files["recipe.json"].replace(b'"seed": 0', b'"seed": 1')},
        "no history": {"history.csv": None},
        "empty card": {"card.json": b""},
        "card without time zone": {"card.json": make_bundle(created=datetime(2026, 1, 1))["card.json"]},  # noqa: DTZ001
    }[kind]


def test_library_is_looked_at_once_for_many_who_ask_and_again_after_a_change(
    models: Path, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch
):
    looked = []
    monkeypatch.setattr(library, "_look", lambda look=library._look: looked.append(1) or time.sleep(0.1) or look())
    monkeypatch.setattr(library, "LOOK_EVERY", 60)
    library.publish(make_bundle(), "own")
    with ThreadPoolExecutor(20) as room:
        assert list(room.map(lambda _: library.names(), range(20))) == [["own"]] * 20
    assert len(looked) == 1
    library.retitle("own", "Ada's")
    assert library.described()["own"][0].title == "Ada's"
    library.remove("own")
    assert library.names() == []


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("changed network", "model.onnx does not match its checksum"),
        ("short network", "model.onnx does not match its checksum"),
        ("changed recipe", "recipe.json does not match its checksum"),
        ("no history", "history.csv is missing"),
        ("empty card", "its card or recipe cannot be read"),
        ("card without time zone", "its card or recipe cannot be read"),
    ],
)
def test_damaged_bundle_is_set_aside_and_the_others_still_load(
    models: Path, make_bundle: MakeBundle, kind: str, fault: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(library, "LOOK_EVERY", 0)
    for name in ("sound", "broken"):
        library.publish(make_bundle(), name)
    assert set(library.names()) == {"sound", "broken"}  # it was whole when it was first looked at
    for file, data in damage(make_bundle(), kind, make_bundle).items():
        if data is None:
            (models / "broken" / file).unlink()
        else:
            (models / "broken" / file).write_bytes(data)

    assert library.names() == ["sound"]
    assert library.default_name() == "sound"
    assert list(library.contents()[1]) == ["broken"]
    assert library.contents()[1]["broken"].startswith(fault)
    with pytest.raises(DamagedBundle, match=fault):
        library.load("broken")
    assert library.load("sound").name == "sound"


def test_strangers_in_the_folder_are_not_listed(models: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(), "mine")
    (models / ".new-left-over").mkdir()
    (models / "notes.txt").write_text("mine is the best")
    assert library.names() == ["mine"]
    assert library.contents()[1] == {}


@pytest.mark.parametrize(
    "name", ["nobody", "", ".", "..", "../models/mine", "mine/../mine", "/etc", "mine\0", ".new-x"]
)
def test_unknown_name_is_not_found(models: Path, make_bundle: MakeBundle, name: str):
    library.publish(make_bundle(), "mine")
    for ask in (library.load, library.card):
        with pytest.raises(FileNotFoundError, match="There is no model named"):
            ask(name)


def test_published_recipes_come_first_then_the_newest(models: Path, make_bundle: MakeBundle):
    for day, name in enumerate(["older", "express-mlp", "newer", "ten-lines"], 1):
        library.publish(make_bundle(created=datetime(2026, 1, day, tzinfo=UTC)), name)
    assert library.names() == ["ten-lines", "express-mlp", "newer", "older"]


def test_default_is_the_reader_else_the_most_accurate(models: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(test_accuracy=0.5), "ten-lines")
    library.publish(make_bundle(test_accuracy=0.9), "mine")
    assert library.default_name() == "mine"
    library.publish(make_bundle(test_accuracy=0.8), "reader")
    assert library.default_name() == "reader"


def test_model_gets_another_title_and_nothing_else_changes(models: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(), "mine")
    before = library.card("mine")
    library.retitle("mine", "  Ada's\n\u202e first  ")
    assert library.card("mine") == before.model_copy(update={"title": "Ada's first"})
    assert library.load("mine").card.title == "Ada's first"
    assert library.names() == ["mine"]


@pytest.mark.parametrize("title", ["", " \n\t", "\u200b", "n" * 41])
def test_title_that_is_none_is_refused(models: Path, make_bundle: MakeBundle, title: str):
    library.publish(make_bundle(), "mine")
    with pytest.raises(ValueError, match="1 to 40 characters"):
        library.retitle("mine", title)
    assert library.card("mine").title == "small"


def test_full_disk_keeps_the_old_title(models: Path, make_bundle: MakeBundle):
    library.publish(make_bundle(), "mine")
    with pytest.raises(OSError, match="File too large"), small_files_only():
        library.retitle("mine", "new")
    assert library.card("mine").title == "small"
    assert library.contents()[1] == {}


def test_removed_model_is_gone_whole(models: Path, make_bundle: MakeBundle):
    for name in ("mine", "other"):
        library.publish(make_bundle(), name)
    library.remove("mine")
    assert library.names() == ["other"]
    assert [folder.name for folder in models.iterdir()] == ["other"]
    for change in (library.remove, lambda name: library.retitle(name, "new"), library.load, library.sizes):
        with pytest.raises(FileNotFoundError, match="There is no model named"):
            change("mine")
    assert [folder.name for folder in models.iterdir()] == ["other"]


def test_half_deleted_model_is_never_seen(models: Path, make_bundle: MakeBundle, monkeypatch: pytest.MonkeyPatch):
    library.publish(make_bundle(), "mine")
    monkeypatch.setattr(library.shutil, "rmtree", lambda *_, **__: None)  # the machine stops here
    library.remove("mine")
    assert library.names() == []
    assert library.contents()[1] == {}


@pytest.mark.parametrize("name", ["../models", ".", "", "mine/card.json", ".new-x"])
def test_only_models_can_be_removed(models: Path, make_bundle: MakeBundle, name: str):
    library.publish(make_bundle(), "mine")
    with pytest.raises(FileNotFoundError):
        library.remove(name)
    assert library.names() == ["mine"]


def test_listing_survives_models_that_are_deleted_meanwhile(models: Path, make_bundle: MakeBundle):
    names = [library.publish(make_bundle(), f"mine-{number}") for number in range(8)]
    with ThreadPoolExecutor(4) as threads:
        listings = [threads.submit(library.names) for _ in range(40)]
        for name in names:
            library.remove(name)
        assert all(set(listing.result()) <= set(names) for listing in listings)
    assert library.names() == []


@pytest.mark.parametrize("seed", range(5))
def test_who_is_killed_while_changing_the_library_leaves_whole_models(
    models: Path, make_bundle: MakeBundle, seed: int
) -> None:
    library.publish(make_bundle(), "mine")
    changer = subprocess.Popen(
        [sys.executable, "-c", CHANGER, str(models / "mine")],
        cwd=ROOT,
        env=os.environ | {"DIGITLAB_MODELS": str(models)},
        stdout=subprocess.PIPE,
    )
    with changer:
        assert changer.stdout is not None
        assert changer.stdout.readline() == b"ready\n"
        time.sleep(random.Random(seed).uniform(0, 0.1))
        changer.kill()
    assert library.contents()[1] == {}
    assert "mine" in library.names()
    for name in library.names():
        library.load(name)
