"""A recipe as a Keras model and a Keras optimiser."""

from functools import cache
from pathlib import Path
from typing import assert_never

import keras
import numpy as np

from core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool
from core.recipe import AVERAGED_AT, RISING, RISING_FROM, Recipe

OPTIMIZERS: dict[str, type[keras.optimizers.Optimizer]] = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "rmsprop": keras.optimizers.RMSprop,
}


def build(recipe: Recipe) -> keras.Sequential:
    """The untrained network, with the weights the recipe's seed gives.

    Returns:
        Maps (n, *recipe.input_shape) float32 in [0, 1] to (n, 10) float32 softmax probabilities.
    """
    # A seed for each layer: Keras's own default draws on Python's global generator, which other threads use too.
    seeds = np.random.SeedSequence(recipe.seed).generate_state(len(recipe.layers))
    model = keras.Sequential(name="digit_lab")
    model.add(keras.Input(recipe.input_shape, name="image"))
    for layer, seed in zip(recipe.layers, seeds, strict=True):
        model.add(_keras_layer(layer, int(seed)))
    if recipe.precision == "bfloat16" and has_bfloat16():
        for inner in model.layers[:-1]:  # the softmax stays in float32
            inner.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    return model


@cache
def has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 numbers, as Linux tells it of those by Intel and AMD.

    Without, TensorFlow converts every one: `simple-cnn` then takes 2.3 times as long as in float32 (measured).
    """
    try:
        told = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in told or "amx_bf16" in told


def in_float32(model: keras.Sequential, recipe: Recipe) -> keras.Sequential:
    """The network that predicts with a trained one's weights: itself, or its copy without bfloat16."""
    if recipe.precision == "float32" or not has_bfloat16():
        return model
    copy = build(recipe.with_changes(precision="float32"))
    copy.set_weights(model.get_weights())
    return copy


def optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """A fresh optimiser for so many gradient steps an epoch; its state belongs to one run."""
    return OPTIMIZERS[recipe.optimizer](learning_rate=_learning_rate(recipe, steps))


def _learning_rate(recipe: Recipe, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    cycle = (recipe.epochs - recipe.averaged_epochs) * steps
    rising = max(1, round(cycle * RISING))
    schedule = keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate * RISING_FROM,
        decay_steps=max(1, cycle - rising),
        warmup_target=recipe.learning_rate,
        warmup_steps=rising,
    )
    return ThenConstant(schedule, cycle, recipe.learning_rate * AVERAGED_AT) if recipe.averaged_epochs else schedule


class ThenConstant(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # Keras has no types
    """A schedule for so many steps, and one learning rate ever after."""

    def __init__(self, schedule: keras.optimizers.schedules.LearningRateSchedule, steps: int, rate: float) -> None:
        self.schedule, self.steps, self.rate = schedule, steps, rate

    def __call__(self, step: int) -> keras.KerasTensor:
        return keras.ops.where(step < self.steps, self.schedule(step), self.rate)

    def get_config(self) -> dict[str, object]:
        return {"schedule": self.schedule, "steps": self.steps, "rate": self.rate}


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
        case _:
            assert_never(layer)
