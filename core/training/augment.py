"""Training images as other people might have written them: turned, leaning, stretched, thicker, wobbling."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from core import ink
from core.drawings import HELD_OUT, Drawings
from core.ink import Stroke
from core.mnist import Pixels, Split
from core.recipe import Augmentation, Recipe
from core.training import glyphs, hand

CHUNK = 2000  # images, so that the coordinates of a chunk stay small
WAVES = 6  # points a side of the coarse grid that an elastic wobble is drawn on

COPIES = 16  # of each pen drawing among the training images, all but one as if drawn again
RARE = 300  # images of each rare way to write a digit

Random = np.random.Generator

# What `with_drawings` made last, for a run that goes on here; the drawings are held so that their id stays theirs.
_latest: dict[tuple[int, int, int], tuple[Drawings | None, list[tuple[Pixels, Pixels]]]] = {}


def with_drawings(
    images: Split, drawings: Drawings | None, seed: int, heed: Callable[[], object] = lambda: None
) -> Split:
    """MNIST's training images and pen drawings: generated ones, and those of the writers that nobody holds out.

    It takes a minute, the first time; `heed` is called before each drawing.
    """
    key = (id(drawings), seed, RARE)
    if key not in _latest:
        random = np.random.default_rng([seed, 1])
        parts = [rare(RARE, random, heed)]
        if drawings is not None:
            parts.append(repainted(drawings.without(HELD_OUT), COPIES, random, heed))
        _latest.clear()
        _latest[key] = drawings, parts
    parts = [(images.x_train, images.y_train), *_latest[key][1]]
    x, y = zip(*parts, strict=True)
    return replace(images, x_train=np.concatenate(x), y_train=np.concatenate(y))


def of_epoch(images: Pixels, recipe: Recipe, epoch: int, further: bool = False) -> Pixels:
    """The images of an epoch: as they are in the first of several, so that a run begins at once, and varied after it.

    Args:
        images: (n, 28, 28).
        recipe: How to vary them, its seed, and the number of epochs.
        epoch: From 1 on.
        further: The network was trained before: no epoch is its first.
    """
    first = epoch == 1 and recipe.epochs > 1 and not further
    if recipe.augmentation is None or first or epoch > recipe.epochs:
        return images
    return varied(images, recipe.augmentation, np.random.default_rng([recipe.seed, 2, epoch]))


def varied(images: Pixels, how: Augmentation, random: Random) -> Pixels:
    """Each image changed by chance: (n, 28, 28) uint8 to the same.

    One affine map (turn, lean, stretch, shift) and one smooth random displacement are applied in a single bilinear
    sampling; then the pen is made thicker or thinner by mixing in the image's dilation or erosion.

    Source of the idea: P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural networks applied
    to visual document analysis", ICDAR 2003.
    """
    chunks = [_varied(images[first : first + CHUNK], how, random) for first in range(0, len(images), CHUNK)]
    return np.concatenate(chunks) if chunks else images


def _varied(images: Pixels, how: Augmentation, random: Random) -> Pixels:
    n = len(images)
    pixel = np.arange(28, dtype=np.float32) - 13.5
    grid = np.stack(np.meshgrid(pixel, pixel, indexing="ij"))  # (2, 28, 28): row, column
    source = np.einsum("nij,jrc->nirc", _maps(n, how, random), grid) + _wobble(n, how.elastic, random)
    source += 13.5 + random.uniform(-how.shift, how.shift, (n, 2, 1, 1)).astype(np.float32)
    number = np.broadcast_to(np.arange(n, dtype=np.float32)[:, None, None], (n, 28, 28))
    moved = ndimage.map_coordinates(
        images.astype(np.float32), [number, source[:, 0], source[:, 1]], order=1, mode="constant", prefilter=False
    )
    return np.clip(_thicker(moved, how.pen, random), 0, 255).round().astype(np.uint8)


def _maps(n: int, how: Augmentation, random: Random) -> NDArray[np.float32]:
    """(n, 2, 2): from a pixel of the new image to one of the old, both (row, column) from the middle."""
    angle = np.radians(random.uniform(-how.rotation, how.rotation, n))
    lean = random.uniform(-how.shear, how.shear, n)
    high, wide = 1 + random.uniform(-how.stretch, how.stretch, (2, n))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = np.array([[1 / high, np.zeros(n)], [lean, 1 / wide]])  # columns move with the row: slanted writing
    return np.asarray(np.einsum("ijn,jkn->nik", turn, shape), np.float32)


def _wobble(n: int, pixels: float, random: Random) -> NDArray[np.float32]:
    """(n, 2, 28, 28): displacements that change smoothly over the image, of that standard deviation."""
    coarse = random.normal(0, 1, (n, 2, WAVES, WAVES)).astype(np.float32)
    place = np.linspace(0, WAVES - 1, 28, dtype=np.float32)
    weight = np.exp(-((place[:, None] - np.arange(WAVES)) ** 2)).astype(np.float32)  # (28, WAVES)
    weight = weight / np.sqrt((weight**2).sum(1, keepdims=True))
    return np.asarray(pixels * np.einsum("rw,niwv,cv->nirc", weight, coarse, weight, optimize=True), np.float32)


def _thicker(images: NDArray[np.float32], most: float, random: Random) -> NDArray[np.float32]:
    """Lines wider or narrower by up to about `most` pixels on either side."""
    cross = np.array([[[0, 1, 0], [1, 1, 1], [0, 1, 0]]], bool)
    share = random.uniform(-most, most, len(images)).astype(np.float32)
    result = images.copy()
    for side, change in ((share > 0, ndimage.grey_dilation), (share < 0, ndimage.grey_erosion)):
        mix = np.abs(share[side])[:, None, None]
        result[side] += mix * (change(images[side], footprint=cross) - images[side])
    return result


def repainted(
    drawings: Drawings, copies: int, random: Random, heed: Callable[[], object] = lambda: None
) -> tuple[Pixels, Pixels]:
    """Pen drawings as images: each once as it was drawn and `copies` - 1 times as if drawn again.

    Returns:
        Images (n * copies, 28, 28) and labels (n * copies,), both uint8.
    """
    images = []
    for copy in range(copies):
        for strokes in drawings.strokes:
            heed()
            images.append(_painted(strokes if copy == 0 else _redrawn(strokes, random)))
    return np.stack(images), np.tile(drawings.labels, copies)


def rare(
    count: int, random: Random, heed: Callable[[], object] = lambda: None, flourishes: bool = True
) -> tuple[Pixels, Pixels]:
    """`count` digits in each of the ways that few of the recorded writers use: a slashed 0, a 1 with a long flag.

    Args:
        count: Of each way.
        random: Draws them.
        heed: Called before each.
        flourishes: Also with curls and feet.

    Returns:
        Images (n, 28, 28) and labels (n,), both uint8.
    """
    images, labels = [], []
    for digit, ways in glyphs.DIGITS.items():
        more = glyphs.FLOURISHES.get(digit, "") if flourishes else ""
        for way in [*ways.split(" | "), *filter(None, more.split(" | "))]:
            for _ in range(count):
                heed()
                images.append(_painted(hand.by_hand(hand.written(way, random, care=0.28), random, turn=0.08)))
                labels.append(int(digit))
    return np.stack(images), np.array(labels, np.uint8)


def _painted(strokes: Sequence[Stroke]) -> Pixels:
    picture = ink.to_mnist(strokes)
    if picture is None:
        raise ValueError("a drawing must hold at least one point, got none")
    return np.asarray((picture * 255).round(), np.uint8)


def _redrawn(strokes: Sequence[Stroke], random: Random) -> list[Stroke]:
    """The strokes leaning and stretched otherwise, each a little out of place, wobbling, with points left out.

    Some hands waver four times as much as others: with half of the writers held out, that and 12 copies in place of 4
    took the mistakes on their digits from 26 to 20 of 3,748 (and their mean loss from 0.0287 to 0.0224). What scaling
    and centring in `ink.to_mnist` would undo is not varied here.
    """
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    size = max(float((high - low).max()), 1)
    stretch, lean = np.exp(random.normal(0, 0.15)), random.normal(0, 0.15)
    angle = random.normal(0, np.radians(6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shape = turn @ np.array([[stretch, lean], [0, 1]])
    waver = random.uniform(0.01, 0.04)  # share of the size
    waves = random.normal(0, waver, (2, 2, 3))  # of each coordinate, along x and y, for each of three waves
    phase = random.uniform(0, 2 * np.pi, (2, 2, 3))
    redrawn = []
    for stroke in strokes:
        unit = (stroke - (low + high) / 2) / size
        angles = np.pi * unit[:, None, :, None] * np.arange(1, 4) + phase
        moved = unit @ shape.T + (waves * np.sin(angles)).sum((2, 3)) + random.normal(0, waver, 2)
        redrawn.append(_sparser(moved, random) * size)
    return redrawn


def _sparser(stroke: Stroke, random: Random) -> Stroke:
    """Every point, or every second or third one, as a quick hand leaves them; both ends stay."""
    step = int(random.choice([1, 1, 2, 3]))
    keep = np.unique(np.append(np.arange(0, len(stroke), step), len(stroke) - 1))
    return np.asarray(stroke[keep])
