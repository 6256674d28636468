"""What each kind of layer makes of what it is given; which networks they can be put into: test_recipe.py."""

import pytest

from core import layers
from core.layers import LAYERS, BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool

IMAGE = (28, 28, 3)


@pytest.mark.parametrize(
    ("layer", "given", "gives", "parameters"),
    [
        (Dense(units=5), (7,), (5,), 7 * 5 + 5),
        (Conv(filters=5, kernel=4), IMAGE, (25, 25, 5), 4 * 4 * 3 * 5 + 5),
        (Conv(filters=5, kernel=4, padding="same"), IMAGE, (28, 28, 5), 4 * 4 * 3 * 5 + 5),
        (MaxPool(size=3), IMAGE, (9, 9, 3), 0),
        (Flatten(), IMAGE, (28 * 28 * 3,), 0),
        (Dropout(), IMAGE, IMAGE, 0),
        (BatchNorm(), IMAGE, IMAGE, 4 * 3),
    ],
)
def test_shape_and_parameters(layer: Layer, given: tuple[int, ...], gives: tuple[int, ...], parameters: int):
    assert (layer.output_shape(given), layer.parameters(given)) == (gives, parameters)


@pytest.mark.parametrize("layer", [Conv(), MaxPool()])
def test_window_needs_an_image(layer: Layer):
    with pytest.raises(ValueError, match="already flat"):
        layer.output_shape((784,))


def test_dense_needs_a_flat_list():
    with pytest.raises(ValueError, match="put a flatten layer before it"):
        Dense().output_shape(IMAGE)


def test_every_kind_is_listed_by_its_name():
    classes = [found for found in vars(layers).values() if isinstance(found, type) and hasattr(found, "output_shape")]
    assert list(LAYERS.values()) == classes
    assert all(kind().kind == name for name, kind in LAYERS.items())
