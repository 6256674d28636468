"""A model as one zip file, out of the library and, from whoever sends it, in again: only its recipe and its weights."""

import io
import stat
import zipfile
from collections.abc import Iterable

import numpy as np
from pydantic import ValidationError

from core import library, weights
from core.bundle import FILES, MORE_FILES
from core.recipe import Recipe, explain
from core.weights import Weights

MOST_BYTES = 25_000_000  # of an uploaded zip
MOST_ENTRIES = 20
MOST_RECIPE_BYTES = 64_000
LARGEST_WEIGHT = 1e6  # far beyond any that was trained; larger ones can give answers that are not numbers
NEEDED = ("recipe.json", "weights.safetensors")  # what is read of an upload
_NAMES = {*FILES, *MORE_FILES}
_ENTRY = b"PK\1\2"  # before each entry in a zip's table of contents
_ZIP = b"PK\3\4"
_LIKE_ANY = (1980, 1, 1, 0, 0, 0)  # a time for every file, so that equal files give equal zips
_ADVICE = "Upload the zip that Digit Lab gives for download."

# What people may try, by its first bytes: those that can run code when they are opened are never opened.
_KINDS = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file (.h5), which can run code when it is opened",
    b"\x80\2": "a pickle, which can run code when it is opened",
    b"\x80\3": "a pickle, which can run code when it is opened",
    b"\x80\4": "a pickle, which can run code when it is opened",
    b"\x80\5": "a pickle, which can run code when it is opened",
    b"\x93NUMPY": "a NumPy array without the recipe of its network",
    b"\x1f\x8b": "a gzip file",
    b"7z\xbc\xaf": "a 7z file",
    b"Rar!": "a RAR file",
}


class NotOurs(ValueError):
    """An upload that is not taken; the message says why, for whoever sent it."""


def pack(name: str, only: Iterable[str] | None = None) -> bytes:
    """The files of a model as one zip, the same for the same files; errors as `library.load`.

    Args:
        name: As in `library.names`.
        only: These of its files instead of all.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(library.sizes(name) if only is None else only):
            entry = zipfile.ZipInfo(file, _LIKE_ANY)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # Unix, readable; whichever system this is
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, library.file(name, file))
    return packed.getvalue()


def unpack(data: bytes) -> tuple[Recipe, Weights]:
    """The recipe and the weights in a zip that somebody sent; nothing else of it is read, and nothing is written.

    Raises:
        NotOurs: If it is anything but a zip of ours.
    """
    if len(data) > MOST_BYTES:
        raise NotOurs(f"This file is larger than {MOST_BYTES // 1_000_000} MB. Zip its {NEEDED[0]} and {NEEDED[1]}.")
    if not data.startswith(_ZIP):
        raise NotOurs(f"This is {_kind(data)}. {_ADVICE}")
    if data.count(_ENTRY) > 10 * MOST_ENTRIES:  # before anything is read; a few more may stand there by chance
        raise NotOurs(f"This zip holds more than {MOST_ENTRIES} files. {_ADVICE}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = _entries(archive)
            recipe = _recipe(_read(archive, entries[NEEDED[0]], MOST_RECIPE_BYTES))
            most = 4 * recipe.parameters + weights.MOST_HEADER_BYTES
            return recipe, _weights(_read(archive, entries[NEEDED[1]], most), recipe)
    except NotOurs:
        raise
    except Exception as error:  # zipfile, zlib and struct each name damage in their own way
        raise NotOurs(f"This zip is damaged. {_ADVICE}") from error


def _kind(data: bytes) -> str:
    if not data:
        return "an empty file"
    if data[4:8] == b"TFL3":
        return "a LiteRT model (.tflite) without its recipe"
    if data[8:9] == b"{" and len(data) > 8 + int.from_bytes(data[:8], "little"):
        return "weights without their recipe (.safetensors)"
    return next((kind for start, kind in _KINDS.items() if data.startswith(start)), "not a zip file")


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """What the zip says it holds, by name, if that is a bundle of ours."""
    listed = archive.infolist()
    names = [entry.orig_filename for entry in listed]
    if len(listed) > MOST_ENTRIES:
        raise NotOurs(f"This zip holds more than {MOST_ENTRIES} files. {_ADVICE}")
    if "config.json" in names:
        raise NotOurs(f"This is a Keras model (.keras), which can run code when it is opened. {_ADVICE}")
    if any(name.endswith(".pkl") for name in names):
        raise NotOurs(f"This is a PyTorch file, which can run code when it is opened. {_ADVICE}")
    if names and all(name.endswith(".npy") for name in names):
        raise NotOurs(f"This is a file of NumPy arrays (.npz) without the recipe of its network. {_ADVICE}")
    if len(set(names)) < len(names):
        raise NotOurs(f"This zip holds two files of one name. {_ADVICE}")
    if not set(names) <= _NAMES:
        raise NotOurs(f"This zip holds other files than a model of Digit Lab, or folders. {_ADVICE}")
    if missing := [name for name in NEEDED if name not in names]:
        early = "; models of early versions have none" if missing == ["weights.safetensors"] else ""
        raise NotOurs(f"This zip has no {' and no '.join(missing)}{early}. {_ADVICE}")
    for entry in listed:
        if entry.flag_bits & 0x1:
            raise NotOurs(f"This zip is encrypted. {_ADVICE}")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise NotOurs(f"This zip holds a link to another file. {_ADVICE}")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack without a bound
            raise NotOurs(f"This zip is packed in an unusual way. {_ADVICE}")
    return dict(zip(names, listed, strict=True))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Unpack one entry, but never more than so many bytes, whatever it says of its size."""
    if entry.file_size <= most:
        with archive.open(entry) as opened:
            data = opened.read(most + 1)
        if len(data) <= most:
            return data
    raise NotOurs(f"Its {entry.orig_filename} is larger than {most:,} bytes, the most that it can be. {_ADVICE}")


def _recipe(data: bytes) -> Recipe:
    try:
        return Recipe.model_validate_json(data)
    except ValidationError as error:
        # What was sent may stand in the explanation: it is cut to what a sentence needs.
        said = "".join(character for character in explain(error) if character.isalnum() or character in " ,.:;()%-_")
        raise NotOurs(f"Its recipe.json is not a recipe. {said[:200]}") from None


def _weights(data: bytes, recipe: Recipe) -> Weights:
    try:
        found = weights.from_bytes(data, recipe)
    except ValueError as error:
        raise NotOurs(f"Its weights.safetensors does not fit its recipe.json. {error}") from None
    largest = max(float(np.abs(array).max()) for array in found.values())
    if largest > LARGEST_WEIGHT:
        raise NotOurs(
            f"Its weights go up to {largest:.1e}; a network that learned has none beyond {LARGEST_WEIGHT:,.0f}."
        )
    return found
