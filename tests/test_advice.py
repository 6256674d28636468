import csv
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from pydantic import ValidationError

from core import advice, mnist
from core.advice import Advice, advise
from core.events import EpochEnd, Progress
from core.layers import OUTPUT, Conv, Dense, Dropout, Flatten, Layer, MaxPool
from core.recipe import PRESETS, Augmentation, Recipe
from core.training import loop

SHIPPED = Path(__file__).parent.parent / "trained_models"

WIDE = (Dense(units=128), OUTPUT)
TWO_TENS = (Dense(units=10, activation="sigmoid"), OUTPUT)
LINEAR = (*[Dense(units=64, activation="linear")] * 4, OUTPUT)
SIGMOIDS = (*[Dense(units=32, activation="sigmoid")] * 5, OUTPUT)
SMALL_CNN = (Conv(filters=8), MaxPool(), Flatten(), OUTPUT)


@dataclass(frozen=True)
class Watched:
    """What was heard of a real run."""

    recipe: Recipe
    progress: tuple[Progress, ...]
    epochs: tuple[EpochEnd, ...]
    failure: str | None

    @property
    def advice(self) -> Advice | None:
        return advise(self.recipe, self.progress, self.epochs, self.failure, ended=True)

    @property
    def live(self) -> list[str]:
        """The kinds of advice given while it went on."""
        heard: list[Progress | EpochEnd] = sorted([*self.progress, *self.epochs], key=lambda event: event.seconds)
        prefixes = [heard[:count] for count in range(len(heard))]
        given = [advise(self.recipe, *_apart(prefix)) for prefix in prefixes]
        return [each.kind for each in given if each is not None]


Watch = Callable[[Recipe], Watched]


def _apart(events: Sequence[Progress | EpochEnd]) -> tuple[list[Progress], list[EpochEnd]]:
    return [e for e in events if e.kind == "progress"], [e for e in events if e.kind == "epoch"]


@pytest.fixture(scope="module")
def watch() -> Watch:
    """Train a recipe, each only once, and hand over what it told."""
    every = mnist.digits()
    digits = mnist.Digits(every.x_train, every.y_train, every.x_test[:500], every.y_test[:500])

    @cache
    def run(recipe: Recipe) -> Watched:
        heard: list[Progress | EpochEnd] = []
        failure = None
        try:
            loop.train(recipe, digits, heard.append)
        except loop.Diverged as diverged:
            failure = str(diverged)
        progress, epochs = _apart(heard)
        return Watched(recipe, tuple(progress), tuple(epochs), failure)

    return run


def cured(watch: Watch, recipe: Recipe, kind: str) -> tuple[Watched, Watched]:
    """The run with its fault and the one with the cure its advice offers."""
    ill = watch(recipe)
    told = ill.advice
    assert told is not None
    assert told.kind == kind
    assert told.cure is not None
    assert told.action.startswith("Train again with ")
    assert "!" not in told.sentence + told.action
    well = watch(told.cure)
    assert well.advice is None or well.advice.kind != kind
    return ill, well


def test_loss_that_is_no_number_any_more_is_cured_by_smaller_steps(watch: Watch):
    recipe = Recipe(layers=LINEAR, optimizer="sgd", learning_rate=10, training_images=2000)
    ill, well = cured(watch, recipe, "exploding")
    assert ill.failure is not None
    assert "stopped being a number" in ill.failure  # `advice.DIVERGED`, from the loop's own message
    assert ill.advice is not None
    assert "learning rate 10 " in ill.advice.sentence
    assert ill.advice.action == "Train again with learning rate 0.1"
    assert well.failure is None
    assert well.epochs[-1].loss < 1


def test_run_that_exploded_in_its_first_step_has_advice_without_any_event():
    told = advise(Recipe(learning_rate=0.01), [], [], f"The loss {advice.DIVERGED} in epoch 1", ended=True)
    assert told is not None
    assert told.sentence.startswith("In the first steps ")
    assert told.action == "Train again with learning rate 0.001"


