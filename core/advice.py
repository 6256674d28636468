"""What is happening in a run, in one sentence with the run's own numbers, and a changed recipe that mends it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from core.events import EpochEnd, Progress
from core.layers import Dense, Dropout, Layer
from core.recipe import MOST_LAYERS, Augmentation, Recipe
from core.symptoms import USUAL_RATE, Symptoms, each_image_once, stretches, three_figures
from core.words import many

Kind = Literal["exploding", "not-falling", "jumping", "too-few-images", "overfitting", "finished-early"]

LARGE = 2  # times the usual rate: may be why nothing is learned
SLOW = 20  # times smaller than the usual rate: surely why little is learned
STUCK_RATE = 5  # times the usual rate: may keep a network from settling
DIVERGED = "stopped being a number"  # in the message of `core.training.fit.Diverged` when a training raises it

FAR_ABOVE = 1.5  # of nothing learned: no healthy run is there after `SETTLED` images; one that is saturated has 2
SETTLED = 2000  # images; the first steps of a good run may be steep
WAS_LEARNING = 0.6  # of nothing learned: below, a network had learned much
FORGOTTEN = 0.9  # of nothing learned: above, it has lost all of it

UNMOVED = 0.95  # of nothing learned: above, a network that still trains has learned next to nothing
UNMOVED_AT_END = 0.9  # the same when nothing more will come
KNOWS_SOME = 0.4  # accuracy; a network that has it and yet a high loss is not idle but wild
FLAT = 0.01  # of nothing learned: a fall from one third to the next that is less than this is none
ENOUGH_IMAGES = 10_000  # before a run that goes on is judged
ENOUGH_STEPS = 200  # the same in gradient steps, which is what the slow sigmoid networks need
WARM = 0.4  # share of a one-cycle run after which its learning rate has been large for a while

RISE = 0.005  # of nothing learned: a rise of the training loss from epoch to epoch that is more than trembling
VALIDATION_RISE = 0.02  # the same for the validation loss, which trembles more
RISE_OF_LEVEL = 0.02  # share of the loss before it; healthy runs rise less while their loss is worth speaking of
VALIDATION_RISE_OF_LEVEL = 0.1
FEWEST_RISES = 2  # one is an accident
RISING = 1 / 4  # share of the latest epochs in which it rose
LOOKED_AT = 8  # latest epochs; what was before may have calmed down
STUCK = 0.15  # of nothing learned: a loss that stays above it is not done
STUCK_FALL = 0.15  # share of the loss: a smaller fall from one third to the next is next to none

FEW_IMAGES = 10_000  # up to here, more images help more than anything else
GAP = 0.04  # of accuracy, training above validation; dense networks on all images stay below 0.02
CERTAIN = 3  # standard errors of the validation accuracy

OVERFIT_EPOCHS = 3  # in which the validation loss is above its lowest
OVERFIT_RISE = 0.1  # share of the lowest validation loss
OVERFIT_LEVEL = 0.003  # of nothing learned: a smaller rise is a matter of one or two images
NARROW = 32  # units; a narrower layer has none to spare for dropout

STILL_FALLING = 0.05  # of nothing learned, from the run's middle third to its last one: worth as many epochs again
MOST_EPOCHS = 200  # the recipe's own limit
EPOCHS_ON_ALL = 10  # as many as all 60,000 images need; fewer images were seen more often
SMALL_BATCH = 32  # images


@dataclass(frozen=True)
class Advice:
    """What is happening and what to do about it; without a cure, nothing in the recipe shows the cause."""

    kind: Kind
    sentence: str
    cure: Recipe | None
    action: str  # what the button says; empty without a cure


def advise(
    recipe: Recipe,
    progress: Sequence[Progress],
    epochs: Sequence[EpochEnd],
    failure: str | None = None,
    ended: bool = False,
    before: int = 0,
    an_epoch: float | None = None,
) -> Advice | None:
    """Say what matters most about a run, or nothing.

    Args:
        recipe: What is trained.
        progress: Every progress event so far; may be missing, as of a saved network.
        epochs: Every finished epoch so far.
        failure: Why the run failed.
        ended: No more events will come.
        before: Images that were trained on before these events, which count from there.
        an_epoch: Images that an epoch trains on; else as many as the recipe takes of MNIST.

    Returns:
        None if all is well, if the run failed for another reason than its loss, or if too little is known: before
        `SETTLED` images for any rule, before `ENOUGH_IMAGES` and `ENOUGH_STEPS` for a loss that does not fall,
        without validation figures for images that are learned by heart, before the end for one that came too early.
    """
    images = round(an_epoch or recipe.fitted_images)
    known = each_image_once(epochs)
    run = Symptoms(recipe, stretches(progress or epochs), known, failure or "", ended, before, images)
    if _not_a_number(run, progress):
        return _exploded(run)
    if run.failure or not run.stretches or (run.images < SETTLED and not ended):
        return None
    # First what makes all other figures meaningless: a loss that explodes, then one that does not move. A learning
    # rate that is too large hides what the images could teach, so jumping comes before overfitting. Few images are
    # why a small data set is learned by heart; dropout there would treat what more images cure. A run that
    # overfits is not too short, so that comes last.
    rules: tuple[Callable[[Symptoms], Advice | None], ...] = (
        _exploding,
        _not_falling,
        _jumping,
        _stuck,
        _too_few_images,
        _overfitting,
        _finished_early,
    )
    return next((advice for rule in rules if (advice := rule(run)) is not None), None)


def _not_a_number(run: Symptoms, progress: Sequence[Progress]) -> bool:
    losses = [event.loss for event in progress]
    losses += [loss for end in run.epochs for loss in (end.loss, end.val_loss) if loss is not None]
    return DIVERGED in run.failure or not all(map(math.isfinite, losses))


def _exploded(run: Symptoms) -> Advice:
    told = [stretch for stretch in run.stretches if math.isfinite(stretch.loss)]
    sentence = "In the first steps the loss became too large to be a number"
    if run.before:
        sentence = f"After {run.before:,} images the learning rate was changed; then the loss became too large"
    if told:
        images, loss = run.before + told[-1].end, three_figures(told[-1].loss)
        sentence = f"After {images:,} images the loss was {loss}, then too large to be a number"
    return _smaller_rate(
        run, "exploding", f"{sentence}: with the learning rate {_decimal(run.rate)} each step overshot."
    )


def _exploding(run: Symptoms) -> Advice | None:
    reference = f"a network that has learned nothing has {run.tell(1)}"
    cause = f"with the learning rate {_decimal(run.rate)} its steps overshoot."
    if run.now > FAR_ABOVE:
        return _smaller_rate(run, "exploding", f"The loss is {run.tell(run.now)}, and {reference}: {cause}")
    lowest = min((end.loss for end in run.epochs), default=math.inf) / run.nothing
    if lowest < WAS_LEARNING and run.now > FORGOTTEN:
        fallen = f"The loss had fallen to {run.tell(lowest)} and climbed back to {run.tell(run.now)}"
        return _smaller_rate(run, "exploding", f"{fallen}, and {reference}: {cause}")
    return None


def _not_falling(run: Symptoms) -> Advice | None:
    """Its loss is that of a network which has learned nothing."""
    if not run.ended:
        early = run.images < ENOUGH_IMAGES or run.steps < ENOUGH_STEPS
        length = run.recipe.epochs * run.an_epoch
        warming = run.recipe.schedule == "one-cycle" and run.images < WARM * length
        falling = run.middle_third - run.last_third > FLAT
        if early or warming or falling:
            return None
    if run.now < (UNMOVED_AT_END if run.ended else UNMOVED) or run.accuracy_now > KNOWS_SOME:
        return None
    sentence = f"After {run.before + run.images:,} images the loss is {run.tell(run.now)}"
    sentence += f", and a network that has learned nothing has {run.tell(1)}: "
    return _why_not_falling(run, sentence)


def _why_not_falling(run: Symptoms, sentence: str) -> Advice:
    """The first cause that the recipe shows, the surest first."""
    recipe = run.recipe
    rate = f"the learning rate {_decimal(run.rate)}"
    if run.rate > LARGE * run.usual:
        return _smaller_rate(run, "not-falling", f"{sentence}{rate} makes steps so large that they overshoot.")
    if run.rate < run.usual / SLOW:
        return _usual_rate(run, "not-falling", f"{sentence}{rate} makes steps so small that hardly anything changes.")
    if recipe.loss == "mean_squared_error" and recipe.optimizer == "sgd":
        cause = "the mean squared error of ten outputs is so flat at the start that SGD hardly moves."
        cure = recipe.with_changes(loss="categorical_crossentropy")
        return Advice("not-falling", sentence + cause, cure, "Train again with cross-entropy as the loss")
    if run.ended and run.steps < ENOUGH_STEPS and recipe.batch_size > SMALL_BATCH:
        cause = f"with {recipe.batch_size:,} images a step there were only {many(run.steps, 'step')}."
        cure = recipe.with_changes(batch_size=SMALL_BATCH)
        return Advice("not-falling", sentence + cause, cure, f"Train again with {SMALL_BATCH} images a step")
    flat = [layer for layer in recipe.layers[:-1] if getattr(layer, "activation", "") in ("sigmoid", "softmax")]
    if len(flat) > 1:
        cause = f"the corrections fade on their way back through {len(flat)} {_activations(flat)} layers."
        cure = recipe.with_changes(layers=[_with_relu(layer) for layer in recipe.layers[:-1]] + [recipe.layers[-1]])
        return Advice("not-falling", sentence + cause, cure, "Train again with relu in the hidden layers")
    if run.rate < run.usual / 2:
        return _usual_rate(run, "not-falling", f"{sentence}{rate} makes small steps.")
    if recipe.optimizer == "sgd":
        cure = recipe.with_changes(optimizer="adam", learning_rate=USUAL_RATE["adam"])
        action = f"Train again with Adam and learning rate {_decimal(cure.learning_rate)}"
        return Advice("not-falling", f"{sentence}plain SGD makes no headway in this network.", cure, action)
    return Advice("not-falling", f"{sentence}it has not begun to learn.", None, "")


def _activations(layers: Sequence[Layer]) -> str:
    return " and ".join(sorted({str(getattr(layer, "activation", "")) for layer in layers}))


def _with_relu(layer: Layer) -> Layer:
    if getattr(layer, "activation", "") in ("sigmoid", "softmax"):
        return layer.model_copy(update={"activation": "relu"})
    return layer


def _jumping(run: Symptoms) -> Advice | None:
    """The training or the validation loss goes up again and again between epochs, and comes down again.

    Epochs are compared, not events: every epoch's mean is over the same images, so it trembles little.
    """
    if run.recipe.schedule == "one-cycle" and not run.ended:  # it calms down by itself
        return None
    epochs = run.epochs[1:][-LOOKED_AT:]  # the first epoch's fall is no trend
    size = run.an_epoch
    training = [end.loss / run.nothing for end in epochs]
    rises = _rises(training, RISE, max(RISE_OF_LEVEL, 1 / math.sqrt(size)))
    name = "loss"
    if not rises:
        validation = [end.val_loss / run.nothing for end in epochs if end.val_loss is not None]
        rises = _rises(validation, VALIDATION_RISE, VALIDATION_RISE_OF_LEVEL)
        name = "validation loss"
    if not rises:
        return None
    before, after = max(rises, key=lambda rise: rise[1] - rise[0])
    sentence = f"The {name} jumps: in {len(rises)} of the last {len(epochs) - 1} epochs it rose instead of falling"
    sentence += f", the most from {run.tell(before)} to {run.tell(after)}"
    if run.rate <= run.usual and run.recipe.batch_size < SMALL_BATCH:
        few = many(run.recipe.batch_size, "image")
        cure = run.recipe.with_changes(batch_size=SMALL_BATCH)
        return Advice(
            "jumping",
            f"{sentence}; steps that follow {few} at a time are unsteady.",
            cure,
            f"Train again with {SMALL_BATCH} images a step",
        )
    return _smaller_rate(run, "jumping", f"{sentence}; the steps are too large to settle.")


def _rises(losses: Sequence[float], least: float, least_share: float) -> list[tuple[float, float]]:
    """(before, after) of each real rise; none if they are few or are not taken back again."""
    steps = list(pairwise(losses))
    rises = [(a, b) for a, b in steps if b - a > max(least, least_share * a)]
    falls = [(a, b) for a, b in steps if a - b > max(least, least_share * b)]
    enough = len(rises) >= max(FEWEST_RISES, RISING * len(steps)) and len(falls) >= FEWEST_RISES - 1
    return rises if enough else []


def _stuck(run: Symptoms) -> Advice | None:
    """It learned something, then its large steps kept it where it is."""
    high = run.rate >= STUCK_RATE * run.usual and run.now > STUCK and len(run.epochs) > 2
    if not high or run.recipe.schedule == "one-cycle" or run.last_third < (1 - STUCK_FALL) * run.middle_third:
        return None
    sentence = f"The loss stays near {run.tell(run.now)}: the learning rate {_decimal(run.rate)} makes steps too large"
    return _smaller_rate(run, "not-falling", f"{sentence} to get lower.")


def _too_few_images(run: Symptoms) -> Advice | None:
    recipe, latest = run.recipe, run.validated[-2:]
    if max(recipe.training_images, run.an_epoch) > FEW_IMAGES or len(latest) < 2:
        return None
    validation_images = 10_000 if recipe.validate_on_test else recipe.training_images - recipe.fitted_images
    shares = [(end.accuracy, end.val_accuracy or 0.0) for end in latest]
    error = max(math.sqrt(share * (1 - share) / max(1, validation_images)) for _, share in shares)
    if min(training - validation for training, validation in shares) < max(GAP, CERTAIN * error):
        return None
    training, validation = shares[-1]
    epochs = min(recipe.epochs, EPOCHS_ON_ALL)
    sentence = f"It knows {training:.1%} of its {run.an_epoch:,} training images but only {validation:.1%} of"
    sentence += " images it has not seen: so few can be learned by heart."
    cure = _with_epochs(recipe.with_changes(training_images=60_000), epochs)
    fewer = "" if epochs == recipe.epochs else f", for {many(epochs, 'epoch')}"
    return Advice("too-few-images", sentence, cure, f"Train again with all 60,000 images{fewer}")


def _overfitting(run: Symptoms) -> Advice | None:
    if run.recipe.schedule != "constant" and not run.ended:  # at its largest steps the validation loss wanders
        return None
    ends = run.validated
    if len(ends) <= OVERFIT_EPOCHS:
        return None
    losses = {end.epoch: end.val_loss / run.nothing for end in ends if end.val_loss is not None}
    best = min(ends, key=lambda end: losses[end.epoch])
    since = [losses[end.epoch] for end in ends[-OVERFIT_EPOCHS:]]
    lowest = losses[best.epoch]
    risen = sum(since) / len(since) - lowest
    if best in ends[-OVERFIT_EPOCHS:] or risen < max(OVERFIT_RISE * lowest, OVERFIT_LEVEL):
        return None
    if ends[-1].loss > best.loss * (1 - OVERFIT_RISE):
        return None
    sentence = f"Since epoch {best.epoch} the validation loss rose from {run.tell(lowest)} to {run.tell(since[-1])}"
    sentence += f" while the training loss fell from {three_figures(best.loss)} to {three_figures(ends[-1].loss)}"
    cure, action = _against_overfitting(run.recipe, best.epoch)
    return Advice("overfitting", f"{sentence}: it learns its images by heart.", cure, action)


def _against_overfitting(recipe: Recipe, best_epoch: int) -> tuple[Recipe, str]:
    """Dropout if there is none and room for it, then varied images, then to stop where it was best."""
    *hidden, last = recipe.layers
    widths = [layer.units for layer in hidden if isinstance(layer, Dense)]
    dropout = any(isinstance(layer, Dropout) for layer in hidden)
    if hidden and not dropout and min(widths, default=NARROW) >= NARROW and len(recipe.layers) < MOST_LAYERS:
        cure = recipe.with_changes(layers=[*hidden, Dropout(), last])
        return cure, "Train again with dropout before the last layer"
    if recipe.augmentation is None:
        return recipe.with_changes(augmentation=Augmentation()), "Train again with varied images"
    return _with_epochs(recipe, best_epoch), f"Train again with {many(best_epoch, 'epoch')}"


def _with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """Not averaged if there would be too few to average."""
    averaged = recipe.averaged_epochs if recipe.averaged_epochs < epochs else 0
    return recipe.with_changes(epochs=epochs, averaged_epochs=averaged)


def _finished_early(run: Symptoms) -> Advice | None:
    recipe = run.recipe
    finished = run.ended and bool(run.epochs) and run.epochs[-1].epoch == recipe.epochs < MOST_EPOCHS
    if not finished or run.middle_third - run.last_third < STILL_FALLING:
        return None
    losses = [end.val_loss for end in run.validated if end.val_loss is not None]
    if len(losses) > 1 and losses[-1] > losses[-2]:
        return None
    sentence = f"The loss was still falling when the run ended, from {run.tell(run.middle_third)} in its middle third"
    sentence += f" to {run.tell(run.last_third)} in its last one"
    if run.rate < run.usual / SLOW:
        return _usual_rate(
            run, "finished-early", f"{sentence}: the learning rate {_decimal(run.rate)} makes small steps."
        )
    epochs = min(2 * recipe.epochs, MOST_EPOCHS)
    cure = recipe.with_changes(epochs=epochs)
    return Advice("finished-early", f"{sentence}: it can learn more.", cure, f"Train again with {epochs} epochs")


def _smaller_rate(run: Symptoms, kind: Kind, sentence: str) -> Advice:
    """A tenth; the usual one if even that is more: ten times too large is still too large."""
    return _with_rate(run, kind, sentence, min(run.rate / 10, run.usual))


def _usual_rate(run: Symptoms, kind: Kind, sentence: str) -> Advice:
    return _with_rate(run, kind, sentence, run.usual)


def _with_rate(run: Symptoms, kind: Kind, sentence: str, rate: float) -> Advice:
    cure = run.recipe.with_changes(learning_rate=float(f"{rate:.2g}"))
    return Advice(kind, sentence, cure, f"Train again with learning rate {_decimal(cure.learning_rate)}")


def _decimal(rate: float) -> str:
    """A learning rate without an exponent: "0.00001"."""
    return f"{rate:.12f}".rstrip("0").rstrip(".")
