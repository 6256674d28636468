import base64
import re
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.link import MOST_CHARACTERS, from_link, to_link
from core.recipe import PRESETS, Augmentation, Recipe

ADDRESS = re.compile(r"[A-Za-z0-9._-]+")  # RFC 3986's unreserved characters, which no browser changes


def packed(json: bytes) -> str:
    return "1." + base64.urlsafe_b64encode(zlib.compress(json, 9)).rstrip(b"=").decode()


def opened(text: str) -> Recipe | str:
    """The recipe, or the sentence that refuses it."""
    try:
        return from_link(text)
    except ValidationError:
        raise
    except ValueError as refused:
        if not re.fullmatch(r"This link [\w .,:;'()%-]+", str(refused)):
            raise
        return str(refused)


def refusal(text: str) -> str:
    found = opened(text)
    assert isinstance(found, str)
    return found


ON_FLAT = st.one_of(
    st.builds(Dense, units=st.integers(1, 64), activation=st.sampled_from(["linear", "relu", "tanh"])),
    st.builds(Dropout, rate=st.floats(0, 1, exclude_max=True)),
    st.just(BatchNorm()),
)
ON_IMAGE = st.one_of(
    st.builds(
        Conv,
        filters=st.integers(1, 32),
        kernel=st.integers(1, 3),
        activation=st.sampled_from(["relu", "sigmoid"]),
        padding=st.sampled_from(["valid", "same"]),
    ),
    st.builds(MaxPool, size=st.integers(2, 3)),
    st.builds(Dropout, rate=st.floats(0, 1, exclude_max=True)),
    st.just(BatchNorm()),
)
STACKS = st.builds(
    lambda on_image, on_flat: (*on_image, Flatten(), *on_flat, OUTPUT),
    st.lists(ON_IMAGE, max_size=14),
    st.lists(ON_FLAT, max_size=14),
)
SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "layers": STACKS,
    "optimizer": st.sampled_from(["sgd", "adam", "adamw", "rmsprop"]),
    "learning_rate": st.floats(0, 10, exclude_min=True),
    "schedule": st.sampled_from(["constant", "one-cycle"]),
    "augmentation": st.none() | st.builds(Augmentation, rotation=st.floats(0, 45), pen=st.floats(0, 1)),
    "loss": st.sampled_from(["categorical_crossentropy", "mean_squared_error"]),
    "batch_size": st.integers(1, 4096),
    "epochs": st.integers(1, 200),
    "training_images": st.integers(100, 60_000),
    "validation_split": st.floats(0, 0.5),
    "validate_on_test": st.booleans(),
    "pen_drawings": st.booleans(),
    "glances": st.sampled_from([1, 5]),
    "precision": st.sampled_from(["float32", "bfloat16"]),
    "averaged_epochs": st.integers(0, 100),
    "patience": st.integers(0, 50),
    "seconds": st.integers(0, 3600),
    "seed": st.integers(0, 2**31 - 1),
}


def recipe_of(values: dict[str, Any]) -> Recipe | None:
    try:
        return Recipe.model_validate(values)
    except ValidationError:
        return None


RECIPES = st.fixed_dictionaries({}, optional=SETTINGS).map(recipe_of).filter(lambda recipe: recipe is not None)


def test_strategy_knows_every_setting():
    assert set(SETTINGS) == set(Recipe.model_fields)


@given(RECIPES)
@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow], deadline=None)
def test_recipe_survives_its_link(recipe: Recipe):
    text = to_link(recipe)
    assert from_link(text) == recipe
    assert ADDRESS.fullmatch(text)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_s_link_is_its_name(name: str):
    assert to_link(PRESETS[name]) == name
    assert from_link(name) == PRESETS[name]
    changed = PRESETS[name].with_changes(seed=7)
    assert to_link(changed) != name
    assert from_link(to_link(changed)) == changed


def test_no_preset_looks_like_a_packed_link():
    assert not any(name.startswith("1.") for name in PRESETS)
    assert all(ADDRESS.fullmatch(name) for name in PRESETS)


