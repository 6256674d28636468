"""Models as zip files: what goes out comes in again, and nothing else does."""

import io
import json
import pickle
import stat
import struct
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from core import library, packing, weights
from core.layers import OUTPUT, Dense
from core.packing import NotOurs
from core.recipe import Recipe

MakeBundle = Callable[..., dict[str, bytes]]

SMALL = Recipe(layers=(Dense(units=4), OUTPUT))
ARRAYS = [np.full(shape, 0.5, np.float32) for shape in weights.shapes(SMALL).values()]
WEIGHTS = weights.to_bytes(SMALL, ARRAYS)
RECIPE = SMALL.model_dump_json().encode()
SOUND = {"recipe.json": RECIPE, "weights.safetensors": WEIGHTS}


def zipped(files: Mapping[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content, how)
    return data.getvalue()


def safetensors(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def twins() -> bytes:
    return zipped({**SOUND, "another.jso": RECIPE}).replace(b"another.jso", b"recipe.json")


def link() -> bytes:
    entry = zipfile.ZipInfo("recipe.json")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return zipped({entry: b"/etc/passwd", "weights.safetensors": WEIGHTS})


def encrypted() -> bytes:
    data = bytearray(zipped(SOUND))
    data[data.index(b"PK\1\2") + 8] |= 1  # the table of contents says so
    return bytes(data)


def lying_about_its_size() -> bytes:
    data = bytearray(zipped({**SOUND, "recipe.json": b" " * 50_000_000 + RECIPE}))
    at = data.index(b"PK\1\2")
    struct.pack_into("<I", data, at + 24, 300)
    return bytes(data)


HOSTILE = {
    "nothing": (b"", "an empty file"),
    "text": (b"I am a zip, believe me", "not a zip file"),
    "h5": (b"\x89HDF\r\n\x1a\n" + bytes(100), r"HDF5 file \(.h5\), which can run code"),
    "pickle": (pickle.dumps({"weights": [1, 2]}), "a pickle, which can run code"),
    "old pickle": (pickle.dumps({"weights": [1, 2]}, 2), "a pickle, which can run code"),
    "safetensors": (WEIGHTS, "weights without their recipe"),
    "keras": (
        zipped({"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b"\x89HDF"}),
        r"a Keras model \(.keras\), which can run code",
    ),
    "pytorch": (zipped({"archive/data.pkl": b"\x80\2", "archive/data/0": b"x"}), "PyTorch file, which can run code"),
    "npz": (zipped({"kernel.npy": b"\x93NUMPY"}), "NumPy arrays"),
    "too large": (b"PK\3\4" + bytes(packing.MOST_BYTES), "larger than 25 MB"),
    "truncated": (zipped(SOUND)[:-30], "damaged"),
    "cut in the middle": (zipped(SOUND)[:500], "damaged"),
    "changed": (zipped(SOUND, zipfile.ZIP_STORED).replace(b'"seed":0', b'"seed":1'), "damaged"),
    "bomb in the recipe": (zipped({**SOUND, "recipe.json": bytes(30_000_000)}), "larger than 64,000 bytes"),
    "bomb in the weights": (
        zipped({**SOUND, "weights.safetensors": bytes(30_000_000)}),
        "weights.safetensors is larger",
    ),
    "bomb beside them": (zipped({**SOUND, "zeros.bin": bytes(30_000_000)}), "other files"),
    "bomb that lies": (lying_about_its_size(), "damaged|larger|not a recipe"),
    "nested": (zipped({"model.zip": zipped(SOUND)}), "other files"),
    "in a folder": (zipped({f"model/{name}": data for name, data in SOUND.items()}), "other files"),
    "path upwards": (zipped({**SOUND, "../card.json": b"{}"}), "other files"),
    "absolute path": (zipped({**SOUND, "/etc/card.json": b"{}"}), "other files"),
    "path behind a zero": (
        zipped({**SOUND, "card.jsonX../../x": b"{}"}).replace(b"card.jsonX", b"card.json\0"),
        "other files",
    ),
    "link": (link(), "a link to another file"),
    "twins": (twins(), "two files of one name"),
    "encrypted": (encrypted(), "encrypted"),
    "packed unusually": (zipped(SOUND, zipfile.ZIP_LZMA), "packed in an unusual way"),
    "21 files": (zipped({f"{number}.json": b"" for number in range(21)}), "more than 20 files"),
    "50,000 files": (zipped({f"{number}": b"" for number in range(50_000)}, zipfile.ZIP_STORED), "more than 20 files"),
    "no weights": (zipped({"recipe.json": RECIPE}), "has no weights.safetensors; models of early versions"),
    "no recipe": (zipped({"weights.safetensors": WEIGHTS}), "has no recipe.json"),
    "recipe that is none": (zipped({**SOUND, "recipe.json": b"[]"}), "not a recipe"),
    "recipe with a foreign key": (zipped({**SOUND, "recipe.json": b'{"<b>evil</b>": 1}'}), "not a recipe"),
    "deep recipe": (zipped({**SOUND, "recipe.json": b"[" * 60_000}), "not a recipe"),
    "recipe of many layers": (
        zipped({**SOUND, "recipe.json": json.dumps({"layers": [{"kind": "dense"}] * 3000}).encode()}),
        "not a recipe",
    ),
    "recipe too large": (
        zipped({**SOUND, "recipe.json": b'{"layers":[{"kind":"dense","units":4096},{"kind":"dense","units":4096}]}'}),
        "at most 5,000,000 can be trained",
    ),
    "large recipe, few weights": (
        zipped(
            {**SOUND, "recipe.json": Recipe(layers=(Dense(units=4096), Dense(units=400), OUTPUT)).model_dump_json()}
        ),
        "must be 4,8.*,... float32 numbers",
    ),
    "weights of another recipe": (
        zipped({**SOUND, "recipe.json": Recipe(layers=(Dense(units=5), OUTPUT)).model_dump_json()}),
        "must be 3,985 float32 numbers",
    ),
    "weights that no training gives": (
        zipped(
            {**SOUND, "weights.safetensors": weights.to_bytes(SMALL, [*ARRAYS[:-1], np.full_like(ARRAYS[-1], 3e38)])}
        ),
        r"Its weights go up to 3.0e\+38",
    ),
    "weights of another shape": (
        zipped({**SOUND, "weights.safetensors": WEIGHTS.replace(b"[784,4]", b"[4,784]")}),
        "does not fit its recipe.json",
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_zip_of_ours_is_refused_with_a_sentence_within_a_second(kind: str) -> None:
    data, why = HOSTILE[kind]
    began = time.monotonic()
    with pytest.raises(NotOurs, match=why) as refused:
        packing.unpack(data)
    assert time.monotonic() - began < 1
    assert len(str(refused.value)) < 400
    assert "<" not in str(refused.value)


def changed(**entries: object) -> bytes:
    """Weights of the right size whose header is changed."""
    length = int.from_bytes(WEIGHTS[:8], "little")
    header = json.loads(WEIGHTS[8 : 8 + length])
    header["1.bias"] |= entries
    return safetensors(header, WEIGHTS[8 + length :])


BODY = bytes(4 * SMALL.parameters)
NOT_WEIGHTS = {
    "deep header": safetensors(b'{"a":' * 10_000, BODY),
    "header of a list": safetensors([1, 2], BODY),
    "header of lists": safetensors({"1.bias": []}, BODY),
    "header longer than the file": struct.pack("<Q", 2**63) + BODY + bytes(100),
    "header that is no text": safetensors(b"\xff" * 90, BODY),
    "huge dimensions": changed(shape=[2**62, 2**62]),
    "negative dimensions": changed(shape=[-4]),
    "half a dimension": changed(shape=[4.5]),
    "overlapping offsets": changed(data_offsets=[16, 32]),
    "offsets past the end": changed(data_offsets=[2**40, 2**40 + 16]),
    "another type": changed(dtype="I32"),
    "same name twice": WEIGHTS.replace(b'"2.bias"', b'"1.bias"'),
    "not a number": weights.to_bytes(SMALL, [*ARRAYS[:-1], np.full_like(ARRAYS[-1], np.nan)]),
    "infinite": weights.to_bytes(SMALL, [*ARRAYS[:-1], np.full_like(ARRAYS[-1], np.inf)]),
}


@pytest.mark.parametrize("kind", NOT_WEIGHTS)
def test_what_are_no_weights_of_the_recipe_is_refused_before_arrays_are_made(kind: str) -> None:
    with pytest.raises(NotOurs, match=r"does not fit its recipe\.json"):
        packing.unpack(zipped({**SOUND, "weights.safetensors": NOT_WEIGHTS[kind]}))


def test_what_is_packed_is_unpacked_again(models: Path, make_bundle: MakeBundle) -> None:
    name = library.publish(make_bundle(), "mine")
    data = packing.pack(name)
    assert data == packing.pack(name)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {file: archive.read(file) for file in archive.namelist()} == make_bundle()
    recipe, network = packing.unpack(data)
    assert recipe == library.recipe(name)
    for file, array in library.network_weights(name).items():
        np.testing.assert_array_equal(network[file], array)


def test_recipe_and_weights_alone_are_enough(models: Path, make_bundle: MakeBundle) -> None:
    name = library.publish(make_bundle(), "mine")
    data = packing.pack(name, packing.NEEDED)
    assert len(data) < len(packing.pack(name)) / 3
    assert packing.unpack(data)[0] == library.recipe(name)


def test_largest_network_that_can_be_trained_fits_when_packed_alone() -> None:
    recipe = Recipe(layers=(Dense(units=4096), Dense(units=430), OUTPUT))
    chance = np.random.default_rng(0)
    arrays = [chance.normal(0, 0.05, shape).astype(np.float32) for shape in weights.shapes(recipe).values()]
    data = zipped(
        {"recipe.json": recipe.model_dump_json().encode(), "weights.safetensors": weights.to_bytes(recipe, arrays)}
    )
    assert recipe.parameters > 4_900_000
    assert packing.unpack(data)[0] == recipe
