"""The training loop: many steps in one compiled call, over digits that stay in memory.

Keras's own `fit` spends most of an epoch between steps. Here a call runs about a fifth of a second of
steps and returns the sums an event needs; model, optimiser, loss and their mathematics are Keras's own.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core import calibration
from core.drawings import Drawings
from core.events import EpochEnd, Progress
from core.mnist import Digits, Pixels, Split, split
from core.recipe import MOVES, Recipe
from core.training import augment, network

CALL_SECONDS = 0.2  # aimed at, so that an event comes every quarter of a second or sooner
EVALUATION_BATCH = 1000  # images
_REMEDY = "a smaller learning rate may help."

CompiledSteps = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
Predictor = Callable[[tf.Tensor], tf.Tensor]
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
    temperature: float  # that calibrates the probabilities, from the validation digits; 1 without such
    seconds: float  # training, without the final test
    training_images: int  # an epoch
    stopped: bool  # somebody stopped it before its last epoch


def train(
    recipe: Recipe,
    digits: Digits,
    report: Report,
    should_stop: Callable[[], bool] = lambda: False,
    drawings: Drawings | None = None,
) -> TrainedNetwork:
    """Train a recipe, telling `report` about it every quarter of a second or sooner.

    Args:
        recipe: What to train.
        digits: MNIST.
        report: Called with each event, in this thread; what it raises ends the training.
        should_stop: Asked after every event; True ends the training there.
        drawings: Pen drawings, to train on if the recipe wants them: those of the writers that nobody holds out.

    Raises:
        Diverged: If the loss becomes infinite or not a number.
    """
    model = network.build(recipe)
    started = time.perf_counter()
    images = split(recipe, digits)
    if recipe.pen_drawings:
        images = augment.with_drawings(images, drawings, recipe.seed)
    predict = predictor(model, recipe)
    fit = _Fit(recipe, model, predict, images, report, should_stop)
    fit.epochs()
    seconds = time.perf_counter() - started
    loss, accuracy, probabilities = evaluate(predict, recipe, digits.x_test, digits.y_test)
    if not math.isfinite(loss):  # the very last step can be the one too large
        raise Diverged(f"The loss stopped being a number after training; {_REMEDY}")
    return TrainedNetwork(
        recipe=recipe,
        model=model,
        history=tuple(fit.history),
        test_loss=loss,
        test_accuracy=accuracy,
        test_probabilities=probabilities,
        temperature=_temperature(predict, recipe, images),
        seconds=seconds,
        training_images=len(images.x_train),
        stopped=len(fit.history) < recipe.epochs,
    )


def predictor(model: keras.Model, recipe: Recipe) -> Predictor:
    """Compile prediction: (n, 28, 28) uint8 images to (n, 10) probabilities, for any n."""

    def predict(batch: tf.Tensor) -> tf.Tensor:
        padded = tf.pad(batch, ((0, 0), (1, 1), (1, 1)))
        glances = [padded[:, 1 - down : 29 - down, 1 - right : 29 - right] for down, right in MOVES[: recipe.glances]]
        return tf.reduce_mean([model(_scaled(glance, recipe), training=False) for glance in glances], axis=0)

    compiled: Predictor = tf.function(predict, [tf.TensorSpec((None, 28, 28), tf.uint8)])
    return compiled


def evaluate(
    predict: Predictor, recipe: Recipe, images: Pixels, labels: Pixels
) -> tuple[float, float, NDArray[np.float32]]:
    """Mean loss, accuracy and the (n, 10) probabilities of (n, 28, 28) uint8 images with (n,) labels."""
    loss = keras.losses.get(recipe.loss)
    probabilities = np.concatenate(
        [predict(tf.constant(images[i : i + EVALUATION_BATCH])) for i in range(0, len(images), EVALUATION_BATCH)]
    )
    losses = loss(tf.one_hot(labels, 10), probabilities)
    accuracy = np.mean(probabilities.argmax(axis=1) == labels)
    return float(tf.reduce_mean(losses)), float(accuracy), probabilities


def _temperature(predict: Predictor, recipe: Recipe, images: Split) -> float:
    if recipe.validate_on_test or not len(images.x_validation):
        return 1.0
    _, _, probabilities = evaluate(predict, recipe, images.x_validation, images.y_validation)
    return calibration.temperature(probabilities, images.y_validation)


class _Fit:
    """One training: the compiled steps, the order of the images and the sums of the epoch so far."""

    def __init__(
        self,
        recipe: Recipe,
        model: keras.Model,
        predict: Predictor,
        images: Split,
        report: Report,
        should_stop: Callable[[], bool],
    ) -> None:
        self.recipe, self.report, self.should_stop = recipe, report, should_stop
        self.predict, self.split = predict, images
        self.history: list[EpochEnd] = []
        self.images = 0
        self.steps_a_call = 1
        self.started = time.perf_counter()
        self.calls = 0
        self.lately: deque[tuple[int, float]] = deque(maxlen=15)  # images and seconds of the latest calls
        self.shuffler = np.random.default_rng(recipe.seed)
        optimizer = network.optimizer(recipe, recipe.epochs * math.ceil(len(images.x_train) / recipe.batch_size))
        optimizer.build(model.trainable_variables)
        self.x, y = tf.Variable(images.x_train, trainable=False), tf.constant(images.y_train)
        self.full = compiled_steps(recipe, model, optimizer, self.x, y, xla=not recipe.convolutional)
        self.rest = compiled_steps(recipe, model, optimizer, self.x, y, xla=False)

    def epochs(self) -> None:
        """Train until the last epoch or until somebody stops it."""
        ahead = ThreadPoolExecutor(1)  # varies the next epoch's images while this one's are trained on
        try:
            for epoch in range(1, self.recipe.epochs + 1):
                coming = ahead.submit(augment.of_epoch, self.split.x_train, self.recipe, epoch + 1)
                if not self.epoch(epoch):
                    break
                if self.recipe.augmentation is not None:
                    self.x.assign(coming.result())
        finally:
            ahead.shutdown(wait=False)

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
        in_all = self.recipe.epochs * len(self.split.x_train)
        self.report(
            Progress(
                epoch=epoch,
                images=self.images,
                images_in_all=in_all,
                loss=sums[0] / trained,
                accuracy=sums[1] / trained,
                images_per_second=rate,
                seconds=time.perf_counter() - self.started,
                seconds_left=(in_all - self.images) / rate,
            )
        )
        return sums

    def _end(self, epoch: int, means: NDArray[np.float64]) -> None:
        validation: tuple[float | None, float | None] = (None, None)
        if len(self.split.x_validation):
            validation = evaluate(self.predict, self.recipe, self.split.x_validation, self.split.y_validation)[:2]
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
    images: tf.Tensor | tf.Variable,
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
