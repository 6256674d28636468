import itertools
import math
import re
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from core.checkpoint import Checkpoint, from_bytes, to_bytes
from core.events import Changed, Control, Told, from_json
from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.mnist import Digits
from core.recipe import Augmentation, Recipe
from core.training import fit, loop, network, pace, steps
from core.training.ready import Ready, room

DENSE = (Dense(units=32), OUTPUT)
LAYERS = {
    "dense": DENSE,
    "convolutional": (Conv(filters=4), MaxPool(), Conv(filters=6, padding="same"), MaxPool(), Flatten(), OUTPUT),
    "curved": (Conv(filters=4, activation="tanh"), MaxPool(), Conv(activation="softmax"), MaxPool(), Flatten(), OUTPUT),
    "normalised": (Dense(units=32), BatchNorm(), OUTPUT),
    "normalised image": (Conv(filters=4), BatchNorm(), MaxPool(), Flatten(), OUTPUT),
}


def silent(event: Told) -> None:
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
        ("curved", "adam"),
    ],
)
def test_ten_compiled_steps_are_ten_keras_steps(layers: str, optimizer: str, few_digits: Digits):
    recipe = Recipe.model_validate({"layers": LAYERS[layers], "optimizer": optimizer, "batch_size": 32})
    order = np.random.default_rng(0).permutation(2000)[:320].reshape(10, 32).astype(np.int32)

    ours = network.build(recipe)
    updates = network.optimizer(recipe, steps=10)
    updates.build(ours.trainable_variables)
    digits_here = tf.constant(few_digits.x_train), tf.constant(few_digits.y_train)
    run = steps.compiled_steps(recipe, ours, updates, *digits_here, xla=not recipe.convolutional)
    sums = np.zeros(2)
    confusion = np.zeros((10, 10))
    for start, count in [(0, 1), (1, 6), (7, 3)]:
        loss_sum, matrix = run(tf.constant(order), tf.constant(start), tf.constant(count))
        sums += float(loss_sum), np.trace(matrix.numpy())
        confusion += matrix.numpy()

    keras_s = compiled(recipe)
    figures = []
    for chosen in order:
        images, labels = inputs(recipe, few_digits.x_train[chosen]), np.eye(10)[few_digits.y_train[chosen]]
        figures.append(keras_s.train_on_batch(images, labels))  # loss and accuracy of this batch

    assert_same_weights(ours, keras_s)
    np.testing.assert_allclose(sums / 320, np.mean(figures, axis=0), atol=1e-5)
    assert confusion.sum(axis=1).tolist() == np.bincount(few_digits.y_train[order.ravel()], minlength=10).tolist()


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "mean_squared_error"])
def test_epochs_are_those_of_keras_fit(loss: str, few_digits: Digits):
    recipe = Recipe.model_validate(
        {"layers": DENSE, "loss": loss, "training_images": 1000, "validation_split": 0.1, "batch_size": 4096}
    )  # a batch larger than the training images: their order does not matter
    heard: list[Told] = []
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
    heard: list[Told] = []
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
    heard: list[Told] = []
    loop.train(Recipe(training_images=200, epochs=1), few_digits, heard.append)
    assert [from_json(event.model_dump_json()) for event in heard] == heard


def test_images_left_over_are_told_of_with_the_batches_before_them(few_digits: Digits):
    heard: list[Told] = []
    loop.train(Recipe(training_images=150, batch_size=64, epochs=2), few_digits, heard.append)
    progress = [event for event in heard if event.kind == "progress"]
    assert {150, 300} <= {event.images for event in progress}
    assert min(np.sum(event.confusion) for event in progress) >= 64


def test_slow_motion_tells_of_images_left_over_alone(few_digits: Digits):
    heard: list[Told] = []
    slowly = Control(slow=True)
    loop.train(Recipe(training_images=150, batch_size=64, epochs=1), few_digits, heard.append, lambda: slowly)
    assert [np.sum(event.confusion) for event in heard if event.kind == "progress"] == [64, 64, 22]


def test_images_that_are_less_than_a_batch_are_told_of_alone(few_digits: Digits):
    heard: list[Told] = []
    loop.train(Recipe(training_images=100, batch_size=128, epochs=2), few_digits, heard.append)
    assert [event.images for event in heard if event.kind == "progress"] == [100, 200]


