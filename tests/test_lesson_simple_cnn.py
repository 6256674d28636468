"""The lessons' own arithmetic against Keras's layers and the shipped network."""

import numpy as np
import pytest

from core import library, mnist
from core.calibration import softmax, tempered
from core.lessons.simple_cnn import (
    HAND_MADE,
    Values,
    convolve,
    dropped,
    feature_map,
    features,
    kept,
    moved_right,
    pooled,
    relu,
    sums,
)

NETWORK = "simple-cnn"


@pytest.fixture(scope="module")
def pictures() -> Values:
    """Eight test digits, (8, 28, 28)."""
    return np.asarray(mnist.digits().x_test[:8] / np.float32(255), np.float32)


@pytest.fixture(scope="module")
def weights() -> dict[str, Values]:
    return library.network_weights(NETWORK)


def test_feature_maps_are_those_of_the_layer_itself(pictures: Values, weights: dict[str, Values]) -> None:
    import keras

    layer = keras.layers.Conv2D(32, 3, activation="relu")
    layer.build((None, 28, 28, 1))
    layer.set_weights([weights["1.kernel"], weights["1.bias"]])
    wanted = np.asarray(layer(pictures[..., None]))
    for picture, told in zip(pictures, wanted, strict=True):
        every = relu(convolve(picture[:, :, None], weights["1.kernel"], weights["1.bias"]))
        np.testing.assert_allclose(every, told, atol=1e-5)
        one = relu(feature_map(picture, weights["1.kernel"][:, :, 0, 5], float(weights["1.bias"][5])))
        np.testing.assert_allclose(one, told[:, :, 5], atol=1e-5)


@pytest.mark.parametrize("side", [26, 11])
def test_pooling_is_that_of_the_layers(side: int) -> None:
    import keras

    values = np.random.default_rng(0).random((side, side, 3), np.float32)
    for how, layer in (("maximum", keras.layers.MaxPooling2D(2)), ("average", keras.layers.AveragePooling2D(2))):
        np.testing.assert_allclose(pooled(values, how), np.asarray(layer(values[None]))[0], rtol=1e-5)
        np.testing.assert_allclose(pooled(values[:, :, 1], how), pooled(values, how)[:, :, 1], rtol=1e-5)
    with pytest.raises(ValueError, match="maximum or average"):
        pooled(values, "median")


def test_without_dropout_the_answer_is_the_model_s(pictures: Values, weights: dict[str, Values]) -> None:
    model = library.load(NETWORK)
    z = np.stack([sums(features(picture, weights), weights) for picture in pictures])
    np.testing.assert_allclose(tempered(softmax(z), model.card.temperature), model.predict(pictures), atol=1e-5)


def test_dropout_switches_off_and_scales_as_the_layer_does() -> None:
    import keras

    values = np.random.default_rng(0).random(1600, np.float32) + np.float32(0.1)
    layered = np.asarray(keras.layers.Dropout(0.3, seed=1)(values[None], training=True))[0]
    np.testing.assert_allclose(dropped(values, layered > 0, 0.3), layered, rtol=1e-6)
    stay = kept(1600, 0.3, seed=1)
    assert abs(stay.mean() - 0.7) < 0.04
    assert (kept(1600, 0.3, seed=1) == stay).all()
    assert (kept(1600, 0.3, seed=2) != stay).any()
    assert kept(1600, 0, seed=1).all()


def test_dropout_keeps_the_sums_on_average(pictures: Values, weights: dict[str, Values]) -> None:
    found = features(pictures[0], weights)
    draws = np.stack([sums(dropped(found, kept(found.size, 0.5, seed), 0.5), weights) for seed in range(400)])
    np.testing.assert_allclose(draws.mean(0), sums(found, weights), atol=5 * draws.std(0).max() / 20)


def test_hand_made_kernels_find_what_they_are_named_after() -> None:
    ink = np.zeros((28, 28), np.float32)
    ink[10:20, 10:20] = 1  # a square: its left edge lies before column 10, its upper edge above row 10
    left = feature_map(ink, HAND_MADE["Left edge of ink"], 0)
    upper = feature_map(ink, HAND_MADE["Upper edge of ink"], 0)
    assert left.max() == left[12, 8] == 3
    assert left.min() == left[12, 19] == -3
    assert upper.max() == upper[8, 12] == 3
    np.testing.assert_allclose(feature_map(ink, HAND_MADE["Blur"], 0)[12, 12], 1, rtol=1e-6)
    point = np.zeros((28, 28), np.float32)
    point[14, 14] = 1
    assert feature_map(point, HAND_MADE["Single points"], 0).argmax() == 13 * 26 + 13


def test_moving_right_loses_nothing_of_a_centred_digit(pictures: Values) -> None:
    moved = moved_right(pictures[0])
    assert (moved[:, 1:] == pictures[0][:, :-1]).all()
    assert moved.sum() == pytest.approx(pictures[0].sum())
