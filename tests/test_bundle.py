"""Whether a folder holds what its card says; what becomes of one that does not: test_library.py."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core import bundle, library
from core.bundle import Card, DamagedBundle

MakeBundle = Callable[..., dict[str, bytes]]


@pytest.fixture
def folder(tmp_path: Path, make_bundle: MakeBundle) -> Path:
    """A sound bundle."""
    return tmp_path / library.publish(make_bundle(), "mine", tmp_path)


def test_sound_bundle_gives_its_card_and_its_recipe(folder: Path):
    card, recipe = bundle.verified(folder)
    assert card == Card.model_validate_json((folder / "card.json").read_bytes())
    assert recipe.parameters == card.parameters


def test_bundle_is_read_again_when_a_file_has_changed(folder: Path):
    bundle.verified(folder)
    (folder / "weights.safetensors").write_bytes(b"others")
    with pytest.raises(DamagedBundle, match=r"weights\.safetensors does not match its checksum"):
        bundle.verified(folder)


def test_file_that_early_versions_did_not_have_may_be_missing_if_the_card_does_not_name_it(
    folder: Path, make_bundle: MakeBundle
):
    (folder / "model.tflite").unlink()
    with pytest.raises(DamagedBundle, match=r"model\.tflite is missing"):
        bundle.verified(folder)
    card = Card.model_validate_json((folder / "card.json").read_bytes())
    named = {file: digest for file, digest in card.sha256.items() if file != "model.tflite"}
    (folder / "card.json").write_bytes(make_bundle(sha256=named)["card.json"])
    assert bundle.verified(folder)[0].sha256 == named


@pytest.mark.parametrize("what", ["nothing", "a file"])
def test_what_is_no_folder_is_not_found(tmp_path: Path, what: str):
    if what == "a file":
        (tmp_path / "mine").write_bytes(b"")
    with pytest.raises((FileNotFoundError, NotADirectoryError)):
        bundle.verified(tmp_path / "mine")


def test_bundle_that_could_not_be_read_for_a_moment_is_sound_again(folder: Path, monkeypatch: pytest.MonkeyPatch):
    def too_many(_: Path) -> bytes:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with monkeypatch.context() as busy:
        busy.setattr(Path, "read_bytes", too_many)
        with pytest.raises(DamagedBundle, match=r"its files cannot be read \(Too many open files\)"):
            bundle.verified(folder)
    assert bundle.verified(folder)


def test_model_that_was_stopped_in_its_first_epoch_was_not_uploaded(make_bundle: MakeBundle):
    stopped, brought = (
        Card.model_validate_json(make_bundle(epochs=0, seconds=seconds)["card.json"]) for seconds in (1.5, 0.0)
    )
    assert not stopped.uploaded
    assert brought.uploaded
