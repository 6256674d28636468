"""The lesson's counts, precision and recall against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from core import library, mnist
from core.evaluation import Evaluation, TwoClasses
from core.lessons.scores import at_threshold


@pytest.mark.parametrize("digit", [1, 7])
@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.9])
def test_counts_agree_with_scikit_learn(digit: int, threshold: float) -> None:
    probabilities, labels = library.test_probabilities("ten-lines"), mnist.digits().y_test
    case = at_threshold(probabilities, labels, digit, threshold)
    said, true = probabilities[:, digit] >= threshold, labels == digit
    negative, false_positive, false_negative, positive = metrics.confusion_matrix(true, said).ravel()
    assert case == TwoClasses(positive, false_positive, false_negative, negative)
    assert case.precision == pytest.approx(metrics.precision_score(true, said))
    assert case.recall == pytest.approx(metrics.recall_score(true, said))
    assert case.f1 == pytest.approx(metrics.f1_score(true, said))


def test_confusion_matrix_agrees_with_scikit_learn_and_the_card() -> None:
    probabilities, labels = library.test_probabilities("ten-lines"), mnist.digits().y_test
    table = Evaluation(probabilities, labels).confusion
    assert (table == metrics.confusion_matrix(labels, probabilities.argmax(1))).all()
    assert np.trace(table) / table.sum() == pytest.approx(library.card("ten-lines").test_accuracy)


def test_shares_of_nothing_are_not_defined() -> None:
    nothing = TwoClasses(0, 0, 0, 10)
    assert nothing.precision is nothing.recall is nothing.f1 is None
    assert TwoClasses(0, 0, 5, 5).recall == 0
