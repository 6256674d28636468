"""Disturbances that do what they say, and accuracies that are the models' own."""

import json
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from core import library, mnist, robustness
from core.charts.robust import accuracy_curves
from core.model import Model
from core.robustness import DISTURBANCES, PIECE, Images, order_of_pixels
from tests.tables import tables

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def images() -> Images:
    return np.asarray(mnist.digits().x_test[:40] / np.float32(255), np.float32)


@pytest.fixture(scope="module")
def model() -> Model:
    return library.load("ten-lines")


@pytest.mark.parametrize("key", DISTURBANCES)
def test_strength_zero_changes_nothing(key: str, images: Images) -> None:
    disturbance = DISTURBANCES[key]
    assert disturbance.none in disturbance.strengths
    np.testing.assert_array_equal(disturbance.apply(images, disturbance.none, 0), images)


@pytest.mark.parametrize("key", DISTURBANCES)
def test_every_strength_gives_images_and_leaves_its_own_as_they_were(key: str, images: Images) -> None:
    disturbance, before = DISTURBANCES[key], images.copy()
    for strength in disturbance.strengths:
        disturbed = disturbance.apply(images, strength, 0)
        assert disturbed.shape == images.shape
        assert disturbed.dtype == np.float32
        assert disturbed.min() >= 0
        assert disturbed.max() <= 1 + 1e-6
        assert strength == disturbance.none or (disturbed != images).any()
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("key", DISTURBANCES)
def test_a_digit_is_disturbed_alike_in_whatever_piece_it_comes(key: str, images: Images) -> None:
    disturbance = DISTURBANCES[key]
    strength = disturbance.strengths[-2]
    together = disturbance.apply(images, strength, 100)
    alone = disturbance.apply(images[7:8], strength, 107)
    np.testing.assert_allclose(together[7:8], alone, atol=1e-6)


def test_shift_by_a_pixel_is_numpys_roll(images: Images) -> None:
    shifted = DISTURBANCES["shift"].apply(images, 1, 0)
    for place, (rows, columns) in enumerate([(0, 1), (1, 0), (0, -1), (-1, 0)]):
        np.testing.assert_array_equal(shifted[place], np.roll(images[place], (rows, columns), (0, 1)))


def test_turned_there_and_back_a_digit_is_where_it_was(images: Images) -> None:
    turn = DISTURBANCES["rotation"].apply
    np.testing.assert_allclose(turn(turn(images, 90, 0), -90, 0)[:, 1:, 1:], images[:, 1:, 1:], atol=1e-4)
    assert turn(images, 90, 0)[0, 14, 21] == pytest.approx(images[0, 7, 14], abs=1e-4)  # the top goes to the right


@pytest.mark.parametrize(("key", "sign"), [("scaling", 1), ("pen-width", 1), ("occlusion", -1)])
def test_ink_grows_or_shrinks_with_the_strength(key: str, sign: int, images: Images) -> None:
    disturbance = DISTURBANCES[key]
    strengths = [strength for strength in disturbance.strengths if key != "scaling" or strength <= 1.2]
    ink = [float(disturbance.apply(images, strength, 0).sum()) for strength in strengths]
    assert ink == sorted(ink, reverse=sign < 0)


def test_digits_are_covered_at_different_places() -> None:
    covered = DISTURBANCES["occlusion"].apply(np.ones((40, 28, 28), np.float32), 8, 0) == 0
    assert [int(digit.sum()) for digit in covered] == [64] * 40
    assert len({digit.tobytes() for digit in covered}) > 30


def test_noise_has_the_spread_it_says(images: Images) -> None:
    grey = np.full_like(images, 0.5)
    assert DISTURBANCES["noise"].apply(grey, 0.1, 0).std() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 1])
def test_shuffling_moves_the_share_it_says_and_loses_no_pixel(share: float) -> None:
    places = order_of_pixels(share)
    assert sorted(places) == list(range(784))
    assert (places != np.arange(784)).sum() == round(784 * share)


def test_accuracy_at_strength_zero_is_that_of_the_card(model: Model) -> None:
    digits = mnist.digits()
    answered = library.test_probabilities("ten-lines")[: 2 * PIECE].argmax(1)
    for disturbance in DISTURBANCES.values():
        counted = [
            robustness.right(model.predict, disturbance, disturbance.none, digits.x_test, digits.y_test, piece)
            for piece in range(2)
        ]
        assert sum(counted) == (answered == digits.y_test[: 2 * PIECE]).sum()


@pytest.mark.parametrize("key", DISTURBANCES)
def test_the_strongest_disturbance_costs_accuracy(key: str, model: Model) -> None:
    digits, disturbance = mnist.digits(), DISTURBANCES[key]
    low, none, high = (
        robustness.right(model.predict, disturbance, strength, digits.x_test, digits.y_test, 0)
        for strength in (disturbance.strengths[0], disturbance.none, disturbance.strengths[-1])
    )
    assert high < none - 10
    assert low <= none


def test_what_was_measured_on_shuffled_pixels_is_there() -> None:
    measured = robustness.shuffled_pixels()
    assert measured is not None
    rights = {(each.preset, each.shuffled): each.right for each in measured.networks}
    assert rights[("simple-cnn", True)] < rights[("simple-cnn", False)] - 100
    assert abs(rights[("first-network", True)] - rights[("first-network", False)]) < 100


@pytest.mark.parametrize("key", DISTURBANCES)
def test_figure_is_one_for_plotly_and_leaves_out_who_was_not_asked(key: str) -> None:
    disturbance = DISTURBANCES[key]
    figure = accuracy_curves(disturbance, {"a": [150] * len(disturbance.strengths), "b": []}, 200)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    assert [curve["name"] for curve in figure["data"]] == ["a"]
    assert set(figure["data"][0]["y"]) == {0.75}


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("asked", [["no-such-model"], ["../x", "ten-lines"]])
def test_link_to_models_that_are_not_there_is_answered_with_a_sentence(asked: list[str]) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    at.run().switch_page("models.py")
    at.query_params.update({"view": "Robustness", "robust-models": asked, "robust-digits": "200"})
    at.run()
    assert not at.exception
    assert "not in this lab" in at.warning[0].value


@pytest.mark.usefixtures("state")
def test_page_shows_the_accuracies_of_the_chosen_models() -> None:
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=60)
    at.query_params.update({"view": "Robustness", "robust-models": ["ten-lines"], "robust-by": "Shuffled pixels"})
    at.query_params["robust-digits"] = "200"
    at.run().switch_page("models.py").run()
    assert not at.exception
    table, other = tables(at)[:2]
    right = (library.test_probabilities("ten-lines")[:200].argmax(1) == mnist.digits().y_test[:200]).sum()
    assert table["ten-lines"].iloc[0].startswith(f"{right / 200:.1%} ")
    assert other.index.tolist() == ["first-network", "simple-cnn"]
