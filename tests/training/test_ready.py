"""A network from the shelf trains as a new one does, whatever it was used for before."""

import numpy as np
import pytest

from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.mnist import Digits
from core.recipe import PRESETS, Recipe
from core.training import export, loop
from core.training.ready import MOST_KEPT, Shelf

SMALL = {"training_images": 1000, "epochs": 2, "batch_size": 64}
RECIPES = {
    "dense": Recipe(layers=(Dense(units=16), Dropout(rate=0.3), OUTPUT), **SMALL),
    "convolutional": Recipe(
        layers=(Conv(filters=4), BatchNorm(), MaxPool(), Flatten(), Dropout(rate=0.5), OUTPUT),
        schedule="one-cycle",
        precision="bfloat16",
        **SMALL,
    ),
}


def silent(event: object) -> None:
    """Nobody listens."""


@pytest.mark.parametrize("name", RECIPES)
def test_network_from_the_shelf_trains_as_a_new_one(name: str, few_digits: Digits):
    shelf, recipe = Shelf(), RECIPES[name]
    shelf.prepare(recipe)
    for seed in (0, 1, 0):
        asked = recipe.with_changes(seed=seed)
        mine = loop.train(asked, few_digits, silent, ready=shelf.take(asked))
        export.bundle(mine, few_digits, "small")
        new = loop.train(asked, few_digits, silent)
        assert mine.test_loss == pytest.approx(new.test_loss, abs=1e-4)
        for ours, its in zip(mine.model.get_weights(), new.model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, its, atol=1e-4)


def test_only_what_is_compiled_decides_which_network_is_taken():
    shelf, recipe = Shelf(), RECIPES["dense"]
    ready = shelf.take(recipe)
    assert shelf.take(recipe.with_changes(seed=9, epochs=7, validation_split=0.0)) is ready
    for changes in ({"batch_size": 32}, {"learning_rate": 0.1}, {"optimizer": "sgd"}, {"training_images": 999}):
        assert shelf.take(recipe.with_changes(**changes)) is not ready
    cycle = recipe.with_changes(schedule="one-cycle")
    assert shelf.take(cycle) is not shelf.take(cycle.with_changes(epochs=3))
    assert shelf.take(PRESETS["reader"]) is None


def test_shelf_keeps_the_latest_and_one_room_for_equally_many_images():
    shelf = Shelf()
    recipes = [RECIPES["dense"].with_changes(learning_rate=0.01 * (place + 1)) for place in range(MOST_KEPT + 1)]
    taken = [shelf.take(recipe) for recipe in recipes]
    assert all(ready is not None and taken[0] is not None and ready.x is taken[0].x for ready in taken)
    assert shelf.take(recipes[-1]) is taken[-1]
    assert shelf.take(recipes[0]) is not taken[0]
