"""The training loop: many steps in one compiled call, over digits that stay in memory.

Keras's own `fit` spends most of an epoch between steps. Here a call runs about a fifth of a second of
steps and returns the sums an event needs; model, optimiser, loss and their mathematics are Keras's own.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.events import EpochEnd, Progress
from core.mnist import Digits, Pixels, split
from core.recipe import Recipe
from core.training import network

CALL_SECONDS = 0.2  # aimed at, so that an event comes every quarter of a second or sooner
EVALUATION_BATCH = 1000  # images
_REMEDY = "a smaller learning rate may help."

CompiledSteps = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
Report = Callable[[Progress | EpochEnd], None]


class Diverged(ArithmeticError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class TrainedNetwork:
    """What a run made, measured once on the 10,000 test digits."""

    recipe: Recipe
    model: keras.Model
    history: tuple[EpochEnd, ...]
    test_loss: float
    test_accuracy: float  # share in [0, 1]
    test_probabilities: NDArray[np.float32]  # (10000, 10)
    seconds: float  # training, without the final test
    stopped: bool  # somebody stopped it before its last epoch


def train(
    recipe: Recipe, digits: Digits, report: Report, should_stop: Callable[[], bool] = lambda: False
) -> TrainedNetwork:
    """Train a recipe, telling `report` about it every quarter of a second or sooner.

    Args:
        recipe: What to train.
        digits: MNIST.
        report: Called with each event, in this thread; what it raises ends the training.
        should_stop: Asked after every event; True ends the training there.

    Raises:
        Diverged: If the loss becomes infinite or not a number.
    """
    model = network.build(recipe)
    started = time.perf_counter()
    fit = _Fit(recipe, model, digits, report, should_stop)
    for epoch in range(1, recipe.epochs + 1):
        if not fit.epoch(epoch):
            break
    seconds = time.perf_counter() - started
    loss, accuracy, probabilities = evaluate(model, recipe, digits.x_test, digits.y_test)
    if not math.isfinite(loss):  # the very last step can be the one too large
        raise Diverged(f"The loss stopped being a number after training; {_REMEDY}")
    return TrainedNetwork(
        recipe, model, tuple(fit.history), loss, accuracy, probabilities, seconds, len(fit.history) < recipe.epochs
    )


def evaluate(
    model: keras.Model, recipe: Recipe, images: Pixels, labels: Pixels
) -> tuple[float, float, NDArray[np.float32]]:
    """Mean loss, accuracy and the (n, 10) probabilities of (n, 28, 28) uint8 images with (n,) labels."""
    loss = keras.losses.get(recipe.loss)
    predict = tf.function(lambda batch: model(_scaled(batch, recipe), training=False), reduce_retracing=True)
    probabilities = np.concatenate(
        [predict(tf.constant(images[i : i + EVALUATION_BATCH])) for i in range(0, len(images), EVALUATION_BATCH)]
    )
    losses = loss(tf.one_hot(labels, 10), probabilities)
    accuracy = np.mean(probabilities.argmax(axis=1) == labels)
    return float(tf.reduce_mean(losses)), float(accuracy), probabilities


class _Fit:
    """One training: the compiled steps, the order of the images and the sums of the epoch so far."""

    def __init__(
        self,
        recipe: Recipe,
        model: keras.Model,
        digits: Digits,
        report: Report,
        should_stop: Callable[[], bool],
    ) -> None:
        self.recipe, self.model, self.report, self.should_stop = recipe, model, report, should_stop
        self.split = split(recipe, digits)
        self.history: list[EpochEnd] = []
        self.images = 0
        self.steps_a_call = 1
        self.started = time.perf_counter()
        self.calls = 0
        self.lately: deque[tuple[int, float]] = deque(maxlen=15)  # images and seconds of the latest calls
        self.shuffler = np.random.default_rng(recipe.seed)
        optimizer = network.optimizer(recipe)
        optimizer.build(model.trainable_variables)
        digits_here = tf.constant(self.split.x_train), tf.constant(self.split.y_train)
        self.full = compiled_steps(recipe, model, optimizer, *digits_here, xla=not recipe.convolutional)
        self.rest = compiled_steps(recipe, model, optimizer, *digits_here, xla=False)

    def epoch(self, epoch: int) -> bool:
        """Train one epoch; False if it was stopped before its end.

        Keras trains the images left over at an epoch's end as one smaller batch; so do we.
        """
        order = self.shuffler.permutation(len(self.split.x_train)).astype(np.int32)
        steps = len(order) // self.recipe.batch_size
        in_full = steps * self.recipe.batch_size
        batches = tf.constant(order[:in_full].reshape(steps, self.recipe.batch_size))
        sums = np.zeros(2)  # of losses, of right answers
        done = 0
        while done < steps:
            count = min(self.steps_a_call, steps - done)
            began = time.perf_counter()
            sums += self._call(epoch, self.full, batches, done, count)
            done += count
            if count == self.steps_a_call:
                took = time.perf_counter() - began
                self.steps_a_call = max(1, min(2 * count, int(count * CALL_SECONDS / took)))
            if self.should_stop():
                return False
        if in_full < len(order):
            sums += self._call(epoch, self.rest, tf.constant(order[None, in_full:]), 0, 1)
        self._end(epoch, sums / len(order))
        return not self.should_stop()

    def _call(self, epoch: int, run: CompiledSteps, batches: tf.Tensor, start: int, count: int) -> NDArray[np.float64]:
        began = time.perf_counter()
        sums = np.array([float(s) for s in run(batches, tf.constant(start), tf.constant(count))])
        took = time.perf_counter() - began
        trained = count * batches.shape[1]
        self.images += trained
        if not math.isfinite(sums[0]):
            raise Diverged(f"The loss stopped being a number in epoch {epoch}; {_REMEDY}")
        self.calls += 1
        if self.calls == 2:  # the first one compiled, too
            self.lately.clear()
        self.lately.append((trained, took))
        rate = sum(images for images, _ in self.lately) / sum(seconds for _, seconds in self.lately)
        left = self.recipe.epochs * len(self.split.x_train) - self.images
        self.report(
            Progress(
                epoch=epoch,
                images=self.images,
                loss=sums[0] / trained,
                accuracy=sums[1] / trained,
                images_per_second=rate,
                seconds=time.perf_counter() - self.started,
                seconds_left=left / rate,
            )
        )
        return sums

    def _end(self, epoch: int, means: NDArray[np.float64]) -> None:
        validation: tuple[float | None, float | None] = (None, None)
        if len(self.split.x_validation):
            validation = evaluate(self.model, self.recipe, self.split.x_validation, self.split.y_validation)[:2]
        end = EpochEnd(
            epoch=epoch,
            images=self.images,
            loss=means[0],
            accuracy=means[1],
            val_loss=validation[0],
            val_accuracy=validation[1],
            seconds=time.perf_counter() - self.started,
        )
        self.history.append(end)
        self.report(end)


def compiled_steps(
    recipe: Recipe,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor,
    labels: tf.Tensor,
    xla: bool,
) -> CompiledSteps:
    """Compile run(order, start, count) -> (sum of losses, right answers): `count` gradient steps.

    `order` is (steps, images a batch) int32; step i trains on images[order[start + i]]. XLA makes dense networks
    several times faster and convolutions several times slower (measured on two cores), so the caller chooses.
    """
    loss = keras.losses.get(recipe.loss)

    def run(order: tf.Tensor, start: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        loss_sum = tf.constant(0.0)
        right = tf.constant(0.0)
        step = tf.constant(0)
        while step < count:  # `tf.range(count)` would compile anew for every count
            chosen = tf.gather(order, start + step)
            target = tf.one_hot(tf.cast(tf.gather(labels, chosen), tf.int32), 10)
            with tf.GradientTape() as tape:
                output = model(_scaled(tf.gather(images, chosen), recipe), training=True)
                mean = tf.reduce_mean(loss(target, output))
            gradients = tape.gradient(mean, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            step += 1
            loss_sum += mean * tf.cast(tf.size(chosen), tf.float32)
            right += tf.reduce_sum(tf.cast(tf.argmax(output, 1) == tf.argmax(target, 1), tf.float32))
        return loss_sum, right

    compiled: CompiledSteps = tf.function(run, jit_compile=xla)
    return compiled


def _scaled(images: tf.Tensor, recipe: Recipe) -> tf.Tensor:
    """(n, 28, 28) uint8 as (n, *input_shape) float32 in [0, 1]."""
    return tf.reshape(tf.cast(images, tf.float32) / 255.0, (-1, *recipe.input_shape))
