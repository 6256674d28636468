"""Why a drawing was read as it was: the answer at every stage of its preparation, and the largest cause, measured."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core import ink, likeness, mnist
from core.charts import percentage
from core.ink import Picture, Stroke
from core.ink.lines import travelled
from core.ink.strokes import bounds
from core.model import Predict

NEAREST = 20  # training digits that are asked whom a drawing looks like
SHOWN = 8  # of them, the nearest
LINE = 0.1  # width as a share of the height, or the other way round, below which it is a line and not a shape
NARROWEST, WIDEST = 0.45, 1.2  # width as a share of the height, of a drawing whose shape is no fault
COARSE = 2  # pixels a side that are one when a drawing is compared with them: a pixel's shift matters less


@dataclass(frozen=True)
class Stage:
    """One step of the preparation and what the network makes of it."""

    name: str
    picture: Picture
    digit: int
    probability: float


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found: a sentence that is true of this drawing and this network, and what it rests on.

    `relatives` are the training digits that the drawing looks most like, (k, 28, 28) uint8 with labels (k,); empty
    where the sentence is not about them.
    """

    stages: tuple[Stage, ...]
    sentence: str
    relatives: mnist.Pixels
    relatives_labels: mnist.Pixels


@dataclass(frozen=True)
class _Mend:
    """A drawing with one fault taken away, and the fault in words."""

    strokes: list[Stroke]
    fault: str
    mended: str


def diagnose(
    strokes: Sequence[Stroke], said: int | None, predict: Predict, side: float, brush: float, taken: bool = True
) -> Diagnosis:
    """Find the largest cause of an answer.

    Args:
        strokes: The drawing, at least one point, canvas pixels.
        said: The digit it was meant to be; None if nobody said.
        predict: The network.
        side: Of the square canvas, in its pixels.
        brush: Width of the canvas's line, in its pixels.
        taken: Whether it looks enough like a digit to be taken for one.

    Raises:
        ValueError: If nothing is drawn.
    """
    steps = ink.steps(strokes, side, brush)
    if not steps:
        raise ValueError("strokes must hold at least one point, got none")
    stages = _answers(steps, predict)
    if not taken:
        sentence = _what_would_help(strokes, None, predict)
        return _without_relatives(stages, sentence) if sentence else _looks_like(stages, said, taken)
    if said == stages[-1].digit:
        return _without_relatives(stages, _what_helped(stages, strokes, side, brush))
    if sentence := _what_would_help(strokes, said, predict):
        return _without_relatives(stages, sentence)
    return _looks_like(stages, said)


def diagnose_picture(picture: Picture, said: int | None, predict: Predict, taken: bool = True) -> Diagnosis:
    """The same for a photographed digit, of which only its (28, 28) picture in [0, 1] is known."""
    return _looks_like(_answers([ink.Step("Prepared", picture)], predict), said, taken)


def _answers(steps: Sequence[ink.Step], predict: Predict) -> tuple[Stage, ...]:
    answers = predict(np.stack([step.picture for step in steps]))
    return tuple(
        Stage(step.name, step.picture, int(answer.argmax()), float(answer.max()))
        for step, answer in zip(steps, answers, strict=True)
    )


def _without_relatives(stages: tuple[Stage, ...], sentence: str) -> Diagnosis:
    return Diagnosis(stages, sentence, np.empty((0, 28, 28), np.uint8), np.empty(0, np.uint8))


def _what_helped(stages: tuple[Stage, ...], strokes: Sequence[Stroke], side: float, brush: float) -> str:
    """The drawing was read right: which stage was the first from which on it was."""
    right = stages[-1].digit
    wrong = [number for number, stage in enumerate(stages) if stage.digit != right]
    if not wrong:
        return f"The network reads {mnist.a_digit(right)} at every stage: nothing had to be mended."
    before = stages[wrong[-1]]
    mended = stages[wrong[-1] + 1].name
    cause = {
        "Scaled": _place_and_size(strokes, side),
        "Repainted": f"the line was {_line(strokes, brush)} of the digit's size",
        "Centred": "its ink does not balance in the middle of its box",
    }[mended]
    return f"{before.name}, it would have been read as {before.digit}: {cause}. {mended}, it is {mnist.a_digit(right)}."


