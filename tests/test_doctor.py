"""Drawings with one fault each, read by the network that ships."""

import numpy as np
import pytest

from core import doctor, library, mnist
from core.ink import Stroke, to_mnist
from core.model import Model


def strokes(*lines: list[tuple[float, float]]) -> list[Stroke]:
    return [np.array(line, np.float64) for line in lines]


SEVEN = strokes([(110, 90), (290, 90), (230, 210), (180, 330)])


@pytest.fixture(scope="module")
def model() -> Model:
    return library.load("simple-cnn")


def test_every_stage_has_its_answer_and_the_last_is_the_apps(model: Model) -> None:
    found = doctor.diagnose(SEVEN, 7, model.predict, 400, 22)
    assert [stage.name for stage in found.stages] == ["As drawn", "Scaled", "Repainted", "Centred"]
    seen = to_mnist(SEVEN)
    assert seen is not None
    answer = model.predict(seen[None])[0]
    assert (found.stages[-1].digit, found.stages[-1].probability) == (answer.argmax(), pytest.approx(answer.max()))


def test_digit_read_right_at_every_stage_needs_no_mending(model: Model) -> None:
    found = doctor.diagnose(SEVEN, 7, model.predict, 400, 22)
    assert found.sentence == "The network reads a 7 at every stage: nothing had to be mended."
    assert len(found.relatives) == 0


@pytest.mark.parametrize(
    ("size", "before", "cause", "mended"),
    [(0.3, "As drawn", "it fills only 18% of the board", "Scaled"), (0.15, "Scaled", "the line was 38%", "Repainted")],
)
def test_small_digit_is_read_thanks_to_its_preparation(
    model: Model, size: float, before: str, cause: str, mended: str
) -> None:
    found = doctor.diagnose([stroke * size + 200 for stroke in SEVEN], 7, model.predict, 400, 22)
    wrong = next(stage.digit for stage in found.stages if stage.name == before)
    assert wrong != 7
    assert found.sentence.startswith(f"{before}, it would have been read as {wrong}: {cause}")
    assert found.sentence.endswith(f". {mended}, it is a 7.")


def reads(digit: int):
    """A network of one thought: this digit, unless the ink is wider than high, then the next one."""

    def predict(images: np.ndarray) -> np.ndarray:
        answers = []
        for image in images:
            rows, columns = np.nonzero(image > 0.1)
            answers.append((digit + (np.ptp(columns) > np.ptp(rows))) % 10)
        return np.eye(10, dtype=np.float32)[answers]

    return predict


def test_the_fault_named_is_the_one_whose_mending_helps() -> None:
    wide = [stroke * np.array([3, 1]) for stroke in SEVEN]
    found = doctor.diagnose(wide, 7, reads(7), 1200, 22)
    assert found.sentence == "It is 2.2 times as wide as high. Narrower, it would be read as 7, >99.9%."


def test_what_is_no_digit_is_told_what_would_make_it_one(model: Model) -> None:
    struck = [*SEVEN, *strokes([(60, 60), (120, 40)])]  # a stray line beside it
    found = doctor.diagnose(struck, None, model.predict, 400, 22)
    assert found.sentence.startswith("The shortest of its 2 strokes is 12% of the ink. Without it, ")
    assert found.sentence.endswith("it would be taken for a digit, and read as 7, >99.9%.")
    scribble = strokes([(100 + 200 * (k % 2), 100 + 12 * k) for k in range(18)])
    assert "would be taken" not in doctor.diagnose(scribble, None, model.predict, 400, 22).sentence


def test_leaning_is_measured() -> None:
    lean = np.array([[1, -0.5], [0, 1]])
    bar = strokes([(100, 100), (100, 300)])
    mend = doctor._upright([stroke @ lean.T for stroke in bar])
    assert mend is not None
    assert mend.fault == "It leans 27 degrees to the right"
    assert np.ptp(mend.strokes[0][:, 0]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (5, None),  # a line
        (30, ("It is only 0.3 times as wide as high", "Wider")),
        (50, None),
        (100, None),
        (115, None),
        (130, ("It is 1.3 times as wide as high", "Narrower")),
    ],
)
def test_shape_is_a_fault_only_far_from_that_of_digits(width: int, said: tuple[str, str] | None) -> None:
    mend = doctor._reshaped(strokes([(0, 0), (width, 0), (width, 100), (0, 100)]))
    assert (mend and (mend.fault, mend.mended)) == said
    if mend is not None:
        assert np.ptp(mend.strokes[0][:, 0]) == pytest.approx(100 * 2 / 3)


def test_open_loop_is_closed() -> None:
    angles = np.linspace(0.3, 2 * np.pi - 0.3, 60)
    ring = [np.stack([200 + 100 * np.cos(angles), 200 + 100 * np.sin(angles)], axis=1)]
    mend = doctor._joined(ring)
    assert mend is not None
    assert mend.fault == "A line stops 59 pixels short of another"
    assert doctor._joined(strokes([(100, 100), (100, 300)])) is None


@pytest.mark.parametrize(("half", "joined"), [(0.02, False), (0.1, True), (0.3, True), (0.4, False)])
def test_gap_is_closed_only_if_it_is_one_and_may_be_meant_as_none(half: float, joined: bool) -> None:
    angles = np.linspace(half, 2 * np.pi - half, 200)  # a gap of about as many times the ring's width
    ring = [np.stack([200 + 100 * np.cos(angles), 200 + 100 * np.sin(angles)], axis=1)]
    assert (doctor._joined(ring) is not None) == joined


def test_without_a_single_fault_the_likest_training_digits_speak(model: Model) -> None:
    digits = mnist.digits()
    three = digits.x_train[7] / np.float32(255)
    assert digits.y_train[7] == 3
    found = doctor.diagnose_picture(three, 8, model.predict)
    assert np.array_equal(found.relatives[0], digits.x_train[7])
    assert found.sentence.startswith("Of the 20 training digits most like it, ")
    words = found.sentence.split()
    assert words[8:11] == [words[8], "are", "3s"]
    assert (found.relatives_labels == 3).sum() <= int(words[8]) <= 20


def test_nothing_drawn_is_a_bug_of_the_caller(model: Model) -> None:
    with pytest.raises(ValueError, match="at least one point"):
        doctor.diagnose([], 3, model.predict, 400, 22)


def test_what_is_not_taken_for_a_digit_is_never_said_to_be_read_at_every_stage(model: Model) -> None:
    heart = strokes([(200, 330), (80, 180), (140, 90), (200, 160), (260, 90), (320, 180), (200, 330)])
    read = int(model.predict(np.stack([to_mnist(heart)]))[0].argmax())
    said = doctor.diagnose(heart, read, model.predict, 400, 22, taken=False).sentence
    assert "at every stage" not in said
    assert said.startswith("It looks") or "would be taken for a digit" in said


def test_digit_in_the_middle_of_the_board_is_not_said_to_lie_off_it() -> None:
    large = strokes([(200, 20), (330, 200), (200, 380), (70, 200), (200, 20)])

    def as_drawn_6(images: np.ndarray) -> np.ndarray:
        return np.eye(10, dtype=np.float32)[[6] + [0] * (len(images) - 1)]

    said = doctor.diagnose(large, 0, as_drawn_6, 400, 22).sentence
    assert said == "As drawn, it would have been read as 6: it fills 90% of the board. Scaled, it is a 0."
