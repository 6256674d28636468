"""One model's scores: against scikit-learn, and against truth made by hand."""

import json
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import pytest
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.calibration import calibration_curve

from core import library, mnist
from core.charts.evaluation import learning_curve, reliability_diagram, shortfalls
from core.evaluation import (
    Evaluation,
    TwoClasses,
    by_digit,
    epochs,
    reliability,
    two_classes,
    worst_pair,
)


def answered(labels: Sequence[int], answers: Sequence[int], confidence: Sequence[float]) -> Evaluation:
    """Answers with a confidence above 0.1 each; the rest is shared by the nine other digits."""
    sure = np.asarray(confidence, np.float32)
    probabilities = np.repeat(((1 - sure) / 9)[:, None], 10, axis=1)
    probabilities[np.arange(len(sure)), np.asarray(answers)] = sure
    return Evaluation(probabilities, np.asarray(labels, np.uint8))


@pytest.fixture(scope="module")
def by_chance() -> Evaluation:
    """1,000 answers, about as often right as they are sure."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 1000)
    sure = random.uniform(0.2, 1, 1000)
    answers = np.where(random.random(1000) < sure, labels, random.integers(0, 10, 1000))
    return answered(labels.tolist(), answers.tolist(), sure.tolist())


def test_confusion_matrix_and_scores_are_those_of_scikit_learn(by_chance: Evaluation) -> None:
    labels, answers = by_chance.labels, by_chance.answers
    assert np.array_equal(by_chance.confusion, metrics.confusion_matrix(labels, answers))
    expected = metrics.precision_recall_fscore_support(labels, answers)[:3]
    found = by_digit(by_chance.confusion)
    assert [score.digit for score in found] == list(range(10))
    for name, values in zip(("precision", "recall", "f1"), expected, strict=True):
        assert [getattr(score, name) for score in found] == pytest.approx(values.tolist())


@pytest.mark.parametrize("digit", [0, 4, 9])
def test_two_classes_are_scikit_learn_s_binary_matrix(by_chance: Evaluation, digit: int) -> None:
    two = two_classes(by_chance.confusion, digit)
    tn, fp, fn, tp = metrics.confusion_matrix(by_chance.labels == digit, by_chance.answers == digit).ravel().tolist()
    assert two == TwoClasses(tp, fp, fn, tn)
    assert two.accuracy == pytest.approx(metrics.accuracy_score(by_chance.labels == digit, by_chance.answers == digit))
    assert two.always_no == pytest.approx(float((by_chance.labels != digit).mean()))


def test_reliability_bins_are_those_of_scikit_learn(by_chance: Evaluation) -> None:
    bins = reliability(by_chance)
    share, confidence = calibration_curve(by_chance.right, by_chance.confidence, n_bins=10)
    assert [found.share for found in bins] == pytest.approx(share.tolist())
    assert [found.confidence for found in bins] == pytest.approx(confidence.tolist(), abs=1e-6)
    assert sum(found.count for found in bins) == 1000


def test_a_digit_that_is_never_said_has_no_precision_and_one_that_is_not_there_no_recall() -> None:
    scores = by_digit(answered([1, 1, 2], [1, 3, 1], [0.9, 0.9, 0.9]).confusion)
    assert (scores[1].precision, scores[1].recall, scores[1].f1) == (0.5, 0.5, 0.5)
    assert (scores[2].precision, scores[2].recall, scores[2].f1) == (None, 0.0, 0.0)
    assert (scores[3].precision, scores[3].recall, scores[3].f1) == (0.0, None, 0.0)
    assert (scores[9].precision, scores[9].recall, scores[9].f1) == (None, None, None)


def test_mistakes_come_surest_first() -> None:
    evaluated = answered([4, 4, 9, 4, 7], [9, 4, 4, 9, 7], [0.5, 1.0, 0.6, 0.9, 0.2])
    assert evaluated.mistakes.tolist() == [3, 2, 0]
    assert evaluated.taken_for(4, 9).tolist() == [3, 0]
    assert worst_pair(evaluated.confusion) == (4, 9)


def test_without_a_mistake_there_is_no_worst_pair() -> None:
    evaluated = answered([4, 7], [4, 7], [0.5, 1.0])
    assert worst_pair(evaluated.confusion) is None
    assert evaluated.mistakes.size == 0


def test_full_confidence_falls_into_the_last_bin() -> None:
    (found,) = reliability(answered([4, 5], [4, 4], [1.0, 0.95]))
    assert (found.low, found.high, found.count, found.right) == (0.9, 1.0, 2, 1)


def test_answers_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(3, 10\), got \(2, 10\)"):
        Evaluation(np.zeros((2, 10), np.float32), np.zeros(3, np.uint8))


def test_shipped_models_are_as_good_as_their_cards_say() -> None:
    labels: NDArray[np.uint8] = mnist.digits().y_test
    for name in library.names():
        card, evaluated = library.card(name), Evaluation(library.test_probabilities(name), labels)
        assert evaluated.right.mean() == pytest.approx(card.test_accuracy)
        assert evaluated.calibration_error == pytest.approx(card.calibration_error, abs=1e-4)
        told = epochs(library.file(name, "history.csv"))
        assert [end.epoch for end in told] == list(range(1, card.epochs + 1))


def test_history_without_validation_has_none() -> None:
    told = epochs(b"epoch,images,loss,accuracy,val_loss,val_accuracy,seconds\r\n1,100,2.5,0.25,,,1.5\r\n")
    assert (told[0].loss, told[0].val_loss, told[0].seconds) == (2.5, None, 1.5)


def test_figures_are_ones_for_plotly_and_for_json(by_chance: Evaluation) -> None:
    few = answered([1, 1, 2], [1, 3, 1], [0.9, 0.9, 0.9])
    history = epochs(
        b"epoch,images,loss,accuracy,val_loss,val_accuracy,seconds\n1,9,2.5,0.25,2.4,0.3,1\n2,18,1,0.7,,,2\n"
    )
    figures = [learning_curve(history, "loss"), learning_curve(history, "accuracy"), learning_curve([], "loss")]
    for evaluated in (by_chance, few):
        figures += [shortfalls(by_digit(evaluated.confusion)), reliability_diagram(reliability(evaluated))]
    for figure in figures:
        go.Figure(figure)
        json.dumps(figure, allow_nan=False)


def test_bars_show_what_is_missing() -> None:
    figure = shortfalls(by_digit(answered([1, 1, 2, 2], [1, 3, 1, 2], [0.9] * 4).confusion))
    missed, claimed = figure["data"]
    assert (missed["x"][1], claimed["x"][1], missed["x"][9]) == (0.5, 0.5, None)
