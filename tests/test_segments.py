import math
import time
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ink import Stroke, segment, without_strays


def pen(*corners: tuple[float, float]) -> Stroke:
    """A stroke through the corners, with points in between as a pen leaves them."""
    at = np.linspace(0, len(corners) - 1, 8 * (len(corners) - 1) + 1)
    return np.stack([np.interp(at, np.arange(len(corners)), axis) for axis in zip(*corners, strict=True)], axis=1)


def ring(x: float, y: float, width: float, height: float) -> Stroke:
    turn = np.linspace(0, 2 * math.pi, 33)
    return np.stack([x + width / 2 * np.cos(turn), y + height / 2 * np.sin(turn)], axis=1)


def moved(digit: Sequence[Stroke], x: float, y: float = 0) -> list[Stroke]:
    return [stroke + np.array([x, y]) for stroke in digit]


# Digits 100 high, their left ends at 0.
ZERO = [ring(30, 50, 60, 100)]
SLASHED_ZERO = [ring(30, 50, 60, 100), pen((22, 70), (38, 30))]
ONE = [pen((0, 0), (0, 100))]
SLANTED_ONE = [pen((30, 0), (0, 100))]
TWO = [pen((0, 20), (25, 0), (50, 25), (0, 100), (55, 100))]
FOUR = [pen((25, 0), (0, 60), (60, 60)), pen((42, 25), (38, 100))]
OPEN_FOUR = [pen((8, 0), (0, 60), (40, 62)), pen((50, 35), (46, 100))]
FIVE = [pen((8, 8), (4, 40), (45, 55), (45, 90), (0, 100)), pen((14, 0), (60, 0))]
SIX = [pen((45, 0), (0, 55), (10, 100), (45, 90), (40, 60), (3, 70))]
SEVEN = [pen((0, 0), (55, 0), (15, 100)), pen((15, 55), (55, 50))]
SEVEN_WITH_A_BAR_BESIDE = [pen((0, 0), (55, 0), (25, 100)), pen((0, 52), (34, 50))]
EIGHT = [ring(30, 22, 45, 44), ring(30, 75, 55, 50)]
THREE_STROKES = [pen((10, 5), (5, 45)), pen((5, 45), (45, 50), (40, 95), (0, 100)), pen((16, 0), (60, 0))]
DIGITS = {
    "0": ZERO,
    "slashed 0": SLASHED_ZERO,
    "1": ONE,
    "slanted 1": SLANTED_ONE,
    "2": TWO,
    "4": FOUR,
    "open 4": OPEN_FOUR,
    "5 with a detached bar": FIVE,
    "6": SIX,
    "7 with a bar": SEVEN,
    "7 with a bar beside it": SEVEN_WITH_A_BAR_BESIDE,
    "8 of two rings": EIGHT,
    "5 of three strokes": THREE_STROKES,
}


def row(digits: Sequence[Sequence[Stroke]], gaps: Sequence[float]) -> list[list[Stroke]]:
    """The digits side by side, that far apart."""
    placed, right = list[list[Stroke]](), 0.0
    for digit, gap in zip(digits, gaps, strict=True):
        placed.append(moved(digit, right))
        right = float(np.concatenate(placed[-1])[:, 0].max()) + gap
    return placed


def flat(digits: Sequence[Sequence[Stroke]]) -> list[Stroke]:
    return [stroke for digit in digits for stroke in digit]


def groups(strokes: Sequence[Stroke]) -> list[list[int]]:
    """The digits found, each stroke by its place among all."""
    place = {id(stroke): index for index, stroke in enumerate(strokes)}
    return [[place[id(stroke)] for stroke in digit] for digit in segment(strokes)]


def finds(digits: Sequence[Sequence[Stroke]]) -> bool:
    place = iter(range(500))
    return groups(flat(digits)) == [[next(place) for _ in digit] for digit in digits]


