"""One training, call by call: events, what people ask of it, checkpoints, its end.

A call of the compiled steps lasts about a fifth of a second and gives one event; between two calls people are heard.
"""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.checkpoint import Arrays, Checkpoint, Progressed
from core.events import Changed, Control, EpochEnd, Progress, Told
from core.mnist import Pixels, Split
from core.recipe import Recipe
from core.training import augment, network
from core.training.pace import Pace
from core.training.ready import Ready, assign, values
from core.training.steps import CompiledSteps, evaluate

SLOW_SECONDS = 0.4  # between two batches in slow motion
REMEDY = "a smaller learning rate may help."

Report = Callable[[Told], None]


class Diverged(ArithmeticError):
    """The loss is no longer a number."""


class Fit:
    """One training: the compiled steps, the order of the images and how far it has come."""

    def __init__(
        self,
        recipe: Recipe,
        ready: Ready,
        images: Split,
        report: Report,
        control: Callable[[], Control],
        keep: Callable[[Checkpoint], None],
        probe: Pixels | None,
        further: bool = False,
    ) -> None:
        self.recipe, self.split = recipe, images
        self.further = further
        self.of_epoch = partial(augment.of_epoch, images.x_train, recipe, further=further)
        self.model, self.optimizer, self.x, self.predict = ready.model, ready.optimizer, ready.x, ready.predict
        self.full, self.rest = ready.full, ready.rest
        self.report, self.control, self.keep = report, control, keep
        self.probe = None if probe is None else tf.constant(probe[None])
        self.history: list[EpochEnd] = []
        self.changes: list[Changed] = []
        self.best: Arrays = ()
        self.epoch, self.step = 1, 0
        self.loss_sum, self.right = 0.0, 0
        self.images = 0
        self.latest: Progress | None = None
        self.pace = Pace(recipe.seconds)
        self.finished = self.out_of_time = False
        self.asked = Control()  # of it when people were last heard

    @property
    def seconds(self) -> float:
        """Since the run began, pauses left out."""
        return self.pace.seconds

    @property
    def images_in_all(self) -> int:
        return min(self.recipe.epochs * len(self.split.x_train), self.images + self.pace.room(self.images))

    def checkpoint(self) -> Checkpoint:
        """Where it stands now."""
        at = Progressed(
            epoch=self.epoch,
            step=self.step,
            loss_sum=self.loss_sum,
            right=self.right,
            images=self.images,
            seconds=self.seconds,
            most_images=self.pace.most_images,
            history=tuple(self.history),
            changes=tuple(self.changes),
        )
        return Checkpoint(at, values(self.model.variables), values(self.optimizer.variables), self.best)

    def go_on(self, checkpoint: Checkpoint) -> None:
        """Be where a checkpoint stands."""
        at = checkpoint.at
        self.epoch, self.step, self.loss_sum, self.right = at.epoch, at.step, at.loss_sum, at.right
        self.images = at.images
        self.pace.go_on(at.seconds, at.most_images)
        self.history, self.changes = list(at.history), list(at.changes)
        self.best = checkpoint.best
        assign(self.model.variables, checkpoint.network)
        assign(self.optimizer.variables, checkpoint.optimizer)

    def restore_best(self) -> None:
        """Give the network the weights of the lowest validation loss, or the mean ones, if the recipe asks for them."""
        if self.best:
            assign(self.model.variables, self.best)

    def epochs(self) -> None:
        """Train until the last epoch, until the time is over, or until somebody stops or pauses it."""
        shuffler = np.random.default_rng(self.recipe.seed)
        for _ in range(1, self.epoch):  # what the epochs before drew
            shuffler.permutation(len(self.split.x_train))
        if self.recipe.augmentation is not None:
            self.x.assign(self.of_epoch(self.epoch))
        ahead = ThreadPoolExecutor(1)  # varies the next epoch's images while this one's are trained on
        try:
            while not self.finished and not self._asked_to_end():
                coming = ahead.submit(self.of_epoch, self.epoch + 1)
                if not self._trained_epoch(shuffler.permutation(len(self.split.x_train)).astype(np.int32)):
                    break
                self._end_epoch()
                if self.recipe.augmentation is not None and not self.finished:
                    self.x.assign(coming.result())
        finally:
            ahead.shutdown(wait=False)
        if self.finished and self.latest is not None and self.latest.images_in_all > self.images:  # sooner than told
            self.report(self.latest.model_copy(update={"images_in_all": self.images, "seconds_left": 0.0}))

    def _asked_to_end(self) -> bool:
        """Hear what people want; True if that is the run's end or a pause."""
        was_slow, self.asked = self.asked.slow, self.control()
        if was_slow and not self.asked.slow:
            self.pace.forget()
        self._set_learning_rate()
        return self.asked.pause or self.asked.stop is not None

    def _trained_epoch(self, order: NDArray[np.int32]) -> bool:
        """Train what is left of an epoch; False if it was left before its end.

        Keras trains the images left over at an epoch's end as one smaller batch; so do we, and tell of it together with
        the batches before it: alone it would be a spike in the curves.
        """
        size = self.recipe.batch_size
        full, left = divmod(len(order), size)
        batches, rest = tf.constant(order[: full * size].reshape(full, size)), tf.constant(order[None, full * size :])
        while self.step < full + bool(left):
            if self._asked_to_end():
                return False
            if self.pace.is_over(self.images, size if self.step < full else left):
                self.finished = self.out_of_time = True
                return False
            count = self._steps_of_a_call(full)
            ends = bool(left) and self.step + count == full and count * size + left <= self.pace.room(self.images)
            ends = ends and not (count and self.asked.slow)  # which tells of every batch alone
            self._call(batches, count, rest if ends else None)
            if self.asked.slow:
                self._wait()
        return True

    def _steps_of_a_call(self, full: int) -> int:
        """How many of an epoch's full batches the next call trains on: at least one, if there is one left."""
        count = min(1 if self.asked.slow else self.pace.steps_a_call, full - self.step)
        return min(count, self.pace.room(self.images) // self.recipe.batch_size)

    def _set_learning_rate(self) -> None:
        asked = self.asked.learning_rate
        if asked is None or self.recipe.schedule != "constant":
            return
        now = self.changes[-1].learning_rate if self.changes else self.recipe.learning_rate
        if asked != now:
            self.optimizer.learning_rate.assign(asked)
            self.changes.append(Changed(images=self.images, learning_rate=asked))
            self.report(self.changes[-1])

    def _wait(self) -> None:
        began = time.perf_counter()
        while time.perf_counter() < began + SLOW_SECONDS and self.control().slow:
            time.sleep(0.05)
        self.pace.waited(time.perf_counter() - began)

    def _call(self, batches: tf.Tensor, count: int, rest: tf.Tensor | None) -> None:
        """Train on the next `count` full batches, and on the smaller one after them, and tell of it in one event."""
        began = time.perf_counter()
        loss_sum, confusion = 0.0, np.zeros((10, 10), int)
        if count:
            loss_sum, confusion = _sums(self.full, batches, self.step, count)
            self.pace.adapt(count, time.perf_counter() - began)
        if rest is not None:
            of_rest = _sums(self.rest, rest, 0, 1)
            loss_sum, confusion = loss_sum + of_rest[0], confusion + of_rest[1]
        took = time.perf_counter() - began
        trained = int(confusion.sum())
        self.images += trained
        self.step += count + (rest is not None)
        self.loss_sum += loss_sum
        self.right += int(confusion.trace())
        probe = () if self.probe is None else tuple(self.predict(self.probe)[0].numpy().tolist())
        if not np.isfinite([loss_sum, *probe]).all():  # weights that this call's last step broke: no loss tells it yet
            raise Diverged(f"The loss stopped being a number in epoch {self.epoch}; {REMEDY}")
        rate = self.pace.measure(self.images, trained, took, self.asked.slow)
        self.latest = Progress(
            epoch=self.epoch,
            images=self.images,
            images_in_all=self.images_in_all,
            loss=loss_sum / trained,
            accuracy=confusion.trace() / trained,
            images_per_second=rate,
            seconds=self.seconds,
            seconds_left=min((self.images_in_all - self.images) / rate, self.pace.seconds_left),
            confusion=tuple(map(tuple, confusion.tolist())),
            probe=probe,
        )
        self.report(self.latest)

    def _end_epoch(self) -> None:
        validation: tuple[float | None, float | None] = (None, None)
        if len(self.split.x_validation):
            validation = evaluate(
                self.predict, self.recipe, self.split.x_validation, self.split.y_validation, self.control
            )[:2]
        n = len(self.split.x_train)
        end = EpochEnd(
            epoch=self.epoch,
            images=self.images,
            loss=self.loss_sum / n,
            accuracy=self.right / n,
            val_loss=validation[0],
            val_accuracy=validation[1],
            seconds=self.seconds,
        )
        self.history.append(end)
        self._average()
        self.finished = self.epoch == self.recipe.epochs or self._waited_in_vain()
        self.epoch, self.step, self.loss_sum, self.right = self.epoch + 1, 0, 0.0, 0
        self.report(end)
        if not self.finished:
            self.keep(self.checkpoint())

    def _average(self) -> None:
        """Take an epoch's weights into the mean of the last epochs.

        Batch normalisation's moving statistics are averaged with the weights.

        Source: P. Izmailov et al., "Averaging weights leads to wider optima and better generalization", UAI 2018.
        """
        count = self.epoch - (self.recipe.epochs - self.recipe.averaged_epochs)
        if not self.recipe.averaged_epochs or count < 1:
            return
        now = values(self.model.variables)
        self.best = tuple(_mean(*pair, count) for pair in zip(self.best or now, now, strict=True))

    def _waited_in_vain(self) -> bool:
        """Keep the best weights; True if they have been the best for as long as the recipe has patience."""
        if not self.recipe.patience:
            return False
        best = self._best_epoch()
        if best == self.epoch:
            self.best = values(self.model.variables)
        return self.epoch - best >= self.recipe.patience

    def _best_epoch(self) -> int:
        return min(self.history, key=lambda end: math.inf if end.val_loss is None else end.val_loss).epoch

    @property
    def as_asked(self) -> bool:
        """Whether it trained as the recipe says, from its own first weights and to its end."""
        return self.finished and not self.changes and not self.further

    def remarks(self) -> list[str]:
        """Sentences about what went otherwise than one may think."""
        said = [
            f"The learning rate was changed to {change.learning_rate:g} after {change.images:,} images."
            for change in self.changes
        ]
        if self.recipe.precision == "bfloat16" and not network.has_bfloat16():
            said.append("It was trained in float32: that processor has no bfloat16.")
        if self.best and self.recipe.patience:
            said.append(f"Its weights are those of epoch {self._best_epoch()}, with the lowest validation loss.")
        epochs = self.images * 10 // len(self.split.x_train) / 10  # what is not done is not said to be
        if self.out_of_time:
            said.append(f"It trained {epochs} epochs in the {self.recipe.seconds} seconds it was given.")
        elif self.finished and epochs < self.recipe.epochs:
            patience = "1 epoch" if self.recipe.patience == 1 else f"{self.recipe.patience} epochs"
            said.append(f"It ended itself after epoch {len(self.history)}: for {patience} no lower validation loss.")
        elif epochs < self.recipe.epochs:
            of_all = "" if self.recipe.seconds else f" of {self.recipe.epochs}"
            said.append(f"It trained {epochs}{of_all} epochs before it ended.")
        return said


def _sums(run: CompiledSteps, batches: tf.Tensor, first: int, count: int) -> tuple[float, NDArray[np.int_]]:
    """Sum of the losses and confusion matrix of `count` steps from the first on."""
    loss_sum, confusion = run(batches, tf.constant(first), tf.constant(count))
    return float(loss_sum), confusion.numpy().astype(int)


def _mean(mean: NDArray[np.generic], latest: NDArray[np.generic], count: int) -> NDArray[np.generic]:
    """The mean of `count` arrays, of which the latest is new; the latest itself of what chance is kept in."""
    if not np.issubdtype(latest.dtype, np.floating):
        return latest
    return np.average([mean, latest], axis=0, weights=[count - 1, 1]).astype(latest.dtype)
