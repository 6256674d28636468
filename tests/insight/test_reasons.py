"""What Inside shows, against sums, brute force and the network's own answers."""

import io

import numpy as np
import pytest
from PIL import Image

from core import ink, library, mnist
from core.insight import Network, anatomy, flip, pictures, units
from core.insight.atlas import Atlas
from core.insight.evidence import evidence
from core.insight.features import LEAST, MOST_VALUES, last_hidden
from core.insight.relatives import Relatives
from core.insight.replay import MOMENTS, moments
from core.layers import OUTPUT, Conv, Dense, Flatten, MaxPool
from core.recipe import PRESETS, Recipe
from core.weights import shapes

SEVEN = [np.array([[100.0, 100], [280, 100], [180, 330]]), np.array([[150.0, 210], [270, 210]])]


def digit(number: int) -> np.ndarray:
    return mnist.digits().x_test[number] / np.float32(255)


@pytest.fixture(scope="module")
def few() -> mnist.Digits:
    every = mnist.digits()
    return mnist.Digits(every.x_train[:300], every.y_train[:300], every.x_test[:150], every.y_test[:150])


def softmax_alone() -> Network:
    """One layer of random weights: its templates are known."""
    random = np.random.default_rng(5)
    recipe = Recipe(layers=(OUTPUT,))
    return Network(recipe, {name: random.normal(0, 1, size).astype("f4") for name, size in shapes(recipe).items()})


