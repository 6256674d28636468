"""A network that predicts with ONNX Runtime."""

from collections.abc import Callable
from math import prod

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core import calibration, likeness
from core.bundle import Card
from core.glances import glances
from core.recipe import Recipe, summary

Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]  # (n, 28, 28) images to (n, 10) probabilities

AT_ONCE = 500  # images a network is shown, at most
MOST_VALUES = 20_000_000  # of the widest layer for all of them: a wide convolution would fill the memory


class Model:
    """A published network, ready to predict; safe to share between threads.

    `name`, `card` and `recipe` are what the bundle holds.
    """

    def __init__(self, name: str, card: Card, recipe: Recipe, onnx: bytes) -> None:
        self.name, self.card, self.recipe = name, card, recipe
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # many visitors share few cores
        options.enable_cpu_mem_arena = False  # it would keep the most that a wide network ever needed
        self._session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])

    def predict(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """The ten softmax probabilities of each image.

        Args:
            images: Shape (n, 28, 28), float32 in [0, 1], background 0, as `ink.to_mnist` makes them.

        Returns:
            Shape (n, 10), float32; rows sum to 1.

        Raises:
            ValueError: If the images have another shape.
        """
        if images.ndim != 3 or images.shape[1:] != (28, 28):
            raise ValueError(f"images must be shaped (n, 28, 28), got {images.shape}")
        return calibration.tempered(run(self._session, self.recipe, images), self.card.temperature)

    def digit_likeness(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much each image looks like a digit at all, whichever; see `likeness.digit_likeness`."""
        return likeness.digit_likeness(images)

    @property
    def likeness_threshold(self) -> float:
        """The likeness below which an image is not taken for a digit."""
        return likeness.threshold()


def run(session: onnxruntime.InferenceSession, recipe: Recipe, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """The network's own probabilities, (n, 10), for (n, 28, 28) images: the mean over the recipe's glances."""
    widest = max(prod(row.output_shape) for row in summary(recipe))
    piece = max(1, min(AT_ONCE, MOST_VALUES // widest))
    starts = range(0, max(len(images), 1), piece)
    return np.concatenate([_at_once(session, recipe, images[at : at + piece]) for at in starts])


def _at_once(session: onnxruntime.InferenceSession, recipe: Recipe, images: NDArray[np.float32]) -> NDArray[np.float32]:
    name = session.get_inputs()[0].name
    seen = glances(images.astype(np.float32, copy=False), recipe.glances)
    answers = [session.run(None, {name: glance.reshape(-1, *recipe.input_shape)})[0] for glance in seen]
    return np.asarray(np.mean(answers, axis=0), np.float32)
