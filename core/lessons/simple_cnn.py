"""What each layer of a small convolutional network does to one digit, by hand, in NumPy."""

from collections.abc import Mapping

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from core.ink import Picture

Values = NDArray[np.float32]
Weights = Mapping[str, Values]  # of `simple-cnn`, as `library.network_weights` gives them

# Kernels made by hand: (3, 3), what each is looking for is high where it finds it.
HAND_MADE: dict[str, Values] = {
    "Blur": np.full((3, 3), 1 / 9, np.float32),
    "Left edge of ink": np.array([[-1, 0, 1]] * 3, np.float32),
    "Upper edge of ink": np.array([[-1] * 3, [0] * 3, [1] * 3], np.float32),
    "Single points": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float32),
}


def convolve(values: Values, kernel: Values, bias: Values) -> Values:
    """Slide kernels over an image with stride 1 and without a border; no activation.

    Args:
        values: Shape (rows, columns, channels).
        kernel: Shape (size, size, channels, filters), as Keras lays it out.
        bias: Shape (filters,).

    Returns:
        Shape (rows - size + 1, columns - size + 1, filters).
    """
    windows = sliding_window_view(values, kernel.shape[:2], axis=(0, 1))  # (rows, columns, channels, size, size)
    return np.asarray(np.einsum("rcxij,ijxf->rcf", windows, kernel, optimize=True) + bias, np.float32)


def feature_map(picture: Picture, kernel: Values, bias: float) -> Values:
    """What one (size, size) kernel says of an (n, n) picture at every place, before ReLU; n + 1 - size a side."""
    return convolve(picture[:, :, None], kernel[:, :, None, None], np.array([bias], np.float32))[:, :, 0]


def relu(values: Values) -> Values:
    return np.maximum(values, np.float32(0))


def pooled(values: Values, how: str = "maximum") -> Values:
    """One number for each 2x2 window: its maximum or its average; a last odd row or column is left out.

    Args:
        values: Shape (rows, columns) or (rows, columns, channels).
        how: "maximum" or "average".

    Raises:
        ValueError: If it is neither.
    """
    if how not in ("maximum", "average"):
        raise ValueError(f"how must be maximum or average, got {how!r}")
    rows, columns = values.shape[0] // 2, values.shape[1] // 2
    windows = values[: 2 * rows, : 2 * columns].reshape(rows, 2, columns, 2, *values.shape[2:])
    return np.asarray(windows.max((1, 3)) if how == "maximum" else windows.mean((1, 3)), np.float32)


def moved_right(picture: Picture) -> Picture:
    """The picture one pixel further to the right."""
    return np.pad(picture, ((0, 0), (1, 0)))[:, :-1]


def features(picture: Picture, weights: Weights) -> Values:
    """What `simple-cnn` hands to its dropout layer: (1600,) values, none negative."""
    first = pooled(relu(convolve(picture[:, :, None], weights["1.kernel"], weights["1.bias"])))
    return pooled(relu(convolve(first, weights["3.kernel"], weights["3.bias"]))).reshape(-1)


def kept(count: int, rate: float, seed: int) -> NDArray[np.bool_]:
    """A draw of dropout: which of the values stay, each with chance 1 - rate."""
    return np.random.default_rng(seed).random(count) >= rate


def dropped(values: Values, stay: NDArray[np.bool_], rate: float) -> Values:
    """Dropout while training: what does not stay is 0, what stays grows by 1 / (1 - rate)."""
    return np.where(stay, values / np.float32(1 - rate), np.float32(0))


def sums(values: Values, weights: Weights) -> Values:
    """The ten weighted sums (..., 10) of the last layer of `simple-cnn`, of (..., 1600) features."""
    return np.asarray(values @ weights["7.kernel"] + weights["7.bias"], np.float32)