def test_run_that_failed_for_another_reason_gets_no_advice(watch: Watch):
    ill = watch(Recipe(layers=WIDE, learning_rate=1e-6, training_images=6000, epochs=3))
    assert advise(ill.recipe, ill.progress, ill.epochs, "The trainer process died", ended=True) is None


def test_loss_far_above_that_of_nothing_learned_is_exploding_while_it_runs(watch: Watch):
    recipe = Recipe(layers=WIDE, loss="mean_squared_error", learning_rate=0.1, training_images=3000, epochs=3)
    ill, well = cured(watch, recipe, "exploding")
    assert set(ill.live) == {"exploding"}
    assert ill.advice is not None
    assert "0.0900" in ill.advice.sentence  # nine tenths wrong at one output, a tenth at nine
    assert well.epochs[-1].accuracy > 0.8 > 0.3 > ill.epochs[-1].accuracy


@pytest.mark.parametrize(
    ("recipe", "change", "words"),
    [
        (
            Recipe(layers=WIDE, learning_rate=1e-6, training_images=6000, epochs=3),
            {"learning_rate": 1e-3},
            "learning rate 0.000001 makes steps so small",
        ),
        (
            Recipe(layers=WIDE, optimizer="sgd", learning_rate=3, training_images=6000, batch_size=32, epochs=3),
            {"learning_rate": 0.1},
            "learning rate 3 makes steps so large",
        ),
        (
            Recipe(
                layers=TWO_TENS,
                optimizer="sgd",
                learning_rate=0.1,
                loss="mean_squared_error",
                training_images=6000,
                batch_size=32,
                epochs=4,
            ),
            {"loss": "categorical_crossentropy"},
            "mean squared error",
        ),
        (
            Recipe(
                layers=TWO_TENS, optimizer="sgd", learning_rate=0.1, training_images=4000, batch_size=2048, epochs=4
            ),
            {"batch_size": 32},
            "there were only 8 steps",
        ),
        (
            Recipe(layers=SIGMOIDS, optimizer="sgd", learning_rate=0.1, training_images=6000, batch_size=32, epochs=3),
            {"layers": (*[Dense(units=32)] * 5, OUTPUT)},
            "5 sigmoid layers",
        ),
    ],
    ids=["too small", "too large", "squared error", "few steps", "sigmoids"],
)
def test_loss_that_does_not_fall_is_cured_by_its_cause(
    recipe: Recipe, change: dict[str, object], words: str, watch: Watch
):
    ill, well = cured(watch, recipe, "not-falling")
    assert ill.advice is not None
    assert ill.advice.cure == recipe.with_changes(**change)
    assert words in ill.advice.sentence
    assert well.epochs[-1].accuracy > ill.epochs[-1].accuracy + 0.2


def test_loss_that_stays_high_because_of_large_steps_is_not_falling(watch: Watch):
    recipe = Recipe(layers=WIDE, learning_rate=0.3, training_images=6000, epochs=5)
    ill, well = cured(watch, recipe, "not-falling")
    assert well.epochs[-1].loss < ill.epochs[-1].loss / 2


def test_loss_that_jumps_because_of_single_images_is_calmed_by_larger_batches(watch: Watch):
    layers = (Dense(units=512), OUTPUT)
    recipe = Recipe(
        layers=layers, optimizer="sgd", learning_rate=0.1, training_images=1000, batch_size=1, epochs=10, seed=2
    )
    ill, well = cured(watch, recipe, "jumping")
    assert ill.advice is not None
    assert ill.advice.cure == recipe.with_changes(batch_size=32)
    assert _largest_rise([end.loss for end in ill.epochs]) > 0.03
    assert _largest_rise([end.loss for end in well.epochs]) < 0.01


