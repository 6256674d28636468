"""Predictions of published networks."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import library, mnist, model
from core.recipe import PRESETS

MakeBundle = Callable[..., dict[str, bytes]]


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_probabilities_of_any_number_of_images_sum_to_one(
    models: Path, make_bundle: MakeBundle, few_digits: mnist.Digits, count: int
):
    library.publish(make_bundle(), "mine")
    images = few_digits.x_test[:count] / np.float32(255)
    probabilities = library.load("mine").predict(images)
    assert (probabilities.shape, probabilities.dtype) == ((count, 10), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)


def test_network_is_never_shown_more_images_at_once_than_memory_holds(few_digits: mnist.Digits):
    shown = []

    def run(_: None, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
        shown.append(len(feeds["image"]))
        return [feeds["image"].reshape(-1, 784)[:, 300:310]]

    session: Any = SimpleNamespace(get_inputs=lambda: [SimpleNamespace(name="image")], run=run)
    images = few_digits.x_train[:1201].astype(np.float32)
    answers = model.run(session, PRESETS["ten-lines"], images)
    assert shown == [500, 500, 201]
    np.testing.assert_array_equal(answers, images.reshape(-1, 784)[:, 300:310])


def test_card_tells_the_accuracy_that_predictions_have(models: Path, make_bundle: MakeBundle, few_digits: mnist.Digits):
    library.publish(make_bundle(), "mine")
    opened = library.load("mine")
    found = opened.predict(few_digits.x_test / np.float32(255)).argmax(axis=1)
    assert np.mean(found == few_digits.y_test) == opened.card.test_accuracy


@pytest.mark.parametrize("shape", [(28, 28), (1, 784), (1, 28, 27), (1, 28, 28, 1)])
def test_images_of_another_shape_are_refused(models: Path, make_bundle: MakeBundle, shape: tuple[int, ...]):
    library.publish(make_bundle(), "mine")
    with pytest.raises(ValueError, match="must be shaped"):
        library.load("mine").predict(np.zeros(shape, np.float32))
