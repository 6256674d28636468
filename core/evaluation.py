"""What one model's answers to labelled digits are worth: counts, scores, calibration, mistakes, and how it learned."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core import calibration
from core.events import EpochEnd

Counts = NDArray[np.int64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class DigitScores:
    """One digit's scores, as `TwoClasses` has them."""

    digit: int
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class TwoClasses:
    """Ten digits seen as two classes: one digit (positive) against the nine others (negative). Counts."""

    tp: int  # it is one and was read as one
    fp: int  # it is none, but was read as one
    fn: int  # it is one, but was read as another
    tn: int  # it is none and was read as another

    @property
    def accuracy(self) -> float:
        return (self.tp + self.tn) / self.total

    @property
    def always_no(self) -> float:
        """The accuracy of who never says that it is this digit."""
        return (self.fp + self.tn) / self.total

    @property
    def total(self) -> int:
        return self.tp + self.fp + self.fn + self.tn

    @property
    def precision(self) -> float | None:
        """Of those read as this digit, the share that is one; None if nothing was."""
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """Of those that are this digit, the share that was read as one; None if there is none."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall; None without a single positive, said or true."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


@dataclass(frozen=True)
class Bin:
    """The answers given with about the same confidence."""

    low: float  # of its confidences, included
    high: float  # not included, except by the last bin
    count: int
    right: int
    confidence: float  # mean, in [0, 1]

    @property
    def share(self) -> float:
        """How many of them are right, in [0, 1]."""
        return self.right / self.count


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model's answers beside the truth.

    `probabilities`: (n, 10) float32, rows sum to 1. `labels`: (n,) uint8, what the digits are.
    """

    probabilities: NDArray[np.float32]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.probabilities.shape != (len(self.labels), 10):
            shape = self.probabilities.shape
            raise ValueError(f"probabilities must be shaped ({len(self.labels)}, 10), got {shape}")

    @cached_property
    def answers(self) -> Places:
        """(n,): the most likely digit of each."""
        return np.asarray(self.probabilities.argmax(1))

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """(n,): the probability of that digit, in [0, 1]."""
        return np.asarray(self.probabilities.max(1))

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(n,): whether that digit is the true one."""
        return np.asarray(self.answers == self.labels)

    @cached_property
    def confusion(self) -> Counts:
        """(10, 10) counts: rows what the digits are, columns what they were read as."""
        return np.bincount(self.labels.astype(np.int64) * 10 + self.answers, minlength=100).reshape(10, 10)

    @cached_property
    def mistakes(self) -> Places:
        """Places of the digits that were misread, the surest mistake first."""
        wrong = np.flatnonzero(~self.right)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def taken_for(self, digit: int, answer: int) -> Places:
        """Places of the digits of one kind that were read as another, the surest first."""
        these = np.flatnonzero((self.labels == digit) & (self.answers == answer))
        return these[np.argsort(-self.confidence[these], kind="stable")]

    @cached_property
    def calibration_error(self) -> float:
        """As `calibration.calibration_error`; a share in [0, 1]."""
        return calibration.calibration_error(self.probabilities, self.labels)


def by_digit(confusion: Counts) -> list[DigitScores]:
    """Precision, recall and F1 of the ten digits, from (10, 10) counts."""
    scores = []
    for digit in range(10):
        two = two_classes(confusion, digit)
        scores.append(DigitScores(digit, two.precision, two.recall, two.f1))
    return scores


def two_classes(confusion: Counts, digit: int) -> TwoClasses:
    """One digit against the nine others, from (10, 10) counts."""
    tp = int(confusion[digit, digit])
    fp, fn = int(confusion[:, digit].sum()) - tp, int(confusion[digit].sum()) - tp
    return TwoClasses(tp, fp, fn, int(confusion.sum()) - tp - fp - fn)


def worst_pair(confusion: Counts) -> tuple[int, int] | None:
    """The most frequent mistake: (what it is, what it was read as); None if there is none."""
    wrong = confusion - np.diag(np.diag(confusion))
    return (int(wrong.argmax()) // 10, int(wrong.argmax()) % 10) if wrong.any() else None


def reliability(evaluation: Evaluation, bins: int = 10) -> list[Bin]:
    """Answers by their confidence, in bins of equal width; bins without any are left out."""
    confidence, right = evaluation.confidence, evaluation.right
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    found = []
    for number in np.unique(place):
        these = place == number
        mean = float(confidence[these].mean(dtype=np.float64))
        found.append(Bin(number / bins, (number + 1) / bins, int(these.sum()), int(right[these].sum()), mean))
    return found


def epochs(history: bytes) -> Sequence[EpochEnd]:
    """A bundle's history.csv, one event an epoch.

    Raises:
        ValueError: If it is not such a file.
    """
    rows = csv.DictReader(io.StringIO(history.decode("utf-8")))
    return [EpochEnd.model_validate({name: value for name, value in row.items() if value}) for row in rows]


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