def test_validation_loss_that_jumps_is_calmed_by_smaller_steps(watch: Watch):
    recipe = Recipe(
        layers=WIDE, optimizer="rmsprop", learning_rate=0.05, training_images=6000, validation_split=0.2, epochs=8
    )
    ill, well = cured(watch, recipe, "jumping")
    assert ill.advice is not None
    assert ill.advice.sentence.startswith("The validation loss jumps: ")
    assert ill.advice.cure == recipe.with_changes(learning_rate=0.001)
    assert _largest_rise([end.val_loss or 0 for end in ill.epochs]) > 0.1
    assert _largest_rise([end.val_loss or 0 for end in well.epochs]) < 0.05


def _largest_rise(losses: Sequence[float]) -> float:
    return max(after - before for before, after in itertools.pairwise(losses))


def test_few_images_learned_by_heart_are_cured_by_all_of_them(watch: Watch):
    recipe = Recipe(layers=WIDE, training_images=500, validation_split=0.2, batch_size=128, epochs=30)
    ill, well = cured(watch, recipe, "too-few-images")
    assert ill.advice is not None
    assert "its 400 training images" in ill.advice.sentence
    assert ill.advice.action == "Train again with all 60,000 images, for 10 epochs"
    assert (well.epochs[-1].val_accuracy or 0) > 0.96 > 0.9 > (ill.epochs[-1].val_accuracy or 1)


def test_overfitting_is_cured_by_dropout(watch: Watch):
    layers = (Dense(units=64), OUTPUT)
    recipe = Recipe(
        layers=layers, training_images=10_100, validation_split=0.1, learning_rate=0.004, batch_size=64, epochs=12
    )
    ill = watch(recipe)
    assert ill.advice is not None
    assert ill.advice.kind == "overfitting"
    assert ill.advice.cure == recipe.with_changes(layers=(layers[0], Dropout(), OUTPUT))
    lowest = min(ill.epochs, key=lambda end: end.val_loss or math.inf)
    assert f"Since epoch {lowest.epoch} " in ill.advice.sentence
    well = watch(ill.advice.cure)
    assert (well.epochs[-1].val_loss or math.inf) < (ill.epochs[-1].val_loss or 0)


@pytest.mark.parametrize(
    ("layers", "augmentation", "change"),
    [
        (TWO_TENS, None, {"augmentation": Augmentation()}),  # ten units have none to spare
        ((Dense(units=128), Dropout(), OUTPUT), None, {"augmentation": Augmentation()}),
        ((Dense(units=128), Dropout(), OUTPUT), Augmentation(), {"epochs": 2}),
        ((OUTPUT,), None, {"augmentation": Augmentation()}),
        (SMALL_CNN, None, {"layers": (*SMALL_CNN[:-1], Dropout(), OUTPUT)}),
    ],
    ids=["narrow", "has dropout", "has both", "no hidden layer", "convolutional"],
)
def test_cure_of_overfitting_is_one_the_recipe_does_not_have_yet(
    layers: tuple[Layer, ...], augmentation: Augmentation | None, change: dict[str, object]
):
    recipe = Recipe(layers=layers, augmentation=augmentation, validation_split=0.1, epochs=6)
    losses = [(0.5, 0.30), (0.2, 0.20), (0.1, 0.25), (0.05, 0.28), (0.03, 0.31), (0.02, 0.33)]
    epochs = [
        EpochEnd(epoch=n, images=54_000 * n, loss=loss, accuracy=0.98, val_loss=val, val_accuracy=0.95, seconds=n)
        for n, (loss, val) in enumerate(losses, 1)
    ]
    told = advise(recipe, [], epochs)
    assert told is not None
    assert told.kind == "overfitting"
    assert told.cure == recipe.with_changes(**change)


@pytest.mark.parametrize(
    ("rate", "change"), [(0.1, {"epochs": 8}), (0.004, {"learning_rate": 0.1})], ids=["usual steps", "small steps"]
)
def test_run_that_ended_while_its_loss_was_falling_goes_on(rate: float, change: dict[str, object], watch: Watch):
    layers = TWO_TENS if rate == 0.1 else WIDE
    recipe = Recipe(layers=layers, optimizer="sgd", learning_rate=rate, training_images=6000, batch_size=32, epochs=4)
    ill = watch(recipe)
    assert ill.advice is not None
    assert ill.advice.kind == "finished-early"
    assert ill.advice.cure == recipe.with_changes(**change)
    assert ill.live == []
    assert watch(ill.advice.cure).epochs[-1].loss < 0.7 * ill.epochs[-1].loss


