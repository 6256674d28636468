from pathlib import Path

import numpy as np
import pytest

from core import mnist
from core.recipe import PRESETS, Recipe


@pytest.fixture(scope="module")
def digits() -> mnist.Digits:
    return mnist.digits()


def test_digits_are_as_described(digits: mnist.Digits):
    shapes = {name: getattr(digits, name).shape for name in mnist.PUBLISHED}
    assert shapes == {
        "x_train": (60_000, 28, 28),
        "y_train": (60_000,),
        "x_test": (10_000, 28, 28),
        "y_test": (10_000,),
    }
    assert {getattr(digits, name).dtype for name in mnist.PUBLISHED} == {np.dtype(np.uint8)}
    assert digits.y_train[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert digits.x_train[0, 0, 0] == 0
    assert digits.x_train.max() == 255


@pytest.mark.parametrize("name", mnist.PUBLISHED)
def test_digits_are_read_only(digits: mnist.Digits, name: str):
    with pytest.raises(ValueError, match="read-only"):
        getattr(digits, name)[0] = 1


def test_digits_are_read_once(digits: mnist.Digits):
    assert mnist.digits() is digits


def test_missing_file_says_how_to_get_it_back(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"git checkout -- data/mnist\.npz"):
        mnist.load(tmp_path / "mnist.npz")


@pytest.mark.parametrize("length", [0, 100, 5_000_000, 11_490_000])
def test_truncated_file_says_how_to_get_it_back(tmp_path: Path, length: int):
    file = tmp_path / "mnist.npz"
    file.write_bytes(mnist.FILE.read_bytes()[:length])
    with pytest.raises(ValueError, match=r"damaged.*git checkout -- data/mnist\.npz"):
        mnist.load(file)


@pytest.mark.parametrize("damaged", ["pixels", "directory", "way of compression", "kind of file"])
def test_altered_file_says_how_to_get_it_back(tmp_path: Path, damaged: str):
    file = tmp_path / "mnist.npz"
    altered = bytearray(mnist.FILE.read_bytes())
    directory = altered.find(b"PK\x01\x02")
    place = {"pixels": 5_000_000, "directory": directory, "way of compression": directory + 10, "kind of file": 0}
    altered[place[damaged]] ^= 0xFF
    file.write_bytes(altered)
    with pytest.raises(ValueError, match=r"damaged.*git checkout -- data/mnist\.npz"):
        mnist.load(file)


def test_other_digits_say_how_to_get_the_right_ones_back(tmp_path: Path, few_digits: mnist.Digits):
    file = tmp_path / "mnist.npz"
    np.savez(file, **vars(few_digits))
    with pytest.raises(ValueError, match=r"x_train is not as published.*git checkout"):
        mnist.load(file)


def test_exchanged_labels_are_noticed(tmp_path: Path, digits: mnist.Digits):
    file = tmp_path / "mnist.npz"
    np.savez(file, **{**vars(digits), "y_test": digits.y_test[::-1]})
    with pytest.raises(ValueError, match="y_test is not as published"):
        mnist.load(file)


def test_validation_is_the_end_of_the_training_images(digits: mnist.Digits):
    split = mnist.split(PRESETS["simple-cnn"], digits)
    np.testing.assert_array_equal(split.x_train, digits.x_train[:54_000])
    np.testing.assert_array_equal(split.y_train, digits.y_train[:54_000])
    np.testing.assert_array_equal(split.x_validation, digits.x_train[54_000:])
    np.testing.assert_array_equal(split.y_validation, digits.y_train[54_000:])


def test_validation_is_cut_from_the_images_used(digits: mnist.Digits):
    split = mnist.split(Recipe(training_images=1000, validation_split=0.25), digits)
    np.testing.assert_array_equal(split.x_train, digits.x_train[:750])
    np.testing.assert_array_equal(split.x_validation, digits.x_train[750:1000])


def test_no_validation_unless_asked_for(digits: mnist.Digits):
    split = mnist.split(PRESETS["ten-lines"], digits)
    assert (len(split.x_train), len(split.x_validation), len(split.y_validation)) == (60_000, 0, 0)


def test_validation_on_the_test_digits_when_a_recipe_says_so(digits: mnist.Digits):
    split = mnist.split(PRESETS["express-mlp"], digits)
    assert len(split.x_train) == 60_000
    np.testing.assert_array_equal(split.x_validation, digits.x_test)
    np.testing.assert_array_equal(split.y_validation, digits.y_test)


def test_digits_have_their_article() -> None:
    assert [mnist.a_digit(digit) for digit in (1, 8)] == ["a 1", "an 8"]
