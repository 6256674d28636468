"""The recorded run of the lesson: it can be made again, and its curves part."""

import numpy as np
import pytest

from core import mnist
from core.lessons import overfitting as lesson_overfitting
from core.lessons.overfitting import EPOCHS, RECIPE, SIZES, recorded, train


def test_the_recorded_run_can_be_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lesson_overfitting, "EPOCHS", 3)
    again, before = train(SIZES[0]).model_dump(), recorded().runs[SIZES[0]].model_dump()
    for name, values in again.items():
        np.testing.assert_allclose(values, before[name][:4], rtol=0.02, atol=2e-3)


def test_the_file_holds_the_runs_that_the_module_makes() -> None:
    runs = recorded()
    assert tuple(runs.runs) == SIZES
    assert (runs.hidden, runs.batch_size, runs.learning_rate) == (
        lesson_overfitting.HIDDEN,
        lesson_overfitting.BATCH,
        lesson_overfitting.RATE,
    )
    split = mnist.split(RECIPE, mnist.digits())
    assert runs.validation_images == len(split.x_validation)
    assert all(len(run.loss) == EPOCHS + 1 for run in runs.runs.values())


@pytest.mark.parametrize("images", SIZES)
def test_the_curves_part(images: int) -> None:
    run = recorded().runs[images]
    assert 0 < run.best_epoch < EPOCHS
    assert run.loss[-1] < 0.2 * run.loss[run.best_epoch]
    assert run.val_loss[-1] > 1.05 * run.val_loss[run.best_epoch]


def test_more_digits_overfit_less() -> None:
    lowest = [min(run.val_loss) for run in recorded().runs.values()]
    assert lowest == sorted(lowest, reverse=True)


def test_its_gradients_are_those_of_its_loss() -> None:
    random = np.random.default_rng(0)
    x, y = random.random((6, 784), np.float32), np.arange(6, dtype=np.uint8)
    weights = [random.normal(0, 0.05, shape) for shape in ((784, 64), 64, (64, 10), 10)]
    gradients = lesson_overfitting._gradients(weights, x, y)
    for place, spot in ((0, (300, 7)), (1, (9,)), (2, (3, 4)), (3, (2,))):
        moved = []
        for step in (1e-4, -1e-4):
            changed = [array.copy() for array in weights]
            changed[place][spot] += step
            moved.append(lesson_overfitting._measure(changed, x, y)[0])
        assert gradients[place][spot] == pytest.approx((moved[0] - moved[1]) / 2e-4, rel=1e-3, abs=1e-6)
