import numpy as np
import pytest

from core import ink, mnist
from core.drawings import Drawings
from core.recipe import Augmentation, Recipe
from core.training import augment

STILL = Augmentation(rotation=0, shear=0, stretch=0, shift=0, elastic=0, pen=0)


def random() -> np.random.Generator:
    return np.random.default_rng(0)


def spread(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).sum(1).astype(float)


def test_without_any_change_images_stay_as_they_are(few_digits: mnist.Digits) -> None:
    images = few_digits.x_train[:50]
    assert np.array_equal(augment.varied(images, STILL, random()), images)


def test_every_image_is_changed_otherwise_and_stays_a_digit(few_digits: mnist.Digits) -> None:
    images = np.repeat(few_digits.x_train[:1], 50, axis=0)
    varied = augment.varied(images, Augmentation(), random())
    assert (varied.shape, varied.dtype) == (images.shape, np.uint8)
    assert len({image.tobytes() for image in varied}) == 50
    likeness = [np.corrcoef(image.ravel(), images[0].ravel())[0, 1] for image in varied]
    assert min(likeness) > 0.1
    assert np.mean(likeness) > 0.5


def test_same_generator_gives_the_same_images(few_digits: mnist.Digits) -> None:
    images = few_digits.x_train[:20]
    first, second = (augment.varied(images, Augmentation(), random()) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(("change", "most"), [("shift", 3.0), ("rotation", 30.0), ("stretch", 0.4), ("shear", 0.5)])
def test_each_change_is_made_alone(change: str, most: float, few_digits: mnist.Digits) -> None:
    images = few_digits.x_train[:50]
    varied = augment.varied(images, STILL.model_copy(update={change: most}), random())
    assert not np.array_equal(varied, images)
    ratio = spread(varied) / spread(images)
    if change == "shift":
        assert np.median(ratio) == pytest.approx(1, abs=0.03), "a shift keeps the ink"


def test_pen_grows_and_shrinks(few_digits: mnist.Digits) -> None:
    images = few_digits.x_train[:200]
    ratio = spread(augment.varied(images, STILL.model_copy(update={"pen": 1.0}), random())) / spread(images)
    assert ratio.min() < 0.7
    assert ratio.max() > 1.3


def test_first_copy_of_a_drawing_is_as_it_was_drawn() -> None:
    seven = [np.array([[10.0, 10], [90, 10], [40, 120]]), np.array([[30.0, 60], [70, 60]])]
    drawings = Drawings([seven, seven[:1]], np.array([7, 7], np.uint8), np.array([1, 2], np.int32), "a test")
    images, labels = augment.repainted(drawings, 3, random())
    assert (images.shape, images.dtype, labels.tolist()) == ((6, 28, 28), np.uint8, [7] * 6)
    seen = ink.to_mnist(seven)
    assert seen is not None
    assert np.array_equal(images[0], (seen * 255).round())
    assert not np.array_equal(images[2], images[0])
    assert images.reshape(6, -1).max(1).min() == 255


def test_pen_images_are_made_once_for_a_run_that_goes_on(
    few_digits: mnist.Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(augment, "RARE", 1)
    heard: list[None] = []

    def made(seed: int) -> mnist.Split:
        return augment.with_drawings(mnist.split(Recipe(), few_digits), None, seed, lambda: heard.append(None))

    first, told = made(1), len(heard)
    again = made(1)
    assert len(heard) == told > 100
    assert np.array_equal(first.x_train, again.x_train)
    assert np.array_equal(first.y_train, again.y_train)
    assert not np.array_equal(first.x_train, made(2).x_train)


@pytest.mark.parametrize(
    ("epochs", "epoch", "further", "varied"),
    [(3, 1, False, False), (3, 2, False, True), (3, 4, False, False), (3, 1, True, True), (1, 1, False, True)],
)
def test_images_are_varied_but_in_the_first_of_several_epochs_of_a_new_network(
    epochs: int, epoch: int, further: bool, varied: bool, few_digits: mnist.Digits
):
    images = few_digits.x_train[:20]
    recipe = Recipe(augmentation=Augmentation(), epochs=epochs)
    assert varied != np.array_equal(augment.of_epoch(images, recipe, epoch, further), images)
