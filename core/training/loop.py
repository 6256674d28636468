"""Train a recipe: from its images to a network that was measured once on the test digits."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from core import calibration
from core.checkpoint import Checkpoint
from core.drawings import Drawings
from core.events import Control, EpochEnd
from core.mnist import Digits, Pixels, Split, split
from core.recipe import Recipe
from core.training import augment, network
from core.training.fit import REMEDY, Diverged, Fit, Report
from core.training.ready import Ready, room
from core.training.steps import Predictor, evaluate, predictor


class Discarded(Exception):
    """Somebody stopped the run, and wants no model of it."""


class Paused(Exception):
    """Somebody paused the run; `checkpoint` is where it stands."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__("paused")
        self.checkpoint = checkpoint


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
    seconds: float  # training, without pauses and the final test
    training_images: int  # an epoch
    stopped: bool  # somebody stopped it before its end
    remarks: tuple[str, ...]  # sentences: what went otherwise than one may think
    as_asked: bool  # trained as the recipe says, from its own first weights and to its end
    uploaded: bool = False  # somebody brought its weights: nothing is known of its training


def train(
    recipe: Recipe,
    digits: Digits,
    report: Report,
    control: Callable[[], Control] = Control,
    *,
    drawings: Drawings | None = None,
    ready: Ready | None = None,
    probe: Pixels | None = None,
    weights: list[NDArray[np.float32]] | None = None,
    further: bool = False,
    resume: Checkpoint | None = None,
    keep: Callable[[Checkpoint], None] = lambda checkpoint: None,
) -> TrainedNetwork:
    """Train a recipe, telling `report` about it every quarter of a second or sooner.

    Args:
        recipe: What to train.
        digits: MNIST.
        report: Called with each event, in this thread; what it raises ends the training.
        control: Asked after every event, and between two batches of an evaluation, what people want of the run.
        drawings: Pen drawings, to train on if the recipe wants them: those of the writers that nobody holds out.
        ready: A network of this recipe that is compiled already; the one returned is then its, until its next run.
        probe: (28, 28) uint8, a digit whose ten probabilities stand in every event.
        weights: To begin with, as `Model.get_weights()` gives them; else those of the recipe's seed.
        further: The network was trained before, whether it begins with `weights` or goes on at `resume`.
        resume: Where to go on.
        keep: Given a checkpoint at the end of every epoch.

    Raises:
        Diverged: If the loss becomes infinite or not a number.
        Discarded: If the run was stopped, and nothing shall or can be kept.
        Paused: If the run was paused; it holds the checkpoint.
    """
    images = split(recipe, digits)
    if recipe.pen_drawings:
        images = augment.with_drawings(images, drawings, recipe.seed, heeding(control))
    ready = ready or Ready(recipe, room(len(images.x_train)))
    ready.begin(recipe, images)
    if weights is not None:
        ready.model.set_weights(weights)
    fit = Fit(recipe, ready, images, report, control, keep, probe, further=further)
    if resume is not None:
        fit.go_on(resume)
    fit.epochs()
    if not fit.finished and (fit.asked.stop == "discard" or (fit.asked.stop and not fit.images)):
        raise Discarded
    if not fit.finished and not fit.asked.stop:
        raise Paused(fit.checkpoint())
    fit.restore_best()
    return _tested(fit, digits)


def measure(
    recipe: Recipe,
    weights: list[NDArray[np.float32]],
    digits: Digits,
    control: Callable[[], Control] = Control,
) -> TrainedNetwork:
    """Build a recipe's network with weights that were trained elsewhere, and measure it as if it was trained here.

    Args:
        recipe: What to build; what it says of training is only passed on.
        weights: As `Model.get_weights()` gives them.
        digits: MNIST.
        control: Asked between two batches what people want of the run.

    Raises:
        Diverged: If the network's loss is infinite or not a number.
        Discarded: If the run was stopped, and nothing shall be kept.
    """
    model = network.build(recipe.with_changes(precision="float32"))
    model.set_weights(weights)
    predict, heed = predictor(model, recipe), heeding(control)
    loss, accuracy, probabilities = evaluate(predict, recipe, digits.x_test, digits.y_test, heed)
    if not math.isfinite(loss):
        raise Diverged("These weights give answers that are not numbers.")
    return TrainedNetwork(
        recipe=recipe,
        model=model,
        history=(),
        test_loss=loss,
        test_accuracy=accuracy,
        test_probabilities=probabilities,
        temperature=_temperature(predict, recipe, split(recipe, digits), heed),
        seconds=0.0,
        training_images=0,
        stopped=False,
        remarks=("It was uploaded: nobody here knows whether it was trained on the digits that its scores are from.",),
        as_asked=False,
        uploaded=True,
    )


def heeding(control: Callable[[], Control]) -> Callable[[], None]:
    """What long work calls now and then: it raises `Discarded` if the run was stopped."""

    def heed() -> None:
        if control().stop == "discard":
            raise Discarded

    return heed


def _tested(fit: Fit, digits: Digits) -> TrainedNetwork:
    seconds = fit.seconds
    model = network.in_float32(fit.model, fit.recipe)
    predict = fit.predict if model is fit.model else predictor(model, fit.recipe)
    heed = heeding(fit.control)
    loss, accuracy, probabilities = evaluate(predict, fit.recipe, digits.x_test, digits.y_test, heed)
    if not math.isfinite(loss):  # the very last step can be the one too large
        raise Diverged(f"The loss stopped being a number after training; {REMEDY}")
    return TrainedNetwork(
        recipe=fit.recipe,
        model=model,
        history=tuple(fit.history),
        test_loss=loss,
        test_accuracy=accuracy,
        test_probabilities=probabilities,
        temperature=_temperature(predict, fit.recipe, fit.split, heed),
        seconds=seconds,
        training_images=len(fit.split.x_train),
        stopped=not fit.finished,
        remarks=tuple(fit.remarks()),
        as_asked=fit.as_asked,
    )


def _temperature(predict: Predictor, recipe: Recipe, images: Split, heed: Callable[[], object]) -> float:
    if recipe.validate_on_test or not len(images.x_validation):
        return 1.0
    _, _, probabilities = evaluate(predict, recipe, images.x_validation, images.y_validation, heed)
    return calibration.temperature(probabilities, images.y_validation)