def test_only_what_differs_is_in_a_link():
    assert len(to_link(Recipe())) < 20
    assert len(to_link(Recipe(epochs=3))) < 40
    assert len(to_link(PRESETS["simple-cnn"].with_changes(epochs=3))) < 200


def test_longest_recipe_fits_into_a_link():
    layers = [Dropout(rate=1 / (3 + number)) for number in range(29)]
    augmentation = Augmentation(rotation=1 / 3, shear=1 / 7, stretch=1 / 9, shift=1 / 11, elastic=1 / 13, pen=1 / 17)
    recipe = Recipe(layers=(*layers, OUTPUT), learning_rate=1 / 19, augmentation=augmentation, validation_split=1 / 23)
    assert from_link(to_link(recipe)) == recipe
    assert len(to_link(recipe)) < MOST_CHARACTERS / 2


@given(st.text() | st.text("1.eJAQ-_", max_size=60).map("1.".__add__) | st.binary(max_size=200).map(packed))
def test_any_other_text_is_refused_in_a_sentence(text: str):
    assert isinstance(opened(text), Recipe | str)


@given(st.sampled_from(list(PRESETS)), st.data())
def test_link_with_a_changed_character_is_never_another_recipe(name: str, data: st.DataObject):
    recipe = PRESETS[name].with_changes(seed=7)
    text = to_link(recipe)
    place = data.draw(st.integers(2, len(text) - 1))
    other = data.draw(st.sampled_from("AZaz09-_"))
    found = opened(text[:place] + other + text[place + 1 :])
    assert isinstance(found, str) or found == recipe


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "names no recipe"),
        ("no-such-recipe", "names no recipe"),
        ("2.eJyrrgUAAXUA-Q", "names no recipe"),
        ("<script>alert(1)</script>", "names no recipe"),
        ("1.", "damaged"),
        ("1.%%%%", "damaged"),
        ("1.é", "damaged"),
        ("1.\ud800", "damaged"),
        ("1.eJx", "damaged"),
        (to_link(Recipe(epochs=3))[:-4], "damaged"),
        (to_link(Recipe(epochs=3)) + "AAAA", "damaged"),
        ("1." + "A" * MOST_CHARACTERS, "too long"),
        ("x" * 10_000_000, "too long"),
    ],
)
def test_text_that_is_no_link_is_refused(text: str, reason: str):
    assert reason in refusal(text)


def test_little_text_that_unpacks_to_much_is_refused_unread():
    bomb = packed(b" " * 1_000_000)
    assert len(bomb) < MOST_CHARACTERS
    assert "more than a recipe" in refusal(bomb)


@pytest.mark.parametrize(
    ("json", "reason"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[" * 9_000, "recursion limit"),
        (b'{"epochs":' + b"9" * 5_000 + b"}", "out of range"),
        (b"[]", "should be an object"),
        (b"null", "should be an object"),
        (b'{"epochs":0}', "epochs: Input should be greater than or equal to 1"),
        (b'{"learning_rate":NaN}', "learning_rate: Input should be"),
        (b'{"layers":[{"kind":"conv"},{"kind":"dense","units":10,"activation":"softmax"}]}', "put a flatten layer"),
        (b'{"validate_on_test":true,"validation_split":0.1}', "not on both"),
        (b'{"layers":[]}', "at least 1 item"),
    ],
)
def test_link_to_what_cannot_be_trained_says_why(json: bytes, reason: str):
    message = refusal(packed(json))
    assert message.startswith("This link holds no recipe that can be trained here: ")
    assert reason in message


@pytest.mark.parametrize(
    "json",
    [
        b'{"![x](http://elsewhere/x.png)":1}',
        b'{"layers":[{"kind":"<img src=//elsewhere> ![x](http://elsewhere) `$x$` :red[x]"}]}',
        b'{"' + b"a" * 5_000 + b'":1}',
    ],
)
def test_refusal_repeats_no_markup_of_the_link_s_maker(json: bytes):
    message = refusal(packed(json))
    assert not set(message) & set("[]<>!`$*#/\\&")
    assert len(message) < 400