@st.composite
def numbers(draw: st.DrawFn) -> list[list[Stroke]]:
    """One to five digits side by side, of slightly different heights, by a hand that trembles."""
    count = draw(st.integers(1, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    digits = []
    for digit in draw(st.lists(st.sampled_from(list(DIGITS.values())), min_size=count, max_size=count)):
        size = random.uniform(0.9, 1.1)
        digits.append([stroke * size + random.normal(0, 0.3, stroke.shape) for stroke in moved(digit, 0, -50)])
    return row(digits, random.uniform(15, 60, count).tolist())


@st.composite
def scribbles(draw: st.DrawFn) -> list[Stroke]:
    """Up to a dozen strokes of any size, anywhere."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    return [
        random.uniform(0, 400, 2) + random.uniform(1, 40) * np.cumsum(random.normal(0, 1, (length, 2)), 0)
        for length in random.integers(1, 9, draw(st.integers(1, 12)))
    ]


drawings = numbers().map(flat) | scribbles()
few = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize("digit", DIGITS.values(), ids=DIGITS)
def test_one_digit_stays_whole(digit: list[Stroke]) -> None:
    assert finds([digit])


@few
@given(numbers())
def test_digits_side_by_side_are_found_from_left_to_right(digits: list[list[Stroke]]) -> None:
    assert finds(digits)


@few
@given(drawings, st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(0.2, 5))
def test_place_and_size_do_not_matter(drawing: list[Stroke], x: float, y: float, scale: float) -> None:
    assert groups(moved([stroke * scale for stroke in drawing], x, y)) == groups(drawing)


@few
@given(drawings, st.randoms(use_true_random=False))
def test_order_and_direction_of_strokes_do_not_matter(drawing: list[Stroke], random: Random) -> None:
    order = random.sample(range(len(drawing)), len(drawing))
    shuffled = groups([drawing[place][::-1] for place in order])
    assert [sorted(order[place] for place in digit) for digit in shuffled] == groups(drawing)


@few
@given(drawings)
def test_every_stroke_is_in_one_digit_and_in_the_order_drawn(drawing: list[Stroke]) -> None:
    found = groups(drawing)
    assert sorted(flat(found)) == list(range(len(drawing)))
    assert all(digit == sorted(digit) for digit in found)


@few
@given(drawings)
def test_segmenting_again_gives_the_same(drawing: list[Stroke]) -> None:
    assert groups(drawing) == groups(drawing)


@pytest.mark.parametrize("gap", [10, 30, 60, 200])
def test_two_ones_are_two_digits(gap: float) -> None:
    assert finds(row([ONE, ONE], [gap, 0]))
    assert finds([ONE, moved(SLANTED_ONE, gap)])


def test_slanted_ones_whose_boxes_overlap_are_two_digits() -> None:
    assert finds(row([SLANTED_ONE, SLANTED_ONE], [-15, 0]))


def test_2026_is_four_digits() -> None:
    assert finds(row([TWO, ZERO, TWO, SIX], [10, 10, 10, 0]))


def test_parts_of_a_digit_go_to_it_and_not_to_its_neighbour() -> None:
    assert finds(row([FIVE, FOUR, OPEN_FOUR, FIVE, SEVEN, ONE], [10, 10, 10, 10, 10, 0]))


def test_bars_may_be_added_at_the_end() -> None:
    (first, bar), (second, other_bar) = row([SEVEN, SEVEN], [20, 0])
    assert groups([first, second, bar, other_bar]) == [[0, 2], [1, 3]]


@pytest.mark.parametrize(("x", "y"), [(5, 0), (-5, 2), (3, 4)])
@pytest.mark.parametrize("digit", [ONE, TWO, SIX], ids=["1", "2", "6"])
def test_part_gone_over_again_is_no_second_digit(digit: list[Stroke], x: float, y: float) -> None:
    again = digit[0][4:13] + np.array([x, y])
    assert groups([*digit, again]) == groups([*digit, again[::-1]]) == [[0, 1]]


@pytest.mark.parametrize("turned", [False, True])
def test_stroke_that_goes_on_where_another_ended_is_part_of_it(turned: bool) -> None:
    around = ring(30, 50, 60, 100)  # from the right, below first
    first, second = around[1:18], around[18:29] - np.array([0, 2])  # the lift is 3 long
    assert len(segment([first[::-1] if turned else first, second])) == 1


def test_stroke_that_begins_near_an_end_but_another_way_is_no_part_of_it() -> None:
    assert finds(row([TWO, ONE], [3, 0]))


@pytest.mark.parametrize(("x", "y"), [(0, 0), (8, -6), (-9, 10)])
def test_two_halves_of_a_ring_are_one_digit_though_they_do_not_quite_meet(x: float, y: float) -> None:
    half = ring(100, 100, 125, 60)[:, ::-1]  # begins below
    left, right = half[: len(half) // 2 + 1], half[len(half) // 2 :] + np.array([x, y])
    assert len(segment([left, right])) == len(segment([right[::-1], left])) == 1


@pytest.mark.parametrize("gap", [8, 12, 20])
def test_lines_close_beside_each_other_are_no_ring(gap: float) -> None:
    assert len(segment([pen((0, 0), (0, 100)), pen((gap, 2), (gap - 1, 101))])) == 2


@pytest.mark.parametrize("gap", [0, 3, 12])
@pytest.mark.parametrize("height", [30, 55, 80])
@pytest.mark.parametrize("lean", [0, 15])
def test_one_and_its_flag_are_one_digit_though_they_do_not_quite_meet(gap: float, height: float, lean: float) -> None:
    stem, flag = pen((40, 0), (40 - lean, 100)), pen((40 - gap, 0), (0 - gap - lean, height))
    assert len(segment([flag, stem])) == len(segment([stem, flag[::-1]])) == 1


@pytest.mark.parametrize(
    "first",
    [pen((34, 0), (0, 95)), pen((34, 0), (30, 60)), pen((34, 40), (0, 100)), pen((20, 0), (0, 60))],
    ids=["as high", "parallel", "lower", "farther"],
)
def test_two_ones_whose_tops_are_near_stay_two(first: Stroke) -> None:
    assert finds([[first], [pen((40, 0), (40, 100))]])


@given(drawings, st.floats(-2000, 2000), st.floats(0.2, 5))
def test_strays_are_the_same_wherever_and_however_large_they_are_drawn(
    drawing: list[Stroke], x: float, scale: float
) -> None:
    kept = {id(stroke) for stroke in without_strays(drawing)}
    changed = [stroke * scale + x for stroke in drawing]
    assert [id(stroke) in kept for stroke in drawing] == [
        any(stroke is other for other in without_strays(changed)) for stroke in changed
    ]


def test_tap_far_from_a_digit_is_left_out_and_a_dot_near_it_is_kept() -> None:
    digit, tap, dot = FIVE, pen((300, 10), (301, 11)), pen((62, 90), (63, 91))
    assert without_strays([*digit, tap]) == digit
    slip = pen((300, 10), (312, 20))  # a finger that slid while it tapped
    assert without_strays([*digit, slip]) == digit
    assert without_strays([*digit, dot]) == [*digit, dot]


@pytest.mark.parametrize("drawn", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 0, 1)])
def test_two_rows_are_read_one_after_the_other(drawn: tuple[int, ...]) -> None:
    bars = [pen((x, y), (x + 3, y + 100)) for y in (0, 160) for x in (0, 90)]
    found = segment([bars[place] for place in drawn])
    assert [digit[0] is bar for digit, bar in zip(found, bars, strict=True)] == [True] * 4


def test_digits_high_and_low_in_one_row_are_read_from_left_to_right() -> None:
    base, exponent, after = pen((0, 60), (0, 160)), pen((40, 0), (40, 50)), pen((80, 60), (80, 160))
    assert [
        digit[0] is bar for digit, bar in zip(segment([after, exponent, base]), (base, exponent, after), strict=True)
    ]
    assert segment([after, exponent, base])[1][0] is exponent


def test_drawing_of_nothing_but_points_is_kept() -> None:
    points = [np.array([[10.0, 10]]), np.array([[300.0, 10]])]
    assert without_strays(points) == points
    assert without_strays([]) == without_strays([np.empty((0, 2))]) == []


def test_dot_goes_to_the_digit_beside_it() -> None:
    two, six = row([TWO, SIX], [40, 0])
    right = float(two[0][:, 0].max())
    assert groups([*two, *six, np.array([[right + 5, 95.0]])]) == [[0, 2], [1]]
    assert groups([*two, *six, pen((right + 33, 95), (right + 36, 97))]) == [[0], [1, 2]]


def test_far_dot_is_no_digit_and_changes_none() -> None:
    assert groups([*TWO, *moved(SIX, 90), pen((600, 300), (606, 304))]) == [[0], [1, 2]]


@pytest.mark.parametrize("height", [60, 150])
def test_digits_may_differ_in_height(height: float) -> None:
    other = [stroke * height / 100 for stroke in SIX]
    assert finds(row([TWO, moved(other, 0, 100 - height), ZERO], [20, 20, 0]))


def test_connected_digits_stay_one() -> None:
    assert groups([pen((0, 0), (0, 100), (40, 100), (40, 0))]) == [[0]]


def test_two_rows_are_not_mixed() -> None:
    upper, lower = row([TWO, SIX], [30, 0]), row([ZERO, FOUR], [30, 0])
    found = groups(flat([*upper, *(moved(digit, 3, 140) for digit in lower)]))
    assert sorted(found) == [[0], [1], [2], [3, 4]]


@pytest.mark.parametrize("drawing", [[], [np.empty((0, 2))]], ids=["no stroke", "an empty stroke"])
def test_nothing_drawn_gives_no_digit(drawing: list[Stroke]) -> None:
    assert segment(drawing) == []


def test_empty_strokes_are_left_out() -> None:
    assert groups([np.empty((0, 2)), *ONE]) == [[1]]


@pytest.mark.parametrize(
    "drawing",
    [[np.array([[5.0, 6.0]])], [np.array([[5.0, 6.0]])] * 3, [pen((0, 5), (90, 5))], [*moved(ONE, 9), *moved(ONE, 9)]],
    ids=["a dot", "a dot thrice", "a level line", "the same stroke twice"],
)
def test_least_drawings_are_one_digit(drawing: list[Stroke]) -> None:
    assert len(segment(drawing)) == 1


@pytest.mark.parametrize(
    "stroke",
    [np.zeros(4), np.zeros((4, 3)), np.array([[0, math.nan]]), np.array([[0, 1e300]])],
    ids=["flat", "three coordinates", "nan", "absurdly far"],
)
def test_what_is_not_a_stroke_is_a_bug_of_the_caller(stroke: Stroke) -> None:
    with pytest.raises(ValueError, match="must be"):
        segment([stroke])


def test_500_strokes_take_a_moment() -> None:
    random = np.random.default_rng(0)
    hatching = [random.uniform(0, 400, 2) + np.cumsum(random.normal(0, 3, (40, 2)), 0) for _ in range(500)]
    fence = [pen((12 * place, 0), (12 * place, 100)) for place in range(500)]
    tight = [pen((3 * place, 0), (3 * place, 100)) for place in range(500)]  # each goes over its neighbour again
    angles = [pen((-3 * place, 0), (-3 * place, 2 * place), (4000, 2 * place)) for place in range(1, 50)]
    dots = [pen((8 * place + 10, 0), (8 * place + 10, 0.1)) for place in range(450)]  # in the boxes of all of them
    began = time.process_time()
    assert sum(map(len, groups(hatching))) == 500
    assert len(groups(fence)) == 500
    assert len(groups(tight)) == 1
    assert sum(map(len, groups([*angles, *dots]))) == 499
    assert time.process_time() - began < 5  # on a busy machine; a fifth of it on an idle one
