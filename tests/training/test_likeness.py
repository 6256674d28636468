from pathlib import Path

import numpy as np
import pytest

from core import likeness, mnist
from core.drawings import HELD_OUT, Drawings
from core.training import examples
from core.training import likeness as training

TINY = examples.Size(mnist=300, redrawn=1, turned=1, styled=1, family=1, mangled=200, pairs=5, textures=3, tested=2)


def read_as_ones(images: examples.Images) -> examples.Images:
    """A reader that is never sure."""
    return np.full((len(images), 10), 0.1, np.float32)


@pytest.fixture(scope="module")
def pen() -> Drawings:
    """One upright line by each of the thirty writers."""
    line = np.array([[10.0, 0], [12, 50], [11, 100]])
    return Drawings([[line]] * 30, np.ones(30, np.uint8), np.arange(1, 31, dtype=np.int32), "nobody")


@pytest.mark.parametrize("with_pen", [True, False])
def test_training_writes_both_files_and_they_load(
    with_pen: bool, pen: Drawings, few_digits: mnist.Digits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    heard: list[str] = []
    trained = training.train(few_digits, pen if with_pen else None, read_as_ones, heard.append, TINY, epochs=1)
    file = training.write(trained, tmp_path / "new")
    assert sorted(entry.name for entry in file.parent.iterdir()) == ["likeness.json", "likeness.onnx"]

    monkeypatch.setattr(likeness, "MODEL", file)
    card = likeness.card()
    assert 0 <= likeness.threshold() == card.threshold <= training.HIGHEST
    images = few_digits.x_test / np.float32(255)
    refused = int((likeness.digit_likeness(images) < card.threshold).sum())
    assert (refused, 500) == (card.measured["MNIST test digits"].refused, card.measured["MNIST test digits"].of)
    assert ("drawings by held-out writers" in card.measured) == with_pen
    assert card.credit.endswith("nobody" if with_pen else "no pen drawings")
    assert heard[-1].startswith("epoch 1/1  loss ")


def test_held_out_and_validation_writers_are_not_trained_on(pen: Drawings):
    free = examples.free(pen)
    assert len(free) == 30 - len(HELD_OUT) - len(examples.VALIDATION)
    assert not set(free.writers.tolist()) & {*HELD_OUT, *examples.VALIDATION}
    few = examples.redrawn(free, 2, np.random.default_rng(0))
    assert len(few.images) == len(few.labels) == 3 * len(free)


def test_mangled_digits_that_are_still_read_are_left_out(few_digits: mnist.Digits):
    digits = examples.Examples(few_digits.x_test / np.float32(255), few_digits.y_test)

    def sure(images: examples.Images) -> examples.Images:
        return np.eye(10, dtype=np.float32)[np.zeros(len(images), int)]

    assert len(examples.mangled(digits, sure, np.random.default_rng(0)).labels) == 0
    assert len(examples.mangled(digits, read_as_ones, np.random.default_rng(0)).labels) == 500


def test_varied_images_stay_images(few_digits: mnist.Digits):
    images = few_digits.x_test / np.float32(255)
    varied = examples.varied(images, np.random.default_rng(0))
    assert varied.shape == images.shape
    assert varied.dtype == np.float32
    assert varied.min() >= 0
    assert varied.max() <= 1
    assert np.abs(varied - images).mean() < 0.2
