import shutil
from pathlib import Path

import numpy as np
import pytest

from core import ink, library, likeness, mnist
from core.training import nondigits

# Drawn for this test on a canvas of 400 pixels: strokes of x, y, x, y...
DIGITS = {
    "0": [[200, 60, 150, 90, 125, 160, 125, 240, 155, 320, 205, 340, 255, 310, 275, 230, 270, 140, 240, 80, 200, 60]],
    "0 with a slash": [
        [200, 60, 150, 90, 125, 160, 125, 240, 155, 320, 205, 340, 255, 310, 275, 230, 270, 140, 240, 80, 198, 62],
        [262, 92, 140, 315],
    ],
    "1": [[205, 70, 200, 330]],
    "1 with a flag": [[140, 140, 210, 65, 205, 335]],
    "1 with a foot": [[150, 130, 205, 70, 203, 330], [140, 332, 268, 330]],
    "2": [[130, 130, 150, 85, 205, 65, 258, 95, 262, 150, 225, 215, 170, 275, 125, 330, 195, 328, 280, 330]],
    "3": [
        [135, 95, 185, 65, 240, 85, 255, 130, 225, 175, 180, 190, 235, 205, 268, 255, 250, 315, 190, 338, 130, 310],
    ],
    "4": [[205, 65, 120, 230, 285, 228], [235, 140, 230, 340]],
    "4, open": [[140, 75, 130, 205, 265, 200], [262, 80, 258, 340]],
    "5": [[150, 75, 142, 185, 195, 170, 250, 195, 265, 255, 240, 315, 185, 335, 130, 310], [150, 75, 262, 72]],
    "6": [[235, 65, 180, 110, 145, 185, 135, 265, 165, 325, 220, 330, 255, 285, 240, 235, 190, 220, 145, 255]],
    "7": [[125, 75, 275, 72, 235, 165, 195, 255, 175, 338]],
    "7 with a bar": [[125, 75, 275, 72, 230, 180, 180, 338], [150, 200, 275, 196]],
    "8": [
        [250, 100, 205, 65, 155, 90, 155, 140, 200, 185, 250, 235, 255, 300, 205, 338, 150, 310, 150, 250],
        [150, 250, 195, 195, 245, 150, 252, 100],
    ],
    "9": [[255, 125, 215, 75, 160, 85, 140, 140, 165, 195, 220, 195, 255, 150, 258, 110, 252, 220, 235, 338]],
}
OTHERS = {
    "heart": [
        [200, 330, 130, 260, 80, 190, 75, 130, 110, 90, 155, 95, 200, 150],
        [200, 150, 240, 95, 290, 90, 325, 130, 318, 190, 270, 260, 200, 330],
    ],
    "X": [[100, 80, 300, 320], [305, 85, 98, 325]],
    "stick figure": [
        [200, 60, 170, 75, 165, 105, 185, 130, 215, 130, 235, 105, 230, 75, 200, 60],
        [200, 130, 200, 240],
        [130, 170, 270, 165],
        [200, 240, 150, 340],
        [200, 240, 255, 340],
    ],
    "star": [[200, 60, 250, 330, 70, 150, 330, 145, 140, 325, 200, 60]],
    "scribble": [
        [80, 200, 150, 80, 180, 300, 240, 90, 120, 160, 300, 250, 100, 320, 320, 120],
        [200, 340, 90, 130, 310, 300, 220, 60, 140, 280, 330, 190, 100, 240],
    ],
    "A": [[110, 335, 200, 65, 295, 335], [145, 240, 262, 238]],
    "K": [[120, 70, 122, 335], [280, 75, 125, 215], [165, 185, 290, 335]],
}
Drawing = list[list[float]]


def painted(drawing: Drawing) -> ink.Picture:
    picture = ink.to_mnist([np.reshape(stroke, (-1, 2)).astype(float) for stroke in drawing])
    assert picture is not None
    return picture[None]


def test_likeness_is_one_number_between_0_and_1_an_image():
    random = np.random.default_rng(0)
    found = likeness.digit_likeness(random.random((600, 28, 28), np.float32))
    assert found.shape == (600,)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1


def test_no_images_give_no_likeness():
    assert likeness.digit_likeness(np.empty((0, 28, 28), np.float32)).shape == (0,)


