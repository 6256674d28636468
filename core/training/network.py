"""A recipe as a Keras model and a Keras optimiser."""

import keras
import numpy as np

from core.recipe import BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool, Recipe

OPTIMIZERS: dict[str, type[keras.optimizers.Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
}


def build(recipe: Recipe) -> keras.Sequential:
    """The untrained network, with the weights the recipe's seed gives.

    Returns:
        Maps (n, *recipe.input_shape) float32 in [0, 1] to (n, 10) softmax probabilities.
    """
    # A seed for each layer: Keras's own default draws on Python's global generator, which other threads use too.
    seeds = np.random.SeedSequence(recipe.seed).generate_state(len(recipe.layers))
    model = keras.Sequential(name="digit_lab")
    model.add(keras.Input(recipe.input_shape, name="image"))
    for layer, seed in zip(recipe.layers, seeds, strict=True):
        model.add(_keras_layer(layer, int(seed)))
    return model


def optimizer(recipe: Recipe) -> keras.optimizers.Optimizer:
    """A fresh optimiser; its state belongs to one run."""
    return OPTIMIZERS[recipe.optimizer](learning_rate=recipe.learning_rate)


def _keras_layer(layer: Layer, seed: int) -> keras.Layer:
    start = keras.initializers.GlorotUniform(seed)  # Keras's default, seeded
    match layer:
        case Dense():
            return keras.layers.Dense(layer.units, activation=layer.activation, kernel_initializer=start)
        case Conv():
            return keras.layers.Conv2D(
                layer.filters,
                layer.kernel,
                activation=layer.activation,
                padding=layer.padding,
                kernel_initializer=start,
            )
        case MaxPool():
            return keras.layers.MaxPooling2D(layer.size)
        case Flatten():
            return keras.layers.Flatten()
        case Dropout():
            return keras.layers.Dropout(layer.rate, seed=seed)
        case BatchNorm():
            return keras.layers.BatchNormalization()
