"""The saved models: one folder a bundle, published by rename, checked before use, never overwritten."""

import io
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import calibration, files, weights
from core.bundle import FILES, MORE_FILES, Card, DamagedBundle, verified
from core.model import Model
from core.recipe import PRESETS, Recipe
from core.settings import settings

FAVOURITE = "reader"  # drawn with until somebody chooses
MOST_TITLE = 40  # characters
LOOK_EVERY = 1.0  # seconds
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_changing = threading.Lock()  # a card is not written into a folder that is being taken away
_looking = threading.Lock()

Contents = tuple[dict[str, tuple[Card, Recipe]], dict[str, str]]
_seen: tuple[Path, float, Contents] | None = None  # a library, when it was looked at (seconds, monotonic), what it held


def publish(bundle: Mapping[str, bytes], name: str, folder: Path | None = None) -> str:
    """Put a bundle into the library, whole or not at all.

    The files are written and synced in a hidden folder beside the others, which is then renamed. A name that is
    taken gets a number behind it: a bundle is never overwritten.

    Returns:
        The name it is listed under.

    Raises:
        ValueError: If the name or the files' names are not a bundle's.
        OSError: If it cannot be written; the library is as before.
    """
    library = folder or settings().models
    if not _NAME.fullmatch(name) or not set(FILES) <= set(bundle) <= {*FILES, *MORE_FILES}:
        raise ValueError(f"a bundle must have a short lower-case name and the files {FILES}, got {name!r}")
    library.mkdir(parents=True, exist_ok=True)
    hidden = Path(tempfile.mkdtemp(prefix=".new-", dir=library))
    try:
        hidden.chmod(0o755)
        for file, data in bundle.items():
            files.write_synced(hidden / file, data)
        free = _rename_to_free_name(hidden, name)
        _forget()
        files.sync_folder(library)
        return free
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def contents() -> Contents:
    """What `described` says, and the bundles that are set aside, their files not being as published, with why.

    What other processes did to the folder is seen within `LOOK_EVERY`: every stroke of a full room asks.
    """
    global _seen
    folder = settings().models
    with _looking:  # and the first of many who ask reads the files for all
        if _seen is None or _seen[0] != folder or time.monotonic() - _seen[1] > LOOK_EVERY:
            _seen = folder, time.monotonic(), _look()
        return _seen[2]


def _look() -> Contents:
    sound, aside = {}, {}
    for name in _folders():
        try:
            sound[name] = _verified(name)
        except FileNotFoundError:  # deleted just now
            continue
        except DamagedBundle as error:
            aside[name] = str(error)
    order = {preset: place for place, preset in enumerate(PRESETS)}
    newest_first = sorted(sound, key=lambda name: sound[name][0].created, reverse=True)
    return {name: sound[name] for name in sorted(newest_first, key=lambda name: order.get(name, len(order)))}, aside


def described() -> dict[str, tuple[Card, Recipe]]:
    """The card and the recipe of every model that can be drawn with: the published recipes first, then the newest."""
    return contents()[0]


def names() -> list[str]:
    """The models that can be drawn with, in that order."""
    return list(described())


def default_name(known: Mapping[str, tuple[Card, Recipe]] | None = None) -> str:
    """The model to draw with until somebody chooses: one of the library, or of what `described` said of it.

    Raises:
        FileNotFoundError: If there is none at all.
    """
    known = described() if known is None else known
    if not known:
        raise FileNotFoundError("There is no model yet; train one, or restore trained_models/ from git.")
    return FAVOURITE if FAVOURITE in known else max(known, key=lambda name: known[name][0].test_accuracy)


def card(name: str) -> Card:
    """The card of a model; errors as `load`."""
    return _verified(name)[0]


def load(name: str, folder: Path | None = None) -> Model:
    """Open a model for prediction.

    Args:
        name: As in `names()`.
        folder: Another library than the app's.

    Raises:
        FileNotFoundError: If there is no such model.
        DamagedBundle: If its files are not the ones its card describes.
    """
    library = folder or settings().models
    card, recipe = _verified(name, library)
    return Model(name, card, recipe, (library / name / "model.onnx").read_bytes())


