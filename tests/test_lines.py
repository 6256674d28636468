"""The geometry of strokes."""

import numpy as np
import pytest

from core.ink.lines import along, distances, outlines, outward, travelled

CORNER = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0]])
POINT = np.array([[3.0, 4.0]])


def test_pen_has_come_from_nowhere_to_the_whole_length() -> None:
    np.testing.assert_allclose(travelled(CORNER), [0, 4, 6])
    np.testing.assert_array_equal(travelled(POINT), [0])


def test_points_along_a_stroke_are_at_shares_of_the_pen_s_way() -> None:
    np.testing.assert_allclose(along(CORNER, np.array([0, 0.5, 1])), [[0, 0], [3, 0], [4, 2]])


def test_every_point_along_a_point_is_that_point() -> None:
    np.testing.assert_array_equal(along(POINT, np.array([0, 0.5, 1])), np.repeat(POINT, 3, axis=0))


def test_stroke_points_out_of_its_beginning() -> None:
    np.testing.assert_allclose(outward(CORNER), [-1, 0])
    np.testing.assert_allclose(outward(CORNER[::-1]), [0, 1])
    np.testing.assert_array_equal(outward(POINT), [0, 0])


def test_distance_is_to_the_nearest_place_of_a_stroke() -> None:
    points = np.array([[2.0, 1.0], [-3.0, 4.0], [5.0, 1.0], [4.0, 2.0], [3.0, 3.0]])
    np.testing.assert_allclose(distances(points, CORNER), [1, 5, 1, 0, np.sqrt(2)])
    np.testing.assert_allclose(distances(points[1:2], POINT), [6])


def test_distance_is_that_to_many_points_of_the_stroke() -> None:
    random = np.random.default_rng(0)
    stroke, points = random.uniform(0, 10, (8, 2)), random.uniform(-5, 15, (50, 2))
    dense = along(stroke, np.linspace(0, 1, 20_000))
    nearest = np.hypot(*(points[:, None] - dense).transpose(2, 0, 1)).min(1)
    np.testing.assert_allclose(distances(points, stroke), nearest, atol=0.01)


def test_outline_holds_what_lies_between_two_points_in_every_band() -> None:
    left, right = outlines(np.array([[0.0, 0.0], [8.0, 4.0]]), np.array([2]), bands=4)
    np.testing.assert_allclose(left[:, 0], [0, 2, 4, 6])
    np.testing.assert_allclose(right[:, 0], [2, 4, 6, 8])


@pytest.mark.parametrize("flip", [False, True])
def test_outline_without_ink_is_empty(flip: bool) -> None:
    points = np.array([[0.0, 0.0], [1.0, 1.0], [5.0, 4.0], [6.0, 3.0]])
    left, right = outlines(points[::-1] if flip else points, np.array([2, 2]), bands=4)
    low = int(flip)
    assert np.isinf(left[2:, low]).all()
    assert (right[2:, low] == -np.inf).all()
    assert np.isfinite(left[3, 1 - low])
