import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.events import EpochEnd, Progress, from_json
from core.mnist import Digits
from core.recipe import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, Recipe
from core.training import loop, network

DENSE = (Dense(units=32), OUTPUT)
LAYERS = {
    "dense": DENSE,
    "convolutional": (Conv(filters=4), MaxPool(), Conv(filters=6, padding="same"), MaxPool(), Flatten(), OUTPUT),
    "normalised": (Dense(units=32), BatchNorm(), OUTPUT),
    "normalised image": (Conv(filters=4), BatchNorm(), MaxPool(), Flatten(), OUTPUT),
}


def silent(event: Progress | EpochEnd) -> None:
    """Nobody listens."""


def inputs(recipe: Recipe, images: np.ndarray) -> np.ndarray:
    return (images / np.float32(255)).reshape(-1, *recipe.input_shape)


def compiled(recipe: Recipe) -> keras.Model:
    """The same network from the same weights, trained by Keras itself."""
    model = network.build(recipe)
    model.compile(network.optimizer(recipe, steps=10), loss=recipe.loss, metrics=["accuracy"])
    return model


def assert_same_weights(ours: keras.Model, keras_s: keras.Model) -> None:
    for mine, its in zip(ours.get_weights(), keras_s.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, atol=1e-5)


@pytest.mark.parametrize(
    ("layers", "optimizer"),
    [
        *itertools.product(["dense", "convolutional", "normalised", "normalised image"], ["sgd", "adam"]),
        ("dense", "adamw"),
        ("dense", "rmsprop"),
    ],
)
def test_ten_compiled_steps_are_ten_keras_steps(layers: str, optimizer: str, few_digits: Digits):
    recipe = Recipe.model_validate({"layers": LAYERS[layers], "optimizer": optimizer, "batch_size": 32})
    order = np.random.default_rng(0).permutation(2000)[:320].reshape(10, 32).astype(np.int32)

    ours = network.build(recipe)
    updates = network.optimizer(recipe, steps=10)
    updates.build(ours.trainable_variables)
    digits_here = tf.constant(few_digits.x_train), tf.constant(few_digits.y_train)
    steps = loop.compiled_steps(recipe, ours, updates, *digits_here, xla=not recipe.convolutional)
    sums = np.zeros(2)
    for start, count in [(0, 1), (1, 6), (7, 3)]:
        sums += [float(s) for s in steps(tf.constant(order), tf.constant(start), tf.constant(count))]

    keras_s = compiled(recipe)
    figures = []
    for chosen in order:
        images, labels = inputs(recipe, few_digits.x_train[chosen]), np.eye(10)[few_digits.y_train[chosen]]
        figures.append(keras_s.train_on_batch(images, labels))  # loss and accuracy of this batch

    assert_same_weights(ours, keras_s)
    np.testing.assert_allclose(sums / 320, np.mean(figures, axis=0), atol=1e-5)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
def test_epochs_are_those_of_keras_fit(loss: str, few_digits: Digits):
    recipe = Recipe.model_validate(
        {"layers": DENSE, "loss": loss, "training_images": 1000, "validation_split": 0.1, "batch_size": 4096}
    )  # a batch larger than the training images: their order does not matter
    heard: list[Progress | EpochEnd] = []
    trained = loop.train(recipe, few_digits, heard.append)

    keras_s = compiled(recipe)
    history = keras_s.fit(
        inputs(recipe, few_digits.x_train[:1000]),
        np.eye(10)[few_digits.y_train[:1000]],
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_split=recipe.validation_split,
        verbose=0,
    ).history
    assert_same_weights(trained.model, keras_s)
    for name, figures in history.items():
        np.testing.assert_allclose([getattr(end, name) for end in trained.history], figures, atol=1e-5)
    tested = keras_s.evaluate(inputs(recipe, few_digits.x_test), np.eye(10)[few_digits.y_test], verbose=0)
    np.testing.assert_allclose([trained.test_loss, trained.test_accuracy], tested, atol=1e-5)


def test_events_add_up(few_digits: Digits):
    recipe = Recipe(layers=DENSE, training_images=1990, batch_size=64, epochs=3)
    heard: list[Progress | EpochEnd] = []
    trained = loop.train(recipe, few_digits, heard.append)

    ends = [event for event in heard if event.kind == "epoch"]
    assert tuple(ends) == trained.history
    assert [end.epoch for end in ends] == [1, 2, 3]
    assert [end.images for end in ends] == [1990, 3980, 5970]
    assert [event.epoch for event in heard] == sorted(event.epoch for event in heard)
    assert [event.images for event in heard] == sorted(event.images for event in heard)
    assert [event.seconds for event in heard] == sorted(event.seconds for event in heard)

    parts = [event for event in heard if event.kind == "progress"]
    sizes = np.diff([0, *(part.images for part in parts)])
    for end in ends:
        mine = [part.epoch == end.epoch for part in parts]
        for figure in ("loss", "accuracy"):
            mean = np.average([getattr(part, figure) for part in parts], weights=sizes * mine)
            assert mean == pytest.approx(getattr(end, figure))
    assert parts[-1].seconds_left == 0
    assert all(part.images_per_second > 0 for part in parts)


def test_events_survive_json(few_digits: Digits):
    heard: list[Progress | EpochEnd] = []
    loop.train(Recipe(training_images=200, epochs=1), few_digits, heard.append)
    assert [from_json(event.model_dump_json()) for event in heard] == heard


def test_images_left_over_are_trained_as_a_smaller_batch(few_digits: Digits):
    heard: list[Progress | EpochEnd] = []
    loop.train(Recipe(training_images=150, batch_size=64, epochs=1), few_digits, heard.append)
    assert [event.images for event in heard if event.kind == "progress"][-2:] == [128, 150]