def test_run_that_somebody_stopped_did_not_finish_early(watch: Watch):
    run = watch(
        Recipe(layers=TWO_TENS, optimizer="sgd", learning_rate=0.1, training_images=6000, batch_size=32, epochs=4)
    )
    kept = [event for event in run.progress if event.epoch < 4]
    assert advise(run.recipe, kept, run.epochs[:3], ended=True) is None


@pytest.mark.parametrize(
    "recipe",
    [
        PRESETS["first-network"].with_changes(training_images=6000),
        PRESETS["sprint"].with_changes(training_images=6000),
        Recipe(layers=WIDE, training_images=6000, epochs=8, validation_split=0.2),
        Recipe(layers=WIDE, optimizer="sgd", learning_rate=0.1, training_images=6000, batch_size=32, epochs=8),
        Recipe(layers=(Dense(units=128), Dropout(), OUTPUT), training_images=6000, epochs=8, validation_split=0.2),
        Recipe(layers=WIDE, schedule="one-cycle", learning_rate=0.004, training_images=6000, validation_split=0.2),
        Recipe(layers=WIDE, loss="mean_squared_error", training_images=4000, epochs=8),
        Recipe(layers=(OUTPUT,), training_images=6000, batch_size=32, epochs=8, validation_split=0.2),
        Recipe(
            layers=WIDE,
            training_images=3000,
            batch_size=32,
            epochs=8,
            augmentation=Augmentation(),
            validation_split=0.2,
        ),
    ],
    ids=["first network", "sprint", "adam", "sgd", "dropout", "one-cycle", "squared error", "one layer", "varied"],
)
def test_well_behaved_run_is_left_in_peace(recipe: Recipe, watch: Watch):
    run = watch(recipe)
    assert run.advice is None
    assert run.live == []


@pytest.mark.parametrize("name", ["ten-lines", "express-mlp"])
def test_slow_preset_on_few_images_is_only_told_to_go_on(name: str, watch: Watch):
    run = watch(PRESETS[name].with_changes(training_images=6000))
    assert run.live == []
    assert run.advice is not None
    assert run.advice.kind == "finished-early"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("simple-cnn", None),
        ("first-network", None),
        ("express-mlp", None),
        ("sprint", None),
        ("reader", None),
        ("keras-intro", "finished-early"),  # 71 % right when it ended, 66 % an epoch before
        ("ten-lines", "finished-early"),
    ],
)
def test_shipped_network_is_judged_by_its_history(name: str, kind: str | None):
    recipe = Recipe.model_validate_json((SHIPPED / name / "recipe.json").read_bytes())
    with (SHIPPED / name / "history.csv").open(newline="") as file:
        epochs = [EpochEnd.model_validate({k: v for k, v in row.items() if v}) for row in csv.DictReader(file)]
    for count in range(len(epochs)):
        assert advise(recipe, [], epochs[:count]) is None
    told = advise(recipe, [], epochs, ended=True)
    assert (told and told.kind) == kind


def test_nothing_is_said_before_anything_is_known():
    assert advise(Recipe(), [], []) is None
    assert advise(Recipe(), [], [], ended=True) is None


def _progress(images: int, loss: float) -> Progress:
    return Progress(
        epoch=1,
        images=images,
        loss=loss,
        accuracy=0.5,
        images_per_second=1,
        seconds=images,
        seconds_left=0,
    )


def test_event_of_a_single_wild_batch_weighs_as_little_as_its_images():
    recipe = Recipe(epochs=1)
    calm = [_progress(images, 0.3) for images in range(5000, 55_000, 5000)]
    assert advise(recipe, [*calm, _progress(50_128, 20)], []) is None