def _place_and_size(strokes: Sequence[Stroke], side: float) -> str:
    low, high = bounds(np.concatenate(strokes))
    size = float((high - low).max()) / side
    off = float(np.hypot(*((low + high) / 2 - side / 2))) / side
    if off > max(0.75 - size, 0.05):  # both as a share of the board; three quarters of it is as large as MNIST draws
        return f"it lies {off:.0%} of the board's width off its middle"
    return f"it fills only {size:.0%} of the board" if size < 0.6 else f"it fills {size:.0%} of the board"


def _line(strokes: Sequence[Stroke], brush: float) -> str:
    low, high = bounds(np.concatenate(strokes))
    share = brush / (max(float((high - low).max()), 1) + brush)
    return f"{'only ' if share < 0.1 else ''}{share:.0%}"


def _what_would_help(strokes: Sequence[Stroke], said: int | None, predict: Predict) -> str | None:
    """The fault whose mending alone makes the network read what was meant, or take it for a digit if nobody said."""
    mends = [mend for mend in (_joined(strokes), _tidied(strokes), _upright(strokes), _reshaped(strokes)) if mend]
    seen = [(mend, picture) for mend in mends if (picture := ink.to_mnist(mend.strokes)) is not None]
    if not seen:
        return None
    pictures = np.stack([picture for _, picture in seen])
    if said is None:
        likely = likeness.digit_likeness(pictures)
        best = int(likely.argmax())
        if likely[best] < likeness.threshold():
            return None
        answer = predict(pictures[best : best + 1])[0]
        outcome = f"it would be taken for a digit, and read as {answer.argmax()}"
    else:
        answers = predict(pictures)
        best = int(answers[:, said].argmax())
        answer = answers[best]
        if answer.argmax() != said:
            return None
        outcome = f"it would be read as {said}"
    mend = seen[best][0]
    return f"{mend.fault}. {mend.mended}, {outcome}, {percentage(float(answer.max()))}."


def _joined(strokes: Sequence[Stroke]) -> _Mend | None:
    """The widest gap between a stroke's end and other ink that is small enough to be meant as closed."""
    low, high = bounds(np.concatenate(strokes))
    size = float((high - low).max())
    gaps: list[tuple[float, Stroke]] = []
    for number, stroke in enumerate(strokes):
        along = travelled(stroke)
        for end, way in ((stroke[0], along), (stroke[-1], along[-1] - along)):
            own = stroke[way > size]  # the far part of the same stroke
            there = np.concatenate([own, *(other for place, other in enumerate(strokes) if place != number)])
            if len(there):
                distances = np.hypot(*(there - end).T)
                nearest = int(distances.argmin())
                gaps.append((float(distances[nearest]), np.stack([end, there[nearest]])))
    open_gaps = [(gap, bridge) for gap, bridge in gaps if 0.04 * size < gap < 0.3 * size]
    if not open_gaps:
        return None
    gap, _ = max(open_gaps, key=lambda found: found[0])
    return _Mend(
        [*strokes, *(bridge for _, bridge in open_gaps)],
        f"A line stops {gap:.0f} pixels short of another",
        "If they met",
    )


def _tidied(strokes: Sequence[Stroke]) -> _Mend | None:
    """Without the shortest stroke, if it is a small one."""
    if len(strokes) < 2:
        return None
    lengths = [float(np.hypot(*np.diff(stroke, axis=0).T).sum()) for stroke in strokes]
    shortest = int(np.argmin(lengths))
    share = lengths[shortest] / max(sum(lengths), 1e-9)
    if share > 0.25:
        return None
    rest = [stroke for number, stroke in enumerate(strokes) if number != shortest]
    return _Mend(rest, f"The shortest of its {len(strokes)} strokes is {share:.0%} of the ink", "Without it")


