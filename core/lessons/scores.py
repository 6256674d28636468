"""Counting right and wrong answers about one digit: precision, recall, and the threshold between them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8]  # (n,) digits 0 to 9


@dataclass(frozen=True)
class Counts:
    """The four cases of "this is a d": said and true, said but false, not said but true, not said and false."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def precision(self) -> float | None:
        """Of what was called a d, the share that is one; None if nothing was."""
        return _share(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float | None:
        """Of the d there are, the share that was called one; None if there is none."""
        return _share(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall."""
        wrong = self.false_positive + self.false_negative
        return _share(2 * self.true_positive, 2 * self.true_positive + wrong)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def counts(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> Counts:
    """Count the four cases of (n,) answers."""
    return Counts(
        true_positive=int((said & true).sum()),
        false_positive=int((said & ~true).sum()),
        false_negative=int((~said & true).sum()),
        true_negative=int((~said & ~true).sum()),
    )


def at_threshold(probabilities: NDArray[np.float32], labels: Labels, digit: int, threshold: float) -> Counts:
    """The cases if "this is a `digit`" is said from that probability on; probabilities (n, 10)."""
    return counts(probabilities[:, digit] >= threshold, labels == digit)


def likeliest(probabilities: NDArray[np.float32], labels: Labels, digit: int) -> Counts:
    """The cases if it is said where the digit is the likeliest of the ten."""
    return counts(probabilities.argmax(1) == digit, labels == digit)


def confusion(probabilities: NDArray[np.float32], labels: Labels) -> NDArray[np.int64]:
    """(10, 10) counts: rows what the digits are, columns what was likeliest."""
    pairs = 10 * labels.astype(np.int64) + probabilities.argmax(1)
    return np.bincount(pairs, minlength=100).reshape(10, 10)
