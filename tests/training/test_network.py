from typing import get_args

import keras
import numpy as np
import pytest

from core.layers import LAYERS, OUTPUT, Activation, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import PRESETS, Recipe, summary
from core.training import network

RECIPES = PRESETS | {
    "one layer": Recipe(),
    "flat": Recipe(layers=(BatchNorm(), Dense(units=30, activation="tanh"), BatchNorm(), Dropout(rate=0.2), OUTPUT)),
    "flattened": Recipe(layers=(Flatten(), Dense(activation="linear"), OUTPUT)),
    "image": Recipe(
        layers=(
            BatchNorm(),
            Conv(filters=5, kernel=4, activation="sigmoid", padding="same"),
            MaxPool(size=3),
            Dropout(),
            Conv(filters=3, kernel=2, activation="tanh"),
            BatchNorm(),
            MaxPool(),
            Flatten(),
            Dense(units=7),
            OUTPUT,
        )
    ),
    "whole image": Recipe(layers=(Conv(filters=4, kernel=28), Flatten(), OUTPUT)),
    "even kernel": Recipe(layers=(Conv(filters=2, kernel=6, padding="same"), MaxPool(size=28), Flatten(), OUTPUT)),
}


def test_every_kind_of_layer_and_every_activation_is_compared_here():
    layers = [layer for recipe in RECIPES.values() for layer in recipe.layers]
    assert {type(layer) for layer in layers} == set(LAYERS.values())
    assert {layer.activation for layer in layers if isinstance(layer, Dense | Conv)} == set(get_args(Activation))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_summary_agrees_with_keras(recipe: Recipe):
    model = network.build(recipe)
    built = [(layer.output.shape[1:], layer.count_params()) for layer in model.layers]
    assert built == [(row.output_shape, row.parameters) for row in summary(recipe)]
    assert model.count_params() == recipe.parameters
    assert model.input_shape == (None, *recipe.input_shape)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_untrained_network_gives_probabilities(recipe: Recipe):
    probabilities = network.build(recipe)(np.ones((3, *recipe.input_shape), np.float32))
    np.testing.assert_allclose(np.sum(probabilities, axis=1), 1, atol=1e-5)


def test_layers_get_their_settings():
    conv, pool, flatten, dropout, norm, dense, output = network.build(
        Recipe(
            layers=(
                Conv(filters=8, kernel=5, activation="tanh", padding="same"),
                MaxPool(size=4),
                Flatten(),
                Dropout(rate=0.25),
                BatchNorm(),
                Dense(units=20, activation="sigmoid"),
                OUTPUT,
            )
        )
    ).layers
    assert (conv.filters, conv.kernel_size, conv.padding) == (8, (5, 5), "same")
    assert conv.activation is keras.activations.tanh
    assert pool.pool_size == pool.strides == (4, 4)
    assert isinstance(flatten, keras.layers.Flatten)
    assert dropout.rate == 0.25
    assert isinstance(norm, keras.layers.BatchNormalization)
    assert (dense.units, dense.activation) == (20, keras.activations.sigmoid)
    assert (output.units, output.activation) == (10, keras.activations.softmax)


def test_same_seed_gives_the_same_first_weights_and_another_seed_others():
    first, again, other = (network.build(Recipe(seed=seed)).get_weights()[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", network.OPTIMIZERS)
def test_optimizer_is_fresh_and_has_the_recipes_learning_rate(name: str):
    recipe = Recipe.model_validate({"optimizer": name, "learning_rate": 0.125})
    optimizer = network.optimizer(recipe, steps=10)
    assert type(optimizer).__name__.lower() == name
    assert float(optimizer.learning_rate) == 0.125
    assert network.optimizer(recipe, steps=10) is not optimizer
