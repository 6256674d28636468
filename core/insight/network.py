"""A model opened for looking into: every layer's output, the logits, and their gradient by the pixels."""

from math import prod

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core import library
from core.calibration import softmax
from core.insight import graph
from core.recipe import LayerRow, Recipe, summary
from core.weights import Weights

Values = NDArray[np.float32]


class Network:
    """One model's network; safe to share between threads.

    Args:
        recipe: What it is made of.
        weights: As `core.weights` names them.
        temperature: That the app divides its logits by.
    """

    def __init__(self, recipe: Recipe, weights: Weights, temperature: float = 1.0) -> None:
        self.recipe, self.weights, self.temperature = recipe, weights, temperature
        self.rows: list[LayerRow] = summary(recipe)
        self._forward = _session(graph.forward(recipe, weights))
        self._backward = _session(graph.gradient(recipe, weights))

    @property
    def values(self) -> int:
        """How many numbers all layers together hold for one image."""
        return sum(prod(row.output_shape) for row in self.rows)

    @classmethod
    def of(cls, name: str) -> "Network":
        """A saved model's.

        Raises:
            FileNotFoundError: If there is no such model, or its bundle is of an early version, without these weights.
            DamagedBundle: If its files are not the ones its card describes.
        """
        return cls(library.recipe(name), library.network_weights(name), library.card(name).temperature)

    def layer(self, number: int, images: Values) -> Values:
        """One layer's outputs for (n, 28, 28) images; layers count from 1.

        Returns:
            As Keras has them: (n, height, width, channels) or (n, values).
        """
        return _channels_last(_run(self._forward, [f"layer-{number}"], images)[0])

    def layers(self, images: Values) -> list[Values]:
        """Every layer's outputs for (n, 28, 28) images, as `layer` gives them."""
        names = [f"layer-{number}" for number in range(1, len(self.rows) + 1)]
        return [_channels_last(output) for output in _run(self._forward, names, images)]

    def logits(self, images: Values) -> Values:
        """The ten sums before softmax, (n, 10), for (n, 28, 28) images."""
        return _run(self._forward, ["logits"], images)[0]

    def probabilities(self, images: Values) -> Values:
        """Softmax of the logits divided by the temperature, (n, 10); of one glance, where a recipe takes several."""
        return softmax(self.logits(images) / np.float32(self.temperature))

    def gradient(self, image: Values) -> Values:
        """How much each of the ten logits grows with each pixel of a (28, 28) image: (10, 28, 28)."""
        return _run(self._backward, ["gradient"], image[None])[0]


def _session(graph: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # many visitors share few cores
    options.enable_cpu_mem_arena = False  # it would keep the most that a wide network ever needed
    options.log_severity_level = 3  # it cannot know the shapes of a batch's outputs, and says so
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def _run(session: onnxruntime.InferenceSession, names: list[str], images: Values) -> list[Values]:
    answers: list[Values] = session.run(names, {"image": np.ascontiguousarray(images, np.float32)})
    return answers


def _channels_last(output: Values) -> Values:
    return np.moveaxis(output, 1, -1) if output.ndim == 4 else output
