"""Several models on the same digits: where they agree, where they differ, whether one is better by more than luck."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

Answers = Sequence[NDArray[np.int64]]  # one (n,) array of digits 0 to 9 a model

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DOUBT = 0.05  # what a single comparison must stay below, by custom
_LEAST = 1e-300  # smaller probabilities are no longer exact


@dataclass(frozen=True)
class Agreement:
    """How many digits the models read alike; counts."""

    total: int
    all_same: int
    all_right: int
    all_wrong: int  # alike or not


@dataclass(frozen=True)
class McNemar:
    """Two models on the same digits, by the exact test.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika, 1947.
    """

    only_first: int  # digits that only the first model reads right
    only_second: int
    p: float  # chance of a split at least as uneven if both were equally good; two-sided


def agreement(answers: Answers, labels: NDArray[np.uint8]) -> Agreement:
    """Count over all digits, (n,) labels."""
    said = np.stack(answers)
    right = said == labels
    return Agreement(
        len(labels), int((said == said[0]).all(0).sum()), int(right.all(0).sum()), int((~right).all(0).sum())
    )


def vote_entropy(answers: Answers) -> NDArray[np.float64]:
    """How divided the models are about each digit, (n,) in bits: 0 where all say the same."""
    said = np.stack(answers)
    shares = np.stack([(said == digit).mean(0) for digit in range(10)])
    logs = np.log2(shares, where=shares > 0, out=np.zeros_like(shares))
    return np.asarray(np.abs((shares * logs).sum(0)))


def most_divided(answers: Answers, confidence: Sequence[NDArray[np.float32]]) -> NDArray[np.int64]:
    """Places of the digits that are not read alike: the most divided first, among equals the surest answers.

    Args:
        answers: Of each model.
        confidence: Of each model, (n,) in [0, 1], how sure it is of its answer.
    """
    entropy = vote_entropy(answers).round(9)
    order = np.lexsort((-np.mean(np.stack(confidence), axis=0), -entropy))
    return np.asarray(order[: int((entropy > 0).sum())])


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> McNemar:
    """The exact test of two models, given what each read right, both (n,)."""
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    fewer, split = min(only_first, only_second), only_first + only_second
    return McNemar(only_first, only_second, min(1.0, 2 * float(bdtr(fewer, split, 0.5))) if split else 1.0)


def how_often(p: float) -> str:
    """A probability in words: "in 23% of cases", "once in 140 times", "once in 10⁹ times"."""
    if p >= 0.995:
        return "always"
    if p >= 0.02:
        return f"in {p:.0%} of cases"
    if p < _LEAST:
        return "less than once in 10³⁰⁰ times"
    times = 1 / p
    if times < 1_000_000:
        step = 10 ** (len(str(int(times))) - 2)  # two digits that count
        return f"about once in {round(times / step) * step:,} times"
    return f"about once in 10{str(round(float(np.log10(times)))).translate(_SUPERSCRIPTS)} times"


def verdict(first: str, second: str, test: McNemar, count: int, pairs: int) -> str:
    """The test of one pair, and what to make of it when so many pairs could have been looked at."""
    if not test.only_first + test.only_second:
        return f"On the {count:,} test digits {first} and {second} are right and wrong on exactly the same ones."
    said = (
        f"On the {count:,} test digits {first} is right where {second} is wrong {_times(test.only_first)}, {second} "
        f"where {first} is wrong {_times(test.only_second)}. If they were equally good, a split at least so uneven "
        f"would come up {how_often(test.p)} (exact McNemar test)."
    )
    bound = _DOUBT / pairs
    better = first if test.only_first > test.only_second else second
    verdict = (
        f"So **{better} is better** on digits like these, and by more than luck."
        if test.p < bound
        else "That **may well be luck**: these digits do not tell them apart."
    )
    if pairs == 1:
        return f"{said} {verdict}"
    return (
        f"{said} {verdict} There are {pairs} pairs among these models, and who looks at many finds an uneven one by "
        f"chance; so the bar is {_DOUBT:.0%} divided by {pairs}, {100 * bound:.2g}% of cases."
    )


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count:,} times")


def readings(names: Sequence[str], answers: Sequence[int], known: bool) -> str:
    """One sentence: what most of them read, and who reads otherwise."""
    most = max(answers, key=lambda digit: (answers.count(digit), -answers.index(digit)))
    others = [f"{name} reads {answer}" for name, answer in zip(names, answers, strict=True) if answer != most]
    if len(names) == 1:
        said = f"{names[0]} reads {most}."
    elif not others:
        said = f"{'Both' if len(names) == 2 else f'All {len(names)}'} read {most}."
    elif answers.count(most) == 1:
        said = ", ".join(f"{name} reads {answer}" for name, answer in zip(names, answers, strict=True)) + "."
    else:
        said = f"{answers.count(most)} of {len(names)} read {most}; {', '.join(others)}."
    return said if known else f"This does not look like a digit. If it is one after all: {said}"
