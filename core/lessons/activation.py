"""What a neuron makes of its sum: step, sigmoid and ReLU, and their slopes."""

from collections.abc import Callable

import numpy as np

from core.lessons.neuron import Array, sigmoid


def step(z: Array) -> Array:
    """1 above 0, else 0."""
    return (z > 0).astype(np.float64)


def relu(z: Array) -> Array:
    """max(0, z)."""
    return np.maximum(0.0, z)


def step_slope(z: Array) -> Array:
    """0 everywhere: a step teaches nothing. At 0 itself there is none; 0 is given."""
    return np.zeros_like(z)


def sigmoid_slope(z: Array) -> Array:
    """s(z) (1 - s(z)), at most 1/4."""
    s = sigmoid(z)
    return s * (1 - s)


def relu_slope(z: Array) -> Array:
    """1 above 0, else 0; at 0 itself there is none, and 0 is taken, as TensorFlow does."""
    return step(z)


Function = Callable[[Array], Array]  # elementwise
FUNCTIONS: dict[str, tuple[Function, Function]] = {  # each with its slope
    "step": (step, step_slope),
    "sigmoid": (sigmoid, sigmoid_slope),
    "ReLU": (relu, relu_slope),
}
