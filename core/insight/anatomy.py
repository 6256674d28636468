"""A network as a picture: what each of its layers holds while it looks at one digit, and what its units look for."""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from core import library, mnist
from core.ink import Picture
from core.insight import pictures, units
from core.insight.network import Network, Values
from core.insight.pictures import Shades
from core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, Layer
from core.mnist import scaled
from core.recipe import LayerRow

MOST_CELLS = 1024  # units or maps of one layer that are shown
MAPS_A_ROW, UNITS_A_ROW = 16, 64
TILE = 28  # pixels, of one picture of what a unit looks for
STRIPS = 8  # units' pictures side by side

Kind = Literal["maps", "units", "answer", "note"]


@dataclass(frozen=True)
class Band:
    """One layer while it looks at a digit."""

    number: int  # from 1
    kind: Kind
    title: str
    caption: str
    count: int = 0  # cells shown
    height: int = 1  # of a cell, in values
    width: int = 1
    columns: int = 1  # cells side by side in `image`
    image: Shades | None = None  # all cells
    values: tuple[float, ...] = ()  # of each cell, its largest
    places: tuple[tuple[int, int], ...] = ()  # where that is in a map: row and column
    largest: float = 0.0  # of the whole layer, shown or not, as the two below
    units: int = 0  # or maps
    silent: int = 0  # of these, how many answer nothing but 0


def opened(name: str) -> Network:
    """A saved model's network, opened once for all visitors; errors as `Network.of`."""
    return _opened(name, library.card(name).fingerprint)


@lru_cache(maxsize=16)
def _opened(name: str, _fingerprint: str) -> Network:
    return Network.of(name)


def bands(network: Network, picture: Picture) -> list[Band]:
    """Every layer, from the first to the answer, while the network looks at a (28, 28) picture."""
    outputs = [output[0] for output in network.layers(picture[None])]
    probabilities = network.probabilities(picture[None])[0]
    *hidden, last = zip(network.recipe.layers, network.rows, outputs, strict=True)
    found = [_hidden(number, *band) for number, band in enumerate(hidden, 1)]
    return [*found, _units(len(outputs), "answer", last[1].title, f"10 digits{_learnt(last[1])}", probabilities)]


def _hidden(number: int, layer: Layer, row: LayerRow, values: Values) -> Band:
    """A layer before the last, by what it does with its values, or else by their shape."""
    match layer:
        case Flatten():
            size = "x".join(map(str, row.output_shape))
            return Band(number, "note", row.title, f"The maps are laid out as one list of {size} values.")
        case Dropout():
            return Band(number, "note", row.title, "Does nothing now: it silences values only while training.")
        case BatchNorm():
            what = f"Every {'map' if values.ndim == 3 else 'unit'} is scaled and shifted by what it learnt"
            return Band(number, "note", row.title, f"{what}{_learnt(row)}.")
    if values.ndim == 3:
        height, width, count = values.shape
        return _maps(number, row.title, f"{count} maps of {height}x{width}{_learnt(row)}", values)
    return _units(number, "units", row.title, f"{values.size} units{_learnt(row)}", values)


def _learnt(row: LayerRow) -> str:
    return f", {row.parameters:,} parameters" if row.parameters else ""


def _maps(number: int, title: str, caption: str, values: np.ndarray) -> Band:
    height, width, count = values.shape
    shown = min(count, MOST_CELLS)
    columns = min(shown, MAPS_A_ROW)
    by_map = values.reshape(-1, count)
    peaks, places = by_map.max(0), by_map.argmax(0)[:shown].tolist()
    tiles = pictures.shown(values[..., :shown]).transpose(2, 0, 1)
    return Band(
        number,
        "maps",
        title,
        caption + _few(shown, count),
        count=shown,
        height=height,
        width=width,
        columns=columns,
        image=pictures.side_by_side(tiles, columns),
        values=tuple(peaks[:shown].tolist()),
        places=tuple(divmod(place, width) for place in places),
        largest=float(peaks.max()),
        units=count,
        silent=int((peaks == 0).sum()),
    )


def _units(number: int, kind: Kind, title: str, caption: str, values: np.ndarray) -> Band:
    shown = values[:MOST_CELLS]
    columns = min(len(shown), UNITS_A_ROW)
    image = pictures.side_by_side(pictures.shown(shown)[:, None, None], columns)
    return Band(
        number,
        kind,
        title,
        caption + _few(len(shown), len(values)),
        count=len(shown),
        columns=columns,
        image=image,
        values=tuple(shown.tolist()),
        largest=float(values.max()),
        units=len(values),
        silent=int((values == 0).sum()),
    )


def _few(shown: int, count: int) -> str:
    return f", the first {shown:,} shown" if shown < count else ""


_one_at_a_time = threading.Lock()  # many pictures of one page are asked for at once


@lru_cache(maxsize=16)
def _strongest(name: str, fingerprint: str) -> list[units.Strongest]:
    return units.strongest(_opened(name, fingerprint), mnist.digits().x_test)


def strip(network: Network, number: int) -> int:
    """How many pictures a unit of a layer has: its own weights, where it sees the image, and the pieces it likes."""
    return units.BEST + _sees_image(network, number)


def looks(name: str, number: int) -> bytes:
    """What every unit of a layer looks for, as a PNG: `STRIPS` units a row, `strip` pictures of `TILE` pixels a unit.

    Raises:
        FileNotFoundError: If there is no such model or layer, or its bundle is of an early version.
        ValueError: If its files are not the ones its card describes.
    """
    return _looks(name, library.card(name).fingerprint, number)


@lru_cache(maxsize=64)
def _looks(name: str, fingerprint: str, number: int) -> bytes:
    with _one_at_a_time:
        network = _opened(name, fingerprint)
        if not 1 <= number <= len(network.rows):
            raise FileNotFoundError(f"The model {name} has no layer {number}.")
        best = _strongest(name, fingerprint)[number - 1]
    field = units.fields(network.recipe)[number - 1]
    digits = scaled(mnist.digits().x_test[: units.COUNT])
    tiles = []
    for unit in range(min(len(best.digit), MOST_CELLS)):
        parts = [_own_weights(network, number, unit)] if _sees_image(network, number) else []
        for digit, row, column in zip(best.digit[unit], best.row[unit], best.column[unit], strict=True):
            parts.append(pictures.grey(units.crop(digits[digit], field, int(row), int(column)), 1))
        tiles.append(np.concatenate([pictures.fitted(part, TILE) for part in parts], axis=1))
    return pictures.png(pictures.side_by_side(np.stack(tiles), STRIPS))


def _sees_image(network: Network, number: int) -> bool:
    layer = network.recipe.layers[number - 1]
    return isinstance(layer, Dense | Conv) and all(
        not before.says_more for before in network.recipe.layers[: number - 1]
    )


def _own_weights(network: Network, number: int, unit: int) -> Shades:
    kernel = network.weights[f"{number}.kernel"]
    own = kernel[:, :, 0, unit] if kernel.ndim == 4 else kernel[:, unit].reshape(28, 28)
    return pictures.signed(own, float(np.abs(own).max()))