def test_templates_of_a_network_without_hidden_layers_are_its_weights() -> None:
    network = softmax_alone()
    found = evidence(network, digit(3))
    weights = network.weights["1.kernel"].T.reshape(10, 28, 28)
    np.testing.assert_allclose(found.template, weights, atol=1e-5)
    np.testing.assert_allclose(found.empty, network.weights["1.bias"], atol=1e-6)
    np.testing.assert_allclose(found.rest, 0, atol=1e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_evidence_sums_to_the_logits(name: str) -> None:
    network = Network.of(name)
    found = evidence(network, digit(8))
    whole = found.empty + found.ink.sum((1, 2)) + found.rest
    np.testing.assert_allclose(whole, network.logits(digit(8)[None])[0], atol=1e-4)
    spread = float(np.ptp(found.logits))
    assert np.abs(found.rest).max() < 0.06 * spread  # adding up in steps misses little
    assert not found.ink[:, digit(8) == 0].any()


@pytest.mark.parametrize("name", ["ten-lines", "simple-cnn"])
def test_flip_is_read_as_another_digit_and_changes_only_one_way(name: str) -> None:
    model = library.load(name)
    for number in (1, 8):
        was = model.predict(digit(number)[None]).argmax()
        drawn, rubbed = flip.smallest(Network.of(name), model.predict, digit(number))
        for found, sign in ((drawn, 1), (rubbed, -1)):
            assert found is not None
            answer = model.predict(found.picture[None])[0]
            assert answer.argmax() == found.digit != was
            assert answer.max() == pytest.approx(found.probability)
            np.testing.assert_allclose(found.picture, digit(number) + found.change, atol=1e-6)
            assert (sign * found.change >= -1e-6).all()
            assert found.ink == pytest.approx(abs(found.change.sum()), rel=1e-4)


def test_training_digit_is_its_own_nearest_relative(few: mnist.Digits) -> None:
    for name in ("ten-lines", "simple-cnn"):
        told: list[float] = []
        relatives = Relatives(Network.of(name), few, told.append)
        near = relatives.nearest(few.x_train[17] / np.float32(255))
        assert (near[0].number, near[0].label) == (17, few.y_train[17])
        assert near[0].distance < 0.05
        assert [one.distance for one in near] == sorted(one.distance for one in near)
        assert told == [pytest.approx(share) for share in (1 / 3, 2 / 3, 1)]


def test_nearest_relatives_of_a_network_without_hidden_layers_are_those_of_the_pixels(few: mnist.Digits) -> None:
    assert last_hidden(softmax_alone()) == 0
    picture = digit(200)
    near = Relatives(softmax_alone(), few).nearest(picture, 3)
    distances = np.linalg.norm((few.x_train / 255 - picture).reshape(300, -1), axis=1)
    assert [one.number for one in near] == np.argsort(distances)[:3].tolist()


def test_of_a_very_wide_network_fewer_digits_are_held(few: mnist.Digits) -> None:
    recipe = Recipe(layers=(Conv(filters=512, kernel=1), Flatten(), OUTPUT))
    network = Network(recipe, {name: np.full(size, 0.01, np.float32) for name, size in shapes(recipe).items()})
    assert Relatives(network, few).count == MOST_VALUES // (28 * 28 * 512) < 300


def test_network_so_slow_that_others_would_wait_compares_with_fewer(
    few: mnist.Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.insight.features.ENOUGH", 0)
    relatives, atlas = Relatives(Network.of("first-network"), few), Atlas(Network.of("first-network"), 1, few)
    assert relatives.count == len(atlas.labels) == len(atlas.points) == LEAST
    assert relatives.nearest(few.x_train[17] / np.float32(255))[0].number == 17


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_digit_lies_on_the_map_where_it_lay_when_the_map_was_made(layer: int, few: mnist.Digits) -> None:
    atlas = Atlas(Network.of("ten-lines"), layer, few)
    own = few.x_test[40] / np.float32(255)
    np.testing.assert_allclose(atlas.place(own)[0], atlas.points[40], atol=0.02)
    assert 0 < atlas.explained <= 1


def test_fine_map_keeps_neighbours(few: mnist.Digits) -> None:
    atlas = Atlas(Network.of("simple-cnn"), 6, few)
    points = atlas.fine()
    assert points.shape == (150, 2)
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = atlas.labels[distances.argmin(1)]
    assert (nearest == atlas.labels).mean() > 0.7
    place = atlas.place_finely(few.x_test[40] / np.float32(255), points)
    assert np.linalg.norm(points - place, axis=1).argmin() in [*np.argsort(distances[40])[:10].tolist(), 40]


@pytest.mark.parametrize("layer", [1, 2])
def test_layer_that_finds_all_digits_alike_has_a_map(layer: int, few: mnist.Digits) -> None:
    recipe = Recipe(layers=(Dense(units=10), Dense(units=1), OUTPUT))
    network = Network(recipe, {name: np.zeros(size, np.float32) for name, size in shapes(recipe).items()})
    atlas = Atlas(network, layer, few)
    np.testing.assert_array_equal(atlas.fine(), atlas.points)
    assert atlas.points.shape == (150, 2)
    assert atlas.explained == 0
    assert atlas.place_finely(digit(3), atlas.fine()).shape == (1, 2)


def test_values_too_large_for_half_precision_have_a_map_and_relatives(few: mnist.Digits) -> None:
    recipe = Recipe(layers=(Dense(units=32), OUTPUT))
    random = np.random.default_rng(0)
    network = Network(recipe, {n: random.normal(0, 1e6, size).astype("f4") for n, size in shapes(recipe).items()})
    assert np.isfinite(Atlas(network, 1, few).points).all()
    assert all(np.isfinite(one.distance) for one in Relatives(network, few).nearest(digit(3)))


FIELDS = Recipe(
    layers=(Conv(filters=2, kernel=5), MaxPool(), Conv(filters=3, padding="same"), MaxPool(size=3), Flatten(), OUTPUT)
)


def test_unit_sees_its_field_and_nothing_else() -> None:
    random = np.random.default_rng(2)
    network = Network(FIELDS, {name: random.normal(0, 0.3, size).astype("f4") for name, size in shapes(FIELDS).items()})
    found = units.fields(FIELDS)
    assert found[4:] == [None, None]
    picture = random.random((28, 28), np.float32)
    for number, field in enumerate(found[:4], 1):
        assert field is not None
        row = column = 2
        before = network.layer(number, picture[None])[0, row, column]
        seen = np.zeros((28, 28), bool)
        top, left = field.start + row * field.step, field.start + column * field.step
        seen[max(0, top) : top + field.side, max(0, left) : left + field.side] = True
        outside, inside = picture + 1 - seen, picture + 5 * seen
        np.testing.assert_allclose(network.layer(number, outside[None])[0, row, column], before, rtol=1e-5)
        assert not np.allclose(network.layer(number, inside[None])[0, row, column], before)


def test_crop_reaches_over_the_edge_in_black() -> None:
    picture = np.ones((28, 28), np.float32)
    field = units.Field(side=40, step=4, start=-6)
    found = units.crop(picture, field, 0, 0)
    assert found.shape == (40, 40)
    assert found.sum() == 28 * 28
    assert found[6, 6] == 1
    assert found[5, 6] == found[34, 6] == 0
    assert units.crop(picture, None, 0, 0) is picture


def test_strongest_answers_are_those_of_all_places_of_all_digits(few: mnist.Digits) -> None:
    network = Network.of("simple-cnn")
    best = units.strongest(network, few.x_test)[2]
    output = network.layer(3, few.x_test / np.float32(255))
    for unit in (0, 31):
        peaks = output[..., unit].reshape(150, -1).max(1)
        assert best.value[unit, 0] == pytest.approx(peaks.max(), rel=1e-5)
        place = best.digit[unit, 1], best.row[unit, 1], best.column[unit, 1]
        assert output[*place, unit] == pytest.approx(np.sort(peaks)[-2], rel=1e-5)


@pytest.mark.parametrize("name", ["ten-lines", "simple-cnn", "sprint"])
def test_bands_hold_the_layers_values(name: str) -> None:
    network = Network.of(name)
    bands = anatomy.bands(network, digit(0))
    outputs = network.layers(digit(0)[None])
    assert [band.number for band in bands] == list(range(1, len(network.rows) + 1))
    for band, output in zip(bands[:-1], outputs, strict=False):
        if band.kind == "maps":
            assert band.values == pytest.approx(output[0].max((0, 1)))
            assert band.values[1] == output[0][*band.places[1], 1]
        if band.kind == "units":
            assert band.values == pytest.approx(output[0])
    assert bands[-1].kind == "answer"
    assert sum(bands[-1].values) == pytest.approx(1)


def test_what_units_look_for_is_a_picture_of_all_of_them() -> None:
    network = anatomy.opened("simple-cnn")
    assert [anatomy.strip(network, number) for number in (1, 3)] == [units.BEST + 1, units.BEST]
    sheet = Image.open(io.BytesIO(anatomy.looks("simple-cnn", 1)))
    wide = anatomy.STRIPS * (units.BEST + 1) * anatomy.TILE
    assert sheet.size == (wide, 32 // anatomy.STRIPS * anatomy.TILE)
    for number in (0, 8):
        with pytest.raises(FileNotFoundError):
            anatomy.looks("simple-cnn", number)


def test_replay_ends_with_the_whole_drawing_and_begins_with_little() -> None:
    model = library.load("ten-lines")
    film = moments(SEVEN, model.predict)
    assert len(film) == MOMENTS
    np.testing.assert_array_equal(film[-1].picture, ink.to_mnist(SEVEN))
    np.testing.assert_allclose(film[-1].probabilities, model.predict(film[-1].picture[None])[0])
    assert [one.strokes for one in film] == sorted(one.strokes for one in film)
    assert (film[0].strokes, film[-1].strokes) == (1, 2)
    assert film[-1].share == 1


def test_a_dot_is_a_film_of_one_moment() -> None:
    (only,) = moments([np.array([[100.0, 100.0]])], library.load("ten-lines").predict)
    assert only.share == 1
    with pytest.raises(ValueError, match="at least one point"):
        moments([], library.load("ten-lines").predict)


def test_shades_are_red_below_zero_blue_above_and_grey_where_nothing_is_below() -> None:
    red, black, blue = pictures.PALETTE[pictures.signed(np.array([-2.0, 0.0, 1.0]), 1)].astype(int)
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    assert black.sum() == 0
    dark, light = pictures.PALETTE[pictures.shown(np.array([0.0, 3.0]))]
    assert dark.tolist() == [0, 0, 0]
    assert light.tolist() == [255, 255, 255]
    sheet = pictures.side_by_side(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), 2)
    assert sheet.tolist() == [[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 128, 128], [10, 11, 128, 128]]
