"""The order digits are browsed in, and the statistics of their classes."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.neighbors import NearestNeighbors

from core import classes, mnist


def test_order_is_the_files_or_that_of_a_seed(few_digits: mnist.Digits) -> None:
    labels = few_digits.y_train
    sevens = classes.order(labels, 7)
    assert (labels[sevens] == 7).all()
    assert (np.diff(sevens) > 0).all()
    assert len(classes.order(labels)) == len(labels)
    mixed = classes.order(labels, 7, seed=3)
    assert sorted(mixed) == sevens.tolist()
    assert mixed.tolist() != sevens.tolist()
    assert (mixed == classes.order(labels, 7, seed=3)).all()


@pytest.mark.parametrize("number", [0, 19, 20, 1999])
def test_twenty_hold_the_digit_asked_for(few_digits: mnist.Digits, number: int) -> None:
    chosen, block = classes.twenty(classes.order(few_digits.y_train), number)
    assert chosen == number
    assert number in block
    assert block[0] % 20 == 0
    assert len(block) == 20


def test_a_digit_of_another_class_gives_the_next_or_the_last_of_this_one() -> None:
    numbers = np.array([4, 10, 30])
    assert classes.twenty(numbers, 5)[0] == 10
    assert classes.twenty(numbers, 31)[0] == 30


def test_every_digit_stands_in_exactly_one_block(few_digits: mnist.Digits) -> None:
    numbers = classes.order(few_digits.y_train, 5, seed=1)
    blocks = {tuple(classes.twenty(numbers, int(number))[1]) for number in numbers}
    assert sorted(sum(blocks, ())) == sorted(numbers)


def test_one_hot_is_one_at_the_label() -> None:
    assert mnist.one_hot(3).tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]


def test_statistics_are_those_of_each_class_and_read_only(few_digits: mnist.Digits) -> None:
    found = classes.statistics(few_digits.x_train, few_digits.y_train)
    threes = few_digits.x_train[few_digits.y_train == 3] / 255
    np.testing.assert_allclose(found.mean[3], threes.mean(0), atol=1e-5)
    np.testing.assert_allclose(found.spread[3], threes.std(0), atol=1e-5)
    assert found.counts.sum() == len(few_digits.y_train)
    assert not found.mean.flags.writeable


def test_odd_ones_are_those_that_scikit_learn_finds(few_digits: mnist.Digits) -> None:
    found = classes.odd_ones(few_digits.x_train, few_digits.y_train, 4)
    numbers = classes.order(few_digits.y_train, 4)
    points = PCA(classes.COMPONENTS, svd_solver="full").fit_transform(
        few_digits.x_train[numbers].reshape(-1, 784) / 255
    )
    distances = NearestNeighbors(n_neighbors=classes.NEIGHBOURS).fit(points).kneighbors()[0].mean(1)
    assert found.numbers.tolist() == numbers[np.argsort(distances)[::-1][:10]].tolist()
    np.testing.assert_allclose(found.distances, np.sort(distances)[::-1][:10], rtol=1e-3)
    assert found.usual == pytest.approx(np.median(distances), rel=1e-3)


def test_a_digit_with_a_wrong_label_is_odd(few_digits: mnist.Digits) -> None:
    labels = few_digits.y_train.copy()
    zero = int(np.flatnonzero(labels == 0)[5])
    labels[zero] = 1
    assert zero in classes.odd_ones(few_digits.x_train, labels, 1).numbers