def test_images_told_twice_after_a_checkpoint_count_once():
    wild = [_progress(images, 50) for images in range(1000, 30_000, 1000)]
    again = [_progress(images, 0.3) for images in range(1000, 30_000, 1000)]
    assert advise(Recipe(), wild, []) is not None
    assert advise(Recipe(), [*wild, *again], []) is None


def test_run_is_as_long_as_it_told_with_pen_drawings_among_its_images():
    recipe = Recipe(schedule="one-cycle", pen_drawings=True, epochs=2)
    flat = [_progress(images, 2.3).model_copy(update={"accuracy": 0.1}) for images in range(1000, 61_000, 1000)]
    assert advise(recipe, flat, []) is not None
    assert advise(recipe, flat, [], an_epoch=120_000) is None  # its learning rate is still small


def test_images_are_not_few_with_pen_drawings_among_them():
    recipe = Recipe(training_images=2000, validation_split=0.1, pen_drawings=True, epochs=8)
    ends = [
        EpochEnd(epoch=n, images=n * 50_000, loss=0.1, accuracy=0.99, val_loss=0.3, val_accuracy=0.8, seconds=n)
        for n in range(1, 4)
    ]
    assert advise(recipe, [], ends, an_epoch=50_000) is None


def test_network_that_forgot_everything_is_told_so():
    epochs = [
        EpochEnd(epoch=n, images=60_000 * n, loss=loss, accuracy=0.5, seconds=n)
        for n, loss in enumerate([0.9, 0.4, 2.31], 1)
    ]
    told = advise(Recipe(learning_rate=0.02), [], epochs)
    assert told is not None
    assert told.kind == "exploding"
    assert "had fallen to 0.400 and climbed back to 2.31" in told.sentence


def test_limits_are_those_of_the_recipe():
    Recipe(epochs=advice.MOST_EPOCHS)
    with pytest.raises(ValidationError):
        Recipe(epochs=advice.MOST_EPOCHS + 1)


def learned_by_heart(recipe: Recipe) -> Advice:
    """What is said of a run whose training goes on to get better while the validation does not."""
    epochs = [
        EpochEnd(
            epoch=epoch,
            images=epoch * recipe.fitted_images,
            loss=0.5 / epoch,
            accuracy=1 - 0.1 / epoch,
            val_loss=0.3 + 0.05 * epoch,
            val_accuracy=0.8,
            seconds=float(epoch),
        )
        for epoch in range(1, 9)
    ]
    told = advise(recipe, [], epochs, ended=True)
    assert told is not None
    return told


def test_cure_of_a_recipe_that_averages_its_last_epochs_can_be_trained():
    averaging = Recipe(layers=WIDE, epochs=20, averaged_epochs=12, validation_split=0.1)
    few = learned_by_heart(averaging.with_changes(training_images=2000))
    assert few.kind == "too-few-images"
    assert few.cure is not None
    assert (few.cure.epochs, few.cure.averaged_epochs) == (10, 0)
    full = averaging.with_changes(layers=(*[Dropout()] * 28, Flatten(), OUTPUT), augmentation=Augmentation())
    shorter = learned_by_heart(full)
    assert shorter.kind == "overfitting"
    assert shorter.cure is not None
    assert (shorter.cure.epochs, shorter.cure.averaged_epochs) == (1, 0)


def test_dropout_is_no_cure_where_no_layer_has_room():
    full = Recipe(layers=(*[Dense(units=32)] * 29, OUTPUT), validation_split=0.1, epochs=20)
    told = learned_by_heart(full)
    assert told.cure is not None
    assert (len(told.cure.layers), told.cure.augmentation is not None) == (30, True)


def test_steps_are_counted_as_they_are_made():
    recipe = Recipe(layers=WIDE, learning_rate=1e-3, training_images=100, batch_size=4096, epochs=5)
    ends = [
        EpochEnd(epoch=epoch, images=100 * epoch, loss=2.3, accuracy=0.1, seconds=float(epoch)) for epoch in range(1, 6)
    ]
    told = advise(recipe, [], ends, ended=True)
    assert told is not None
    assert "there were only 5 steps" in told.sentence
