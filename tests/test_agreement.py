"""Several models on the same digits, against scipy and truth made by hand."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from scipy.stats import binomtest, entropy

from core.agreement import McNemar, agreement, how_often, mcnemar, most_divided, readings, verdict, vote_entropy
from core.charts.agreement import Dot, accuracy_against

ANSWERS = [np.asarray(answers) for answers in ([1, 2, 3, 4, 5], [1, 2, 3, 9, 6], [1, 2, 8, 9, 7])]
LABELS = np.asarray([1, 7, 3, 4, 0], np.uint8)
SHIPPED = [  # name, parameters, seconds, accuracy: like the published recipes and two of ours
    Dot("ten-lines", 7960, 0.8873, 0),
    Dot("keras-intro", 7960, 0.7334, 1),
    Dot("simple-cnn", 34826, 0.9909, 2),
    Dot("first-network", 407050, 0.9804, 3),
    Dot("express-mlp", 407050, 0.9273, 4),
    Dot("reader", 284490, 0.9958, 5),
]


def split(only_first: int, only_second: int, both: int = 50) -> tuple[np.ndarray, np.ndarray]:
    first = np.asarray([True] * (only_first + both) + [False] * only_second)
    second = np.asarray([False] * only_first + [True] * (both + only_second))
    return first, second


@pytest.mark.parametrize(("one", "other"), [(123, 45), (45, 123), (1, 0), (7, 7), (7, 8), (0, 12), (900, 700)])
def test_mcnemar_is_the_exact_binomial_test(one: int, other: int) -> None:
    found = mcnemar(*split(one, other))
    assert (found.only_first, found.only_second) == (one, other)
    assert found.p == pytest.approx(binomtest(one, one + other).pvalue, rel=1e-9)


def test_models_that_are_wrong_on_the_same_digits_do_not_differ() -> None:
    assert mcnemar(*split(0, 0)).p == 1


def test_agreement_counts_digits() -> None:
    found = agreement(ANSWERS, LABELS)
    assert (found.total, found.all_same, found.all_right, found.all_wrong) == (5, 2, 1, 2)


def test_vote_entropy_is_scipy_s() -> None:
    expected = [entropy(votes, base=2) for votes in ([3], [3], [2, 1], [1, 2], [1, 1, 1])]
    assert vote_entropy(ANSWERS) == pytest.approx(expected)


def test_the_most_divided_come_first_and_among_equals_the_surest() -> None:
    confidence = [np.asarray([0.9, 0.9, 0.5, 0.8, 0.4], np.float32)] * 3
    assert most_divided(ANSWERS, confidence).tolist() == [4, 3, 2]


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (1.0, "always"),
        (0.23, "in 23% of cases"),
        (0.02, "in 2% of cases"),
        (0.00714, "about once in 140 times"),
        (1 / 12_345, "about once in 12,000 times"),
        (3e-9, "about once in 10⁹ times"),
        (0.0, "less than once in 10³⁰⁰ times"),
    ],
)
def test_a_probability_is_said_in_words(p: float, words: str) -> None:
    assert how_often(p) == words


@pytest.mark.parametrize("what", ["parameters", "seconds"])
def test_dots_stand_at_their_cost_and_their_share_of_errors(what: str) -> None:
    figure = accuracy_against(SHIPPED, what)  # type: ignore[arg-type]
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    assert [trace["x"][0] for trace in figure["data"]] == [dot.cost for dot in SHIPPED]
    assert [trace["y"][0] for trace in figure["data"]] == pytest.approx([1 - dot.accuracy for dot in SHIPPED])
    assert len({trace["marker"]["symbol"] for trace in figure["data"]}) == len(SHIPPED)
    assert figure["layout"]["yaxis"]["ticktext"]
    assert figure["layout"]["xaxis"]["ticktext"]


def test_labels_of_dots_close_together_stand_on_different_sides() -> None:
    twins = [Dot("first-network", 407050, 0.98, 0), Dot("express-mlp", 407050, 0.9801, 1)]
    sides = [trace["textposition"] for trace in accuracy_against(twins, "parameters")["data"]]
    assert sides[0] != sides[1]


def test_one_perfect_model_still_has_its_place() -> None:
    figure = accuracy_against([Dot("reader", 1000, 1.0, 0)], "seconds")
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < 3 < high


def test_an_even_split_is_called_luck() -> None:
    words = verdict("a", "b", McNemar(12, 10, 0.83), 10_000, 3)
    assert "in 83% of cases" in words
    assert "may well be luck" in words
    assert "3 pairs" in words


@pytest.mark.parametrize(("pairs", "words"), [(1, "**b is better**"), (3, "**may well be luck**")])
def test_split_that_one_comparison_would_bear_out_is_luck_among_many(pairs: int, words: str) -> None:
    assert words in verdict("a", "b", McNemar(10, 23, 0.035), 10_000, pairs)


def test_readings_are_told_in_one_sentence() -> None:
    assert readings(["a"], [3], True) == "a reads 3."
    assert readings(["a", "b"], [3, 3], True) == "Both read 3."
    assert readings(["a", "b", "c"], [3, 8, 3], True) == "2 of 3 read 3; b reads 8."
    assert readings(["a", "b"], [7, 9], True) == "a reads 7, b reads 9."
    assert readings(["a", "b"], [3, 3], False).startswith("This does not look like a digit.")