def test_every_image_is_trained_on_once_an_epoch(few_digits: Digits):
    """With a learning rate too small to matter, an epoch's loss is the loss of all its images."""
    recipe = Recipe(layers=DENSE, optimizer="sgd", learning_rate=1e-12, training_images=500, batch_size=64, epochs=2)
    trained = loop.train(recipe, few_digits, silent)
    loss, accuracy, _ = loop.evaluate(
        loop.predictor(trained.model, recipe), recipe, few_digits.x_train[:500], few_digits.y_train[:500]
    )
    for end in trained.history:
        assert end.loss == pytest.approx(loss, abs=1e-5)
        assert end.accuracy == pytest.approx(accuracy)


def test_images_are_shuffled_anew_every_epoch(few_digits: Digits):
    """With a learning rate too small to matter, the first batches of two epochs differ by their images alone."""
    recipe = Recipe(optimizer="sgd", learning_rate=1e-12, training_images=500, batch_size=400, epochs=3)
    heard: list[Progress | EpochEnd] = []
    loop.train(recipe, few_digits, heard.append)
    assert len({event.loss for event in heard if event.images % 500 == 400}) == 3


def test_validation_figures_only_when_asked_for(few_digits: Digits):
    plain = Recipe(training_images=500, epochs=1)
    (end,) = loop.train(plain, few_digits, silent).history
    assert (end.val_loss, end.val_accuracy) == (None, None)

    trained = loop.train(plain.with_changes(validate_on_test=True), few_digits, silent)
    assert trained.history[0].val_loss == trained.test_loss
    assert trained.history[0].val_accuracy == trained.test_accuracy


def test_network_learns(few_digits: Digits):
    trained = loop.train(Recipe(layers=DENSE, training_images=2000, batch_size=32), few_digits, silent)
    assert trained.test_accuracy > 0.8
    losses = [end.loss for end in trained.history]
    assert losses == sorted(losses, reverse=True)
    assert not trained.stopped
    assert trained.test_probabilities.shape == (500, 10)


def test_stop_is_heard_in_the_middle_of_an_epoch(few_digits: Digits):
    heard: list[Progress | EpochEnd] = []
    recipe = Recipe(training_images=2000, batch_size=1, epochs=200)
    trained = loop.train(recipe, few_digits, heard.append, lambda: len(heard) == 3)
    assert [event.kind for event in heard] == ["progress"] * 3
    assert trained.stopped
    assert trained.history == ()
    assert trained.test_loss > 0


def test_stop_after_an_epoch_keeps_that_epoch(few_digits: Digits):
    heard: list[Progress | EpochEnd] = []
    recipe = Recipe(training_images=500, epochs=200)
    trained = loop.train(recipe, few_digits, heard.append, lambda: heard[-1].kind == "epoch")
    assert trained.stopped
    assert [end.epoch for end in trained.history] == [1]


def test_stop_after_the_last_epoch_is_no_stop(few_digits: Digits):
    heard: list[Progress | EpochEnd] = []
    recipe = Recipe(training_images=500, epochs=1)
    assert not loop.train(recipe, few_digits, heard.append, lambda: heard[-1].kind == "epoch").stopped


def test_exception_in_report_stops_training(few_digits: Digits):
    heard: list[Progress | EpochEnd] = []

    def report(event: Progress | EpochEnd) -> None:
        heard.append(event)
        if len(heard) == 2:
            raise ConnectionError("nobody there any more")

    with pytest.raises(ConnectionError, match="nobody there"):
        loop.train(Recipe(training_images=2000, batch_size=8), few_digits, report)
    assert len(heard) == 2


def test_diverging_recipe_is_given_up_with_advice(few_digits: Digits):
    layers = (Dense(units=64, activation="linear"),) * 4 + (OUTPUT,)
    recipe = Recipe(layers=layers, optimizer="sgd", learning_rate=10, training_images=2000)
    heard: list[Progress | EpochEnd] = []
    with pytest.raises(loop.Diverged, match="in epoch 1; a smaller learning rate may help"):
        loop.train(recipe, few_digits, heard.append)
    assert all(math.isfinite(event.loss) for event in heard)


def test_recipe_that_diverges_in_its_very_last_step_is_given_up(few_digits: Digits):
    layers = (Dense(units=64, activation="linear"),) * 4 + (OUTPUT,)

    def one_step_more_each_time() -> None:  # the first run that fails does so at its end
        for epochs in itertools.count(1):
            recipe = Recipe(layers=layers, optimizer="sgd", learning_rate=10, training_images=100, epochs=epochs)
            loop.train(recipe, few_digits, silent)

    with pytest.raises(loop.Diverged, match="after training"):
        one_step_more_each_time()


@pytest.mark.parametrize(
    "layers",
    [(Dense(units=32), Dropout(), OUTPUT), (Conv(filters=4), MaxPool(), Flatten(), Dropout(), OUTPUT)],
    ids=["dense", "convolutional"],
)
def test_same_seed_gives_the_same_network(layers: tuple[object, ...], few_digits: Digits):
    recipe = Recipe.model_validate({"layers": layers, "training_images": 500, "epochs": 2, "seed": 5})
    first, again, other = (
        loop.train(each, few_digits, silent).model.get_weights()[0]
        for each in (recipe, recipe, recipe.with_changes(seed=6))
    )
    np.testing.assert_allclose(first, again, atol=1e-6)
    assert not np.allclose(first, other, atol=1e-2)
