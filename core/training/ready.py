"""A network that is built and compiled already, so that a run of its kind begins at once.

Building, tracing and compiling take a second or more, as long as the whole training of a small network.
"""

import math
import threading
from collections import OrderedDict
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from core.checkpoint import Arrays
from core.mnist import Split
from core.recipe import Recipe
from core.training import network
from core.training.steps import EVALUATION_BATCH, compiled_steps, predictor

MOST_KEPT = 10

Images = tuple[tf.Variable, tf.Variable]  # (n, 28, 28) and (n,), both uint8


class Ready:
    """One network with its optimiser and their compiled functions, for one run at a time.

    Args:
        recipe: What is built; its seed gives the weights.
        images: Where an epoch's images and labels are kept.
    """

    def __init__(self, recipe: Recipe, images: Images) -> None:
        self.images = self.x, self.y = images
        self.batch_size, self._count = recipe.batch_size, int(self.x.shape[0])
        self.model = network.build(recipe)
        self.predict = predictor(self.model, recipe)
        self.optimizer = network.optimizer(recipe, math.ceil(self._count / recipe.batch_size))
        self.optimizer.build(self.model.trainable_variables)
        self._first = values(self.optimizer.variables)
        self._new_for: int | None = recipe.seed  # while its weights are still those of this seed
        compiled = partial(compiled_steps, recipe, self.model, self.optimizer, self.x, self.y)
        # Measured: XLA is several times faster for dense layers, and slower for convolutions.
        self.full, self.rest = compiled(xla=not recipe.convolutional), compiled(xla=False)

    def begin(self, recipe: Recipe, images: Split) -> None:
        """Be a new network, as this recipe's seed gives it, with these images to train on."""
        self.x.assign(images.x_train)
        self.y.assign(images.y_train)
        if self._new_for != recipe.seed:
            assign(self.model.variables, values(network.build(recipe).variables))
            assign(self.optimizer.variables, self._first)
        self._new_for = None

    def compile(self) -> None:
        """Compile all that a run will call, by calls of no steps."""
        steps, left = divmod(self._count, self.batch_size)
        none = tf.constant(0)
        self.full(tf.zeros((steps, self.batch_size), tf.int32), none, none)
        if left:
            self.rest(tf.zeros((1, left), tf.int32), none, none)
        self.predict(tf.zeros((EVALUATION_BATCH, 28, 28), tf.uint8))
        self.predict(tf.zeros((1, 28, 28), tf.uint8))


def room(count: int) -> Images:
    """Room for so many images and labels."""
    images = tf.Variable(tf.zeros((count, 28, 28), tf.uint8), trainable=False)
    return images, tf.Variable(tf.zeros(count, tf.uint8), trainable=False)


class Shelf:
    """The networks that a trainer keeps ready, the latest ones; their seeds, and how long they train, do not matter."""

    def __init__(self) -> None:
        self.in_use = threading.Lock()  # by the run that trains, or by who prepares
        self._kept: OrderedDict[tuple[int, str], Ready] = OrderedDict()

    def take(self, recipe: Recipe) -> Ready | None:
        """A network for a run of this recipe; None if its number of images is not known beforehand."""
        if recipe.pen_drawings:
            return None
        count = recipe.fitted_images
        left_out = {"seed", "patience", "seconds", "training_images", "validation_split", "validate_on_test"}
        if recipe.schedule == "constant":
            left_out.add("epochs")
        key = count, recipe.model_dump_json(exclude=left_out)
        if key not in self._kept:
            shared = [kept.images for (its, _), kept in self._kept.items() if its == count]
            self._kept[key] = Ready(recipe, shared[0] if shared else room(count))
        self._kept.move_to_end(key)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def prepare(self, recipe: Recipe) -> None:
        """Have a network of this recipe on the shelf."""
        ready = self.take(recipe)
        if ready is not None:
            ready.compile()


def values(variables: list[keras.Variable]) -> Arrays:
    """Copies of the variables' values."""
    return tuple(np.array(variable.numpy()) for variable in variables)


def assign(variables: list[keras.Variable], arrays: Arrays) -> None:
    """Give variables these values, in their order."""
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


shelf = Shelf()  # of this process