def test_every_image_is_trained_on_once_an_epoch(few_digits: Digits):
    """With a learning rate too small to matter, an epoch's loss is the loss of all its images."""
    recipe = Recipe(layers=DENSE, optimizer="sgd", learning_rate=1e-12, training_images=500, batch_size=64, epochs=2)
    trained = loop.train(recipe, few_digits, silent)
    loss, accuracy, _ = steps.evaluate(
        steps.predictor(trained.model, recipe), recipe, few_digits.x_train[:500], few_digits.y_train[:500]
    )
    for end in trained.history:
        assert end.loss == pytest.approx(loss, abs=1e-5)
        assert end.accuracy == pytest.approx(accuracy)


def test_images_are_shuffled_anew_every_epoch(few_digits: Digits):
    """With a learning rate too small to matter, the first batches of two epochs differ by their images alone."""
    recipe = Recipe(optimizer="sgd", learning_rate=1e-12, training_images=500, batch_size=250, epochs=3)
    heard: list[Told] = []
    slowly = Control(slow=True)
    loop.train(recipe, few_digits, heard.append, lambda: slowly)
    assert len({event.loss for event in heard if event.images % 500 == 250}) == 3


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


def when(fact: Callable[[], bool], **asked: object) -> Callable[[], Control]:
    """What people ask once something is so; before it, nothing."""
    return lambda: Control.model_validate(asked) if fact() else Control()