def _upright(strokes: Sequence[Stroke]) -> _Mend | None:
    """The slant taken out: of the line that fits the points' x to their y best."""
    points = np.concatenate(strokes)
    across, down = (points - points.mean(0)).T
    lean = -float(across @ down) / max(float(down @ down), 1e-9)  # to the right for every pixel up
    degrees = math.degrees(math.atan(lean))
    if not 8 <= abs(degrees) <= 50:
        return None
    shape = np.array([[1, lean], [0, 1]])
    side = "right" if lean > 0 else "left"
    return _Mend(
        [stroke @ shape.T for stroke in strokes], f"It leans {abs(degrees):.0f} degrees to the {side}", "Upright"
    )


def _reshaped(strokes: Sequence[Stroke]) -> _Mend | None:
    """Wider or narrower, to the shape of MNIST's digits: two thirds as wide as high."""
    low, high = bounds(np.concatenate(strokes))
    width, height = (float(value) for value in high - low)
    if min(width, height) < LINE * max(width, height) or NARROWEST <= width / height <= WIDEST:
        return None
    shape = np.array([2 / 3 * height / width, 1])
    wide = width / height
    only, mended = ("", "Narrower") if wide > WIDEST else ("only ", "Wider")
    return _Mend([stroke * shape for stroke in strokes], f"It is {only}{wide:.1f} times as wide as high", mended)


def _looks_like(stages: tuple[Stage, ...], said: int | None, taken: bool = True) -> Diagnosis:
    """No single fault: whom among the training digits it looks like."""
    digits = mnist.digits()
    nearest = _nearest(stages[-1].picture)
    labels = digits.y_train[nearest]
    counts = np.bincount(labels, minlength=10)
    most = int(counts.argmax())
    sentence = f"Of the {NEAREST} training digits most like it, {counts[most]} are {_plural(most)}"
    if said is not None and said != most:
        sentence += f" and {counts[said] or 'none'} {'is a' if counts[said] == 1 else 'are'} "
        sentence += str(said) if counts[said] == 1 else _plural(said)
    elif said is None and counts[most] < NEAREST / 2:
        sentence = f"It looks like no digit in particular: of the {NEAREST} training digits most like it, only "
        sentence += f"{counts[most]} are {_plural(most)}"
    if not taken and not sentence.startswith("It looks"):
        sentence = f"It looks too little like any digit, though of{sentence.removeprefix('Of')}"
    return Diagnosis(stages, sentence + ".", digits.x_train[nearest[:SHOWN]], labels[:SHOWN])


def _plural(digit: int) -> str:
    return f"{digit}s"


def _nearest(picture: Picture) -> NDArray[np.intp]:
    """The `NEAREST` training digits at the smallest angle to the picture, both seen coarsely; nearest first."""
    likeness = coarse_digits() @ _coarse(picture[None])[0]
    best = np.argpartition(likeness, -NEAREST)[-NEAREST:]
    return best[np.argsort(likeness[best])[::-1]]


@cache
def coarse_digits() -> NDArray[np.float32]:
    """The training digits seen coarsely: (60000, 196) vectors of length 1, worked out once a process."""
    return _coarse(mnist.digits().x_train)


def _coarse(images: NDArray[np.generic]) -> NDArray[np.float32]:
    """(n, 28, 28) images, none of them blank, to (n, 196) vectors of length 1."""
    blocks = images.reshape(-1, 28 // COARSE, COARSE, 28 // COARSE, COARSE).sum((2, 4), dtype=np.float32)
    flat = blocks.reshape(len(images), -1)
    return np.asarray(flat / np.linalg.norm(flat, axis=1, keepdims=True), np.float32)
