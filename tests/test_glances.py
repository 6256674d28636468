"""Glances: the same image, turned and resized."""

import numpy as np

from core import mnist
from core.glances import GLANCES, glances, maps


def test_glances_keep_shape_ink_and_middle() -> None:
    images = mnist.digits().x_test[:20] / np.float32(255)
    seen = glances(images, len(GLANCES))
    assert [glance.shape for glance in seen] == [images.shape] * len(GLANCES)
    assert all(glance.dtype == np.float32 and glance.min() >= 0 and glance.max() <= 1 + 1e-6 for glance in seen)
    assert seen[0] is images
    for glance, (_, size) in zip(seen, GLANCES, strict=True):
        np.testing.assert_allclose(glance.sum((1, 2)), images.sum((1, 2)) * size**2, rtol=0.03)


def test_a_glance_turns_to_the_right_and_resizes() -> None:
    bar = np.zeros((1, 28, 28), np.float32)
    bar[0, 4:24, 13:15] = 1
    _, right, left, small, large = glances(bar, 5)
    rows = np.arange(28)
    lean = [np.polyfit(rows[6:22], glance[0, 6:22] @ rows / glance[0, 6:22].sum(1), 1)[0] for glance in (right, left)]
    np.testing.assert_allclose(np.degrees(np.arctan(lean)), [-6, 6], atol=0.3)  # columns by rows, which go down
    heights = [(glance[0].sum(1) > 1).sum() for glance in (small, bar, large)]
    assert heights == [18, 20, 22]


def test_maps_are_sparse_and_the_first_is_none() -> None:
    first, *others = maps(5)
    assert (first.toarray() == np.eye(784)).all()
    assert all(seen.nnz <= 4 * 784 for seen in others)
