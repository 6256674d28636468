"""Digits whose strokes geometry alone groups wrongly, as a model reads them."""

import numpy as np
import pytest

from core import ink, library, reading
from core.ink import Stroke
from core.model import Model

OPEN_FOUR = [[(120, 60), (110, 220), (227, 220)], [(230, 60), (230, 350)]]
FOUR_IN_THREE = [[(120, 60), (110, 220)], [(116, 222), (280, 222)], [(230, 60), (230, 350)]]
ONE = [[(320, 60), (320, 350)]]


# One high, from the upper left corner.
SEVEN = [[(0, 0), (0.6, 0.02), (0.25, 1)]]
FOUR = [[(0.35, 0), (0, 0.62), (0.65, 0.62)], [(0.5, 0.3), (0.48, 1)]]
TWO = [[(0.02, 0.22), (0.12, 0.06), (0.3, 0), (0.48, 0.06), (0.55, 0.22), (0.48, 0.42), (0, 0.98), (0.6, 0.99)]]
FIVE = [[(0.55, 0), (0.1, 0.02), (0.06, 0.42), (0.3, 0.36), (0.5, 0.5), (0.52, 0.75), (0.35, 0.97), (0.02, 0.93)]]


def placed(lines: list[list[tuple[float, float]]], x: float, y: float, high: float) -> list[Stroke]:
    return [line * high + (x, y) for line in pen(lines)]


def pen(lines: list[list[tuple[float, float]]]) -> list[Stroke]:
    return [np.array(line, float) for line in lines]


def ring(x: float, y: float, wide: float, high: float) -> Stroke:
    angle = np.linspace(0, 2 * np.pi, 40) - np.pi / 2
    return np.column_stack([x + wide / 2 * np.cos(angle), y + high / 2 * np.sin(angle)])


@pytest.fixture(scope="module")
def model() -> Model:
    return library.load("reader")


def read(model: Model, strokes: list[Stroke]) -> str:
    """What Draw says."""
    pictures = np.stack([ink.to_mnist(digit) for digit in reading.digits(model, strokes)])
    taken = model.digit_likeness(pictures) >= model.likeness_threshold
    answers = model.predict(pictures).argmax(1)
    return "".join(str(answer) if fine else "?" for answer, fine in zip(answers, taken, strict=True))


@pytest.mark.parametrize(
    ("lines", "said"), [(OPEN_FOUR, "4"), (FOUR_IN_THREE, "4"), (OPEN_FOUR + ONE, "41")], ids=["open", "three", "41"]
)
def test_strokes_that_do_not_meet_are_one_digit_if_only_together_they_are_one(
    lines: list[list[tuple[float, float]]], said: str, model: Model
) -> None:
    strokes = pen(lines)
    assert len(ink.segment(strokes)) > len(said)
    assert read(model, strokes) == said


def test_flag_of_a_one_that_is_a_stroke_of_its_own_is_no_other_one(model: Model) -> None:
    flag, stem = pen([[(150, 160), (196, 62)], [(204, 60), (200, 220)]])
    assert read(model, [flag, stem]) == "1"
    assert read(model, [flag, stem, *placed(FIVE, 250, 60, 160)]) == "15"


def test_small_digit_close_beside_the_foot_of_another_is_taken_apart(model: Model) -> None:
    strokes = [*placed(FIVE, 60, 60, 150), *placed(TWO, 155, 170, 75)]
    assert len(ink.segment(strokes)) == 1
    assert read(model, strokes) == "52"


def test_rows_that_geometry_joined_are_read_row_by_row(model: Model) -> None:
    rows = [*placed(FOUR, 40, 40, 150), *placed(FIVE, 190, 40, 150)]
    rows += [*placed(SEVEN, 40, 215, 150), *placed(TWO, 190, 215, 150)]
    assert len(ink.segment(rows)) < 4
    assert read(model, rows) == "4572"


def test_what_is_read_without_doubt_or_is_no_digit_at_all_stays_as_it_is(model: Model) -> None:
    for strokes in (
        pen(ONE),
        [ring(100, 100, 90, 150), *pen(ONE)],
        [ring(200, 200, 250, 250), ring(200, 200, 120, 120)],
    ):
        geometry = ink.segment(strokes)
        assert [[id(stroke) for stroke in digit] for digit in reading.digits(model, strokes)] == [
            [id(stroke) for stroke in digit] for digit in geometry
        ]
    assert reading.digits(model, []) == []


def test_very_many_digits_are_not_asked_about(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    strokes = [np.array([(40.0 * place, 0), (40 * place, 100)]) for place in range(reading.MOST + 1)]
    monkeypatch.setattr(model, "digit_likeness", lambda images: pytest.fail("it was asked"))
    assert len(reading.digits(model, strokes)) == reading.MOST + 1


def test_digits_that_touch_are_taken_apart(model: Model) -> None:
    for apart in (0, -10, -20):
        strokes = [
            *placed(SEVEN, 40, 60, 150),
            *placed(SEVEN, 130 + apart, 62, 150),
            *placed(FOUR, 215 + apart, 60, 150),
        ]
        assert len(ink.segment(strokes)) < 3
        assert read(model, strokes) == "774"


def test_minus_sign_is_no_part_of_the_digit_behind_it(model: Model) -> None:
    for x in (60, 40):
        minus = [np.array([(x, 200.0), (x + 50, 202)])]
        for digit, said in ((FIVE, "5"), (TWO, "2"), (FOUR, "4")):
            assert read(model, [*minus, *placed(digit, 125, 125, 150)]) == f"?{said}"