def test_stop_is_heard_in_the_middle_of_an_epoch(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(training_images=2000, batch_size=1, epochs=200)
    trained = loop.train(recipe, few_digits, heard.append, when(lambda: len(heard) == 3, stop="keep"))
    assert [event.kind for event in heard] == ["progress"] * 3
    assert trained.stopped
    assert trained.history == ()
    assert trained.test_loss > 0
    assert trained.remarks == ("It trained 0.0 of 200 epochs before it ended.",)


def test_epochs_that_were_not_finished_are_not_said_to_be(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(training_images=2000, batch_size=1, epochs=3)
    with pytest.raises(loop.Paused) as paused:
        loop.train(recipe, few_digits, heard.append, when(lambda: len(heard) == 1, pause=True))
    almost = paused.value.checkpoint.at.model_copy(update={"images": 3999})
    resume = replace(paused.value.checkpoint, at=almost)
    trained = loop.train(recipe, few_digits, heard.append, when(lambda: True, stop="keep"), resume=resume)
    assert trained.remarks == ("It trained 1.9 of 3 epochs before it ended.",)


def test_stop_after_an_epoch_keeps_that_epoch(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(training_images=500, epochs=200)
    asked = when(lambda: bool(heard) and heard[-1].kind == "epoch", stop="keep")
    trained = loop.train(recipe, few_digits, heard.append, asked)
    assert trained.stopped
    assert [end.epoch for end in trained.history] == [1]


def test_stop_after_the_last_epoch_is_no_stop_but_one_that_throws_it_away(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(training_images=500, epochs=1)

    def asked(stop: str) -> Callable[[], Control]:
        heard.clear()
        return when(lambda: bool(heard) and heard[-1].kind == "epoch", stop=stop)

    trained = loop.train(recipe, few_digits, heard.append, asked("keep"))
    assert not trained.stopped
    assert trained.remarks == ()
    with pytest.raises(loop.Discarded):
        loop.train(recipe, few_digits, heard.append, asked("discard"))


@pytest.mark.parametrize(("stop", "after"), [("discard", 3), ("keep", 0)])
def test_nothing_is_kept_of_a_run_that_nobody_wants_or_that_has_not_begun(stop: str, after: int, few_digits: Digits):
    heard: list[Told] = []
    with pytest.raises(loop.Discarded):
        loop.train(Recipe(), few_digits, heard.append, when(lambda: len(heard) == after, stop=stop))
    assert len(heard) == after


RESUMED = {
    "dense": Recipe(layers=(Dense(units=32), Dropout(rate=0.3), OUTPUT), batch_size=64),
    "convolutional": Recipe(
        layers=(Conv(filters=4), BatchNorm(), MaxPool(), Flatten(), Dropout(rate=0.5), OUTPUT), schedule="one-cycle"
    ),
    "varied": Recipe(layers=DENSE, augmentation=Augmentation()),
    "averaged": Recipe(layers=DENSE, schedule="one-cycle", averaged_epochs=2),
    "patient": Recipe(layers=DENSE, validation_split=0.2, patience=1, learning_rate=0.03),
}


@pytest.mark.parametrize("name", RESUMED)
def test_paused_run_goes_on_as_if_it_had_never_paused(name: str, few_digits: Digits):
    recipe = RESUMED[name].with_changes(training_images=1000, epochs=3)
    straight: list[Told] = []
    whole = loop.train(recipe, few_digits, straight.append)

    heard: list[Told] = []
    with pytest.raises(loop.Paused) as first:
        loop.train(recipe, few_digits, heard.append, when(lambda: len(heard) == 2, pause=True))
    with pytest.raises(loop.Paused) as second:
        loop.train(
            recipe,
            few_digits,
            heard.append,
            when(lambda: heard[-1].kind == "epoch", pause=True),
            resume=from_bytes(to_bytes(first.value.checkpoint)),
        )
    again = loop.train(recipe, few_digits, heard.append, resume=from_bytes(to_bytes(second.value.checkpoint)))

    for mine, its in zip(again.model.get_weights(), whole.model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, atol=1e-4)
    assert [end.epoch for end in again.history] == [end.epoch for end in whole.history]
    for mine, its in zip(again.history, whole.history, strict=True):
        assert (mine.images, mine.accuracy) == (its.images, pytest.approx(its.accuracy, abs=0.003))
        assert mine.loss == pytest.approx(its.loss, abs=1e-3)
    assert again.test_loss == pytest.approx(whole.test_loss, abs=1e-3)
    assert [event.images for event in heard] == sorted(event.images for event in heard)
    assert [event.seconds for event in heard] == sorted(event.seconds for event in heard)


def test_checkpoint_is_kept_after_every_epoch_but_the_last(few_digits: Digits):
    kept: list[Checkpoint] = []
    recipe = Recipe(training_images=500, epochs=3)
    loop.train(recipe, few_digits, silent, keep=kept.append)
    assert [(point.at.epoch, point.at.step, point.at.images) for point in kept] == [(2, 0, 500), (3, 0, 1000)]


def test_learning_rate_changes_on_the_way_as_in_keras(few_digits: Digits):
    recipe = Recipe(layers=DENSE, optimizer="sgd", training_images=1000, batch_size=4096, epochs=4)
    heard: list[Told] = []
    asked = when(lambda: sum(event.kind == "epoch" for event in heard) >= 2, learning_rate=0.5)
    trained = loop.train(recipe, few_digits, heard.append, asked)

    keras_s = compiled(recipe)
    images, labels = inputs(recipe, few_digits.x_train[:1000]), np.eye(10)[few_digits.y_train[:1000]]
    keras_s.fit(images, labels, batch_size=4096, epochs=2, verbose=0)
    keras_s.optimizer.learning_rate = 0.5
    keras_s.fit(images, labels, batch_size=4096, epochs=2, verbose=0)
    assert_same_weights(trained.model, keras_s)
    assert [event for event in heard if event.kind == "changed"] == [Changed(images=2000, learning_rate=0.5)]
    assert trained.remarks == ("The learning rate was changed to 0.5 after 2,000 images.",)


def test_slow_motion_tells_every_batch(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(training_images=1000, batch_size=100, epochs=1)
    loop.train(recipe, few_digits, heard.append, when(lambda: 2 <= len(heard) < 6, slow=True))
    images = [event.images for event in heard if event.kind == "progress"]
    assert {100 * batch for batch in range(2, 7)} <= set(images)
    assert images[-1] == 1000
    slow = next(event for event in heard if event.kind == "progress" and event.images == 600)
    assert slow.images_per_second < 1000  # 100 in 0.4 s and more, whatever the calls before took
    assert slow.seconds_left > 400 / 1000


def test_limit_of_seconds_ends_the_run_in_time(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(layers=DENSE, training_images=2000, batch_size=8, epochs=200, seconds=2)
    trained = loop.train(recipe, few_digits, heard.append)
    assert not trained.stopped
    assert 0 < heard[-1].images < 200 * 2000
    assert re.fullmatch(r"It trained \d+\.\d epochs in the 2 seconds it was given\.", trained.remarks[0])
    assert all(event.seconds_left <= max(0, 2 - event.seconds) for event in heard if event.kind == "progress")


def test_limit_of_seconds_is_used_up_by_a_training_that_gets_faster(
    few_digits: Digits, monkeypatch: pytest.MonkeyPatch
):
    recipe = Recipe(training_images=2000, batch_size=100, epochs=200, seconds=5)
    ready, now = Ready(recipe, room(2000)), 0.0
    full = ready.full

    def timed(batches: tf.Tensor, first: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        nonlocal now
        now += 100 * int(count) / (5000 if now < 1 else 10_000)
        return full(batches, first, count)

    ready.full = timed
    for module in (fit, pace):
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: now))
    heard: list[Told] = []
    trained = loop.train(recipe, few_digits, heard.append, ready=ready)
    assert 4.9 < trained.seconds <= 5
    left = [event.seconds_left for event in heard if event.kind == "progress"]
    assert left == sorted(left, reverse=True)


def test_limit_of_seconds_is_kept_by_batches_larger_than_the_images(few_digits: Digits):
    recipe = Recipe(layers=DENSE, training_images=300, batch_size=512, epochs=200, seconds=1)
    heard: list[Told] = []
    trained = loop.train(recipe, few_digits, lambda event: (heard.append(event), time.sleep(0.05)))
    assert 0 < len(trained.history) < 200
    assert trained.seconds < 8


@pytest.mark.parametrize("most", [896, 950, 1000, 1100, 2050])
def test_measured_number_of_images_is_never_overstepped_by_what_an_epoch_leaves_over(
    most: int, few_digits: Digits, monkeypatch: pytest.MonkeyPatch
):
    """An epoch of 1,000 images is seven batches of 128 and one of 104."""
    monkeypatch.setattr("core.training.pace.MEASURED_SECONDS", math.inf)  # it is not measured again, however slow
    recipe = Recipe(layers=DENSE, training_images=1000, batch_size=128, epochs=200, seconds=3600)
    heard: list[Told] = []
    with pytest.raises(loop.Paused) as paused:
        loop.train(recipe, few_digits, heard.append, when(lambda: len(heard) == 1, pause=True))
    checkpoint = paused.value.checkpoint
    measured = replace(checkpoint, at=checkpoint.at.model_copy(update={"most_images": most}))
    loop.train(recipe, few_digits, heard.append, resume=measured)
    told = [event for event in heard if event.kind == "progress"]
    if told[-1].images < most:  # less than a batch is left: it says that this is all
        assert told[-1] == told[-2].model_copy(update={"images_in_all": told[-1].images, "seconds_left": 0.0})
        told.pop()
    images = [event.images for event in told]
    assert images == sorted(set(images))
    assert images[-1] == max(done for done in possible(3) if done <= most)
    assert all(event.loss > 0 for event in heard if event.kind != "changed")


def possible(epochs: int) -> list[int]:
    """Images after every batch of such epochs."""
    return [1000 * epoch + min(1000, 128 * batch) for epoch in range(epochs) for batch in range(1, 9)]


def test_run_that_patience_ends_was_not_ended_by_its_seconds(few_digits: Digits):
    recipe = Recipe(
        layers=DENSE, training_images=300, validation_split=0.5, learning_rate=0.05, batch_size=16, epochs=200,
        patience=1, seconds=600,
    )  # fmt: skip
    trained = loop.train(recipe, few_digits, silent)
    ended = f"It ended itself after epoch {len(trained.history)}: for 1 epoch no lower validation loss."
    assert trained.remarks[-1] == ended


def test_stop_is_heard_while_drawings_are_made(few_digits: Digits):
    recipe = Recipe(pen_drawings=True, augmentation=Augmentation())
    with pytest.raises(loop.Discarded):
        loop.train(recipe, few_digits, silent, lambda: Control(stop="discard"))


def test_patience_ends_the_run_and_keeps_the_best_weights(few_digits: Digits):
    recipe = Recipe(
        layers=(Dense(units=256), OUTPUT), training_images=300, validation_split=0.5, learning_rate=0.02,
        batch_size=16, epochs=60, patience=2,
    )  # fmt: skip
    heard: list[Told] = []
    trained = loop.train(recipe, few_digits, heard.append)
    losses = [end.val_loss for end in trained.history]
    best = losses.index(min(losses)) + 1
    assert len(losses) == best + 2 < 60
    last = heard[-1]
    assert (last.kind, last.images_in_all, last.seconds_left) == ("progress", 150 * (best + 2), 0)
    assert trained.remarks == (
        f"Its weights are those of epoch {best}, with the lowest validation loss.",
        f"It ended itself after epoch {best + 2}: for 2 epochs no lower validation loss.",
    )
    validation = few_digits.x_train[150:300], few_digits.y_train[150:300]
    loss, _, _ = steps.evaluate(steps.predictor(trained.model, recipe), recipe, *validation)
    assert loss == pytest.approx(min(losses), abs=1e-6)


def test_probe_is_read_with_every_event(few_digits: Digits):
    heard: list[Told] = []
    recipe = Recipe(layers=DENSE, training_images=2000, batch_size=32, epochs=5)
    trained = loop.train(recipe, few_digits, heard.append, probe=few_digits.x_train[0])
    read = [event.probe for event in heard if event.kind == "progress"]
    assert all(sum(ten) == pytest.approx(1) for ten in read)
    assert read[0][few_digits.y_train[0]] < read[-1][few_digits.y_train[0]]
    predict = steps.predictor(trained.model, recipe)
    np.testing.assert_allclose(read[-1], predict(tf.constant(few_digits.x_train[:1]))[0], atol=1e-6)


def test_training_can_begin_with_another_networks_weights(few_digits: Digits):
    recipe = Recipe(layers=DENSE, training_images=2000)
    first = loop.train(recipe, few_digits, silent)
    second = loop.train(recipe.with_changes(epochs=1), few_digits, silent, weights=first.model.get_weights())
    assert second.history[0].loss < first.history[-1].loss


def test_processor_without_bfloat16_trains_in_float32_and_says_so(few_digits: Digits, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(network, "has_bfloat16", lambda: False)
    recipe = Recipe(layers=LAYERS["normalised image"], training_images=500, epochs=1, precision="bfloat16")
    trained = loop.train(recipe, few_digits, silent)
    exact = loop.train(recipe.with_changes(precision="float32"), few_digits, silent)
    assert trained.remarks == ("It was trained in float32: that processor has no bfloat16.",)
    assert trained.test_loss == pytest.approx(exact.test_loss, rel=1e-3)


def test_bfloat16_learns_as_well_and_predicts_in_float32(few_digits: Digits, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(network, "has_bfloat16", lambda: True)
    plain = Recipe(layers=LAYERS["normalised image"], training_images=2000, batch_size=32, epochs=2)
    exact, quick = (
        loop.train(plain.with_changes(precision=precision), few_digits, silent) for precision in ("float32", "bfloat16")
    )
    assert quick.test_accuracy == pytest.approx(exact.test_accuracy, abs=0.05)
    assert {weight.dtype for weight in quick.model.weights} == {"float32"}
    assert {layer.compute_dtype for layer in quick.model.layers} == {"float32"}


def test_exception_in_report_stops_training(few_digits: Digits):
    heard: list[Told] = []

    def report(event: Told) -> None:
        heard.append(event)
        if len(heard) == 2:
            raise ConnectionError("nobody there any more")

    with pytest.raises(ConnectionError, match="nobody there"):
        loop.train(Recipe(training_images=2000, batch_size=8), few_digits, report)
    assert len(heard) == 2


def test_diverging_recipe_is_given_up_with_advice(few_digits: Digits):
    layers = (Dense(units=64, activation="linear"),) * 4 + (OUTPUT,)
    recipe = Recipe(layers=layers, optimizer="sgd", learning_rate=10, training_images=2000)
    heard: list[Told] = []
    with pytest.raises(loop.Diverged, match="in epoch 1; a smaller learning rate may help"):
        loop.train(recipe, few_digits, heard.append)
    assert all(math.isfinite(event.loss) for event in heard)


def test_followed_digit_is_told_as_numbers_or_not_at_all(few_digits: Digits):
    layers = (Dense(units=64, activation="linear"),) * 4 + (OUTPUT,)
    heard: list[Told] = []

    def one_step_more_each_time() -> None:  # the first run that fails does so at its end
        for epochs in itertools.count(1):
            recipe = Recipe(layers=layers, optimizer="sgd", learning_rate=10, training_images=100, epochs=epochs)
            loop.train(recipe, few_digits, heard.append, probe=few_digits.x_test[0])

    with pytest.raises(loop.Diverged, match="in epoch"):
        one_step_more_each_time()
    assert [from_json(event.model_dump_json()) for event in heard] == heard


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
