"""Keras is the oracle: every layer, the logits' softmax, and the gradient."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from core import mnist, weights
from core.insight import Network
from core.layers import LAYERS, OUTPUT, Activation, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import PRESETS, Recipe
from core.training import network

RECIPES = {name: recipe.with_changes(precision="float32") for name, recipe in PRESETS.items()} | {
    "every activation": Recipe(
        layers=(
            Flatten(),
            Dense(units=30, activation="tanh"),
            Dropout(),
            Dense(units=20, activation="softmax"),
            BatchNorm(),
            Flatten(),
            Dense(units=15, activation="linear"),
            Dense(units=12, activation="sigmoid"),
            OUTPUT,
        )
    ),
    "odd sizes": Recipe(
        layers=(
            MaxPool(size=3),
            Conv(filters=5, kernel=4, padding="same", activation="tanh"),
            MaxPool(),
            BatchNorm(),
            Conv(filters=7, kernel=2, activation="softmax"),
            Dropout(),
            Flatten(),
            OUTPUT,
        )
    ),
}


def test_every_kind_of_layer_and_every_activation_is_compared_here() -> None:
    layers = [layer for recipe in RECIPES.values() for layer in recipe.layers]
    assert {type(layer) for layer in layers} == set(LAYERS.values())
    assert {layer.activation for layer in layers if isinstance(layer, Dense | Conv)} == set(get_args(Activation))


def moved(model: keras.Model) -> keras.Model:
    """Biases and statistics are 0 and 1 at first, which would hide mistakes."""
    random = np.random.default_rng(1)
    model.set_weights([np.abs(array + random.normal(0, 0.05, array.shape)) * np.where(array < 0, -1, 1)
                       for array in model.get_weights()])  # fmt: skip
    return model


@pytest.mark.parametrize("name", RECIPES)
def test_layers_softmax_and_gradient_are_keras_s(name: str) -> None:
    recipe = RECIPES[name]
    model = moved(network.build(recipe))
    ours = Network(recipe, dict(zip(weights.shapes(recipe), model.get_weights(), strict=True)))
    pixels = mnist.digits().x_test[:3] / np.float32(255)

    inputs = tf.constant(pixels.reshape(-1, *recipe.input_shape))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        value, outputs = inputs, []
        for layer in model.layers[:-1]:
            value = layer(value)
            outputs.append(value)
        last = model.layers[-1]
        logits = value @ last.kernel + last.bias
        chosen = [logits[:1, digit] for digit in range(10)]
    outputs.append(model(inputs))

    for number, output in enumerate(outputs, 1):
        np.testing.assert_allclose(ours.layer(number, pixels), output.numpy(), atol=2e-5)
    np.testing.assert_allclose(ours.probabilities(pixels), outputs[-1].numpy(), atol=1e-5)
    its = np.stack([tape.gradient(one, inputs).numpy()[0].reshape(28, 28) for one in chosen])
    np.testing.assert_allclose(ours.gradient(pixels[0]), its, atol=1e-4)


def test_layers_of_one_image_have_the_summary_s_shapes() -> None:
    ours = Network.of("simple-cnn")
    shapes = [output.shape[1:] for output in ours.layers(mnist.digits().x_test[:2] / np.float32(255))]
    assert shapes == [row.output_shape for row in ours.rows]