@pytest.mark.parametrize("shape", [(28, 28), (1, 784), (1, 28, 28, 1), (1, 27, 28)])
def test_other_shapes_are_refused(shape: tuple[int, ...]):
    with pytest.raises(ValueError, match=r"images must be shaped \(n, 28, 28\)"):
        likeness.digit_likeness(np.zeros(shape, np.float32))


def test_likeness_of_an_image_does_not_depend_on_the_others():
    images = mnist.digits().x_test[:300] / np.float32(255)
    alone = np.concatenate([likeness.digit_likeness(image[None]) for image in images[250:]])
    np.testing.assert_allclose(likeness.digit_likeness(images)[250:], alone, atol=1e-5)


def test_mnist_test_digits_are_digits():
    found = likeness.digit_likeness(mnist.digits().x_test / np.float32(255))
    refused = int((found < likeness.threshold()).sum())
    assert refused <= 200
    assert refused == likeness.card().measured["MNIST test digits"].refused


@pytest.mark.parametrize("name", DIGITS)
def test_drawn_digit_is_a_digit(name: str):
    assert likeness.digit_likeness(painted(DIGITS[name]))[0] >= likeness.threshold()


@pytest.mark.parametrize("name", OTHERS)
def test_other_drawing_is_no_digit(name: str):
    assert likeness.digit_likeness(painted(OTHERS[name]))[0] < likeness.threshold()


def test_blank_image_is_no_digit():
    assert likeness.digit_likeness(np.zeros((1, 28, 28), np.float32))[0] < likeness.threshold()


def test_model_of_the_library_delegates():
    model = library.load("simple-cnn")
    images = mnist.digits().x_test[:3] / np.float32(255)
    np.testing.assert_array_equal(model.digit_likeness(images), likeness.digit_likeness(images))
    assert model.likeness_threshold == likeness.threshold()


@pytest.mark.parametrize("name", nondigits.FAMILIES)
def test_family_draws_strokes(name: str):
    random = np.random.default_rng(7)
    for _ in range(3):
        strokes = nondigits.FAMILIES[name](random)
        assert strokes
        assert all(stroke.ndim == 2 and stroke.shape[1] == 2 and np.isfinite(stroke).all() for stroke in strokes)
        assert ink.to_mnist(strokes) is not None


def test_families_that_were_never_trained_on_are_refused():
    random = np.random.default_rng(2026)
    drawings = [nondigits.FAMILIES[name](random) for name in nondigits.HELD_OUT for _ in range(40)]
    images = np.stack([image for strokes in drawings if (image := ink.to_mnist(strokes)) is not None])
    assert np.mean(likeness.digit_likeness(images) < likeness.threshold()) >= 0.8


def test_same_seed_draws_the_same():
    first, second = (nondigits.FAMILIES["sun"](np.random.default_rng(3)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the network that may be damaged, in use during the test."""
    for file in (likeness.MODEL, likeness.MODEL.with_suffix(".json")):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(likeness, "MODEL", tmp_path / "likeness.onnx")
    return tmp_path / "likeness.onnx"


@pytest.mark.parametrize("file", ["likeness.onnx", "likeness.json"])
def test_missing_file_says_how_to_get_it_back(copied: Path, file: str):
    copied.with_name(file).unlink()
    with pytest.raises(FileNotFoundError, match=f"missing.*git checkout -- data/{file}"):
        likeness.threshold()


def test_altered_network_says_how_to_get_it_back(copied: Path):
    altered = bytearray(copied.read_bytes())
    altered[len(altered) // 2] ^= 0xFF
    copied.write_bytes(altered)
    with pytest.raises(ValueError, match=r"damaged.*git checkout -- data/likeness\.onnx"):
        likeness.digit_likeness(np.zeros((1, 28, 28), np.float32))


@pytest.mark.parametrize("content", ["", "{}", '{"threshold": 0.5'])
def test_unreadable_card_says_how_to_get_it_back(copied: Path, content: str):
    copied.with_suffix(".json").write_text(content)
    with pytest.raises(ValueError, match=r"card cannot be read.*git checkout -- data/likeness\.json"):
        likeness.threshold()


def test_restored_network_is_used_at_once(copied: Path):
    sound = copied.read_bytes()
    copied.unlink()
    with pytest.raises(FileNotFoundError):
        likeness.threshold()
    copied.write_bytes(sound)
    assert 0 < likeness.threshold() < 1