def file(name: str, file: str) -> bytes:
    """The bytes of one of a model's files, as its card names them; errors as `load`.

    Raises:
        FileNotFoundError: Also if the bundle is of an early version and has no such file.
    """
    card, _ = _verified(name)
    if file != "card.json" and file not in card.sha256:
        raise FileNotFoundError(f"The model {name} was made by an early version and has no {file}; train it again.")
    return (settings().models / name / file).read_bytes()


def recipe(name: str) -> Recipe:
    """The recipe of a model; errors as `load`."""
    return _verified(name)[1]


def network_weights(name: str) -> dict[str, NDArray[np.float32]]:
    """A model's weights by name, as `core.weights` has them; errors as `file`."""
    return weights.from_bytes(file(name, "weights.safetensors"), recipe(name))


def test_probabilities(name: str) -> NDArray[np.float32]:
    """What a model answered to MNIST's test digits when it was measured, (10000, 10), as `Model.predict` gives them.

    Errors as `file`.
    """
    raw = np.load(io.BytesIO(file(name, "test_probabilities.npy")), allow_pickle=False)
    return calibration.tempered(raw, card(name).temperature)


def trained(recipe: Recipe) -> str | None:
    """The newest model that was made of this recipe, as it stands and to its end; None if there is none."""
    same = {name: card for name, (card, its) in described().items() if its == recipe}
    whole = [name for name, card in same.items() if (not card.remarks if card.as_asked is None else card.as_asked)]
    return max(whole, key=lambda name: same[name].created, default=None)


def sizes(name: str) -> dict[str, int]:
    """The files of a model and how many bytes they have, in the order of a bundle; errors as `load`."""
    _verified(name)
    files = {file: settings().models / name / file for file in (*FILES, *MORE_FILES)}
    return {file: path.stat().st_size for file, path in files.items() if path.exists()}


def retitle(name: str, title: str) -> None:
    """Give a model another title for people; its name, by which links know it, stays.

    Raises:
        ValueError: If the title has no character that can be seen, or more than 40.
        FileNotFoundError: If there is no such model; `DamagedBundle` as `load`.
        OSError: If the card cannot be written; it is as before.
    """
    tidy = " ".join("".join(character for character in title if character.isprintable()).split())
    if not 1 <= len(tidy) <= MOST_TITLE:
        raise ValueError(f"A title has 1 to {MOST_TITLE} characters, this one has {len(tidy)}.")
    with _changing:
        changed = card(name).model_copy(update={"title": tidy})
        files.write(settings().models / name / "card.json", changed.model_dump_json(indent=2).encode())
        _forget()


def remove(name: str) -> None:
    """Take a model out of the library, whole: its folder is hidden in one step, then removed.

    Raises:
        FileNotFoundError: If there is no such model.
        OSError: If its folder cannot be moved; the model is as before.
    """
    folder = settings().models / name
    with _changing:
        if not _NAME.fullmatch(name) or not folder.is_dir():
            raise FileNotFoundError(f"There is no model named {name!r}.")
        hidden = Path(tempfile.mkdtemp(prefix=".gone-", dir=settings().models))
        try:
            os.rename(folder, hidden / name)
            _forget()
            files.sync_folder(settings().models)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)


def clear() -> None:
    """Remove what is left of models whose writing, removal or renaming was cut short."""
    for left in (".new-*", ".gone-*", "*/.card.json-*"):
        files.sweep(settings().models, left)


def _forget() -> None:
    """Look anew the next time: this process changed something."""
    global _seen
    with _looking:
        _seen = None


def _folders() -> list[str]:
    try:
        with os.scandir(settings().models) as entries:
            return sorted(entry.name for entry in entries if _NAME.fullmatch(entry.name) and entry.is_dir())
    except FileNotFoundError:
        return []


def _verified(name: str, library: Path | None = None) -> tuple[Card, Recipe]:
    try:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError
        return verified((library or settings().models) / name)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"There is no model named {name!r}.") from None


def _rename_to_free_name(hidden: Path, name: str) -> str:
    free, number = name, 1
    while True:
        target = hidden.parent / free
        try:
            if not os.path.lexists(target):
                os.rename(hidden, target)
                return free
        except OSError:
            if not os.path.lexists(target):  # not because somebody took the name just now
                raise
        number += 1
        free = f"{name[:75]}-{number}"  # at most 80 characters, as `_NAME` asks
