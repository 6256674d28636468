"""Numbers as small pictures: ink from black to white, evidence from red over black to blue."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOR, AGAINST = (92, 170, 255), (255, 92, 92)  # the brightest blue and red

Shades = NDArray[np.uint8]  # places in the palette

_MIDDLE = 64  # of the signed half of the palette
_FIRST_GREY = 128


def _palette() -> NDArray[np.uint8]:
    weight = np.abs(np.arange(-_MIDDLE, _MIDDLE)[:, None]) / _MIDDLE
    signed = np.where(np.arange(128)[:, None] >= _MIDDLE, FOR, AGAINST) * weight
    grey = np.repeat(np.linspace(0, 255, 128)[:, None], 3, 1)
    return np.concatenate([signed, grey]).round().astype(np.uint8)


PALETTE = _palette()  # (256, 3)


def signed(values: NDArray[np.floating], most: float) -> Shades:
    """Values from -most to most as red to blue; what lies beyond is cut."""
    share = np.clip(values / most, -1, 1) if most > 0 else np.zeros_like(values)
    return np.asarray(np.clip(_MIDDLE + share * _MIDDLE, 0, 127).round(), np.uint8)


def grey(values: NDArray[np.floating], most: float) -> Shades:
    """Values from 0 to most as black to white; what lies beyond is cut."""
    share = np.clip(values / most, 0, 1) if most > 0 else np.zeros_like(values)
    return np.asarray((_FIRST_GREY + share * 127).round(), np.uint8)


def shown(values: NDArray[np.floating]) -> Shades:
    """Black to white if no value is below 0, else red to blue, as bright as the largest allows."""
    most = float(np.abs(values).max(initial=0))
    return signed(values, most) if values.min(initial=0) < 0 else grey(values, most)


def overlaid(values: NDArray[np.floating], most: float, picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Evidence with the drawing over it as a pale veil: (..., 28, 28) to (..., 28, 28, 3)."""
    colours = PALETTE[signed(values, most)].astype(np.float32)
    veil = 0.25 * picture[..., None]
    return np.asarray((colours * (1 - veil) + 255 * veil).round(), np.uint8)


def side_by_side(tiles: Sequence[Shades] | Shades, columns: int) -> Shades:
    """Equal (n, height, width) tiles in rows of `columns`; the rest is black."""
    stacked = np.asarray(tiles)
    n, height, width = stacked.shape
    rows = -(-n // columns)
    whole = np.full((rows * columns, height, width), _FIRST_GREY, np.uint8)
    whole[:n] = stacked
    grid = whole.reshape(rows, columns, height, width).transpose(0, 2, 1, 3)
    return grid.reshape(rows * height, columns * width)


def fitted(tile: Shades, side: int) -> Shades:
    """A square tile as `side` x `side` pixels, every old pixel a block."""
    places = np.arange(side) * len(tile) // side
    return tile[np.ix_(places, places)]


def png(image: NDArray[np.uint8]) -> bytes:
    """Shades (height, width), or colours (height, width, 3), as a PNG file."""
    file = io.BytesIO()
    if image.ndim == 3:
        Image.fromarray(image).save(file, "PNG")
    else:
        picture = Image.frombytes("P", image.shape[::-1], image.tobytes())
        picture.putpalette(PALETTE.tobytes())
        picture.save(file, "PNG")
    return file.getvalue()
