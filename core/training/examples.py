"""The images that the likeness network learns from: digits of three origins, and what is none.

E. Alpaydin, F. Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI, CC BY 4.0; MNIST: core/mnist.py.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from core import ink
from core.drawings import HELD_OUT, Drawings
from core.ink import Stroke
from core.mnist import Digits, scaled
from core.recipe import Augmentation
from core.training import augment, hand, nondigits

OTHER_HAND = Augmentation(rotation=20, shear=0.35, stretch=0.1, shift=1, elastic=0.4, pen=0.7)
NONE = 10  # the label of what is no digit
VALIDATION = (5, 17, 30)  # writers the threshold is chosen on
WATCHED = 5000  # training digits of MNIST, the last, that the threshold is chosen on
UNSURE = 0.7  # a mangled digit is none if the reader's best guess is below; above, many still are digits

Images = NDArray[np.float32]  # (n, 28, 28) in [0, 1]
Reader = Callable[[Images], NDArray[np.float32]]  # (n, 28, 28) to (n, 10) probabilities


class Size(NamedTuple):
    """How many images are made."""

    mnist: int = 60_000 - WATCHED  # digits, the first
    redrawn: int = 4  # times each recorded drawing is drawn by another hand
    turned: int = 3  # times each is drawn turned and slanted, as on a phone held askew
    styled: int = 300  # digits in each rare style
    family: int = 600  # drawings of each family that is trained on
    mangled: int = 30_000  # digits, of which most remain readable and are left out
    pairs: int = 3000
    textures: int = 1200  # of each of four kinds
    tested: int = 250  # drawings of each held-out family


class Examples(NamedTuple):
    """Images and labels (n,) uint8, 0 to 9 or `NONE`."""

    images: Images
    labels: NDArray[np.uint8]


def training(
    digits: Digits, pen: Drawings | None, reader: Reader, size: Size, random: Generator
) -> dict[str, Examples]:
    """All that is learnt from, by what it is.

    Args:
        digits: MNIST; its last `WATCHED` training digits and its test digits are left alone.
        pen: Recorded drawings, of which those of writers held out are left alone.
        reader: A good reader of digits: what it is sure of is not used as a non-digit.
        size: How many images are made.
        random: Draws them.
    """
    plain = Examples(scaled(digits.x_train[: size.mnist]), digits.y_train[: size.mnist])
    few = random.permutation(len(plain.labels))[: size.mangled]
    some = Examples(plain.images[few], plain.labels[few])
    parts = {
        "MNIST training digits": plain,
        "the same, varied": Examples(varied(plain.images, random), plain.labels),
        "digits in rare styles": _half_varied(styled(size.styled, random), random),
        "generated non-digits": _half_varied(
            joined(family(name, size.family, random) for name in nondigits.TRAINED), random
        ),
        "mangled digits": mangled(some, reader, random),
        "pairs of digits": pairs(some, size.pairs, random),
        "textures": textures(size.textures, random),
    }
    if pen:
        own = free(pen)
        parts["drawings, redrawn"] = _half_varied(redrawn(own, size.redrawn, random), random)
        parts["drawings, turned and slanted"] = turned(own, size.turned, random)
        parts["drawings broken off"] = halves(own, reader, random)
    return parts


def joined(parts: Iterable[Examples]) -> Examples:
    images, labels = zip(*parts, strict=True)
    return Examples(np.concatenate(images), np.concatenate(labels))


def painted(drawings: Iterable[Sequence[Stroke]]) -> Images:
    """Drawings as the app shows them to the network."""
    images = [image for strokes in drawings if (image := ink.to_mnist(strokes)) is not None]
    return np.stack(images) if images else np.empty((0, 28, 28), np.float32)


def free(drawings: Drawings) -> Drawings:
    """The drawings of the writers one may train on."""
    return drawings.without(HELD_OUT + VALIDATION)


def redrawn(drawings: Drawings, times: int, random: Generator) -> Examples:
    """The drawings as they were drawn and `times` as if drawn again."""
    pixels, labels = augment.repainted(drawings, times + 1, random)
    return Examples(scaled(pixels), labels)


def turned(drawings: Drawings, times: int, random: Generator) -> Examples:
    """The drawings turned by about 16 degrees to either side, and slanted as much."""
    images = painted(
        hand.by_hand(strokes, random, turn=0.28, lean=0.28) for _ in range(times) for strokes in drawings.strokes
    )
    return Examples(images, np.tile(drawings.labels, times))


def styled(count: int, random: Generator) -> Examples:
    """`count` digits in each of the ways that the recorded writers seldom use; with a flourish, an A is nearly a 4."""
    pixels, labels = augment.rare(count, random, flourishes=False)
    return Examples(scaled(pixels), labels)


def family(name: str, count: int, random: Generator) -> Examples:
    """`count` drawings of one family of non-digits."""
    return _none(painted(nondigits.FAMILIES[name](random) for _ in range(count)))


def mangled(digits: Examples, reader: Reader, random: Generator) -> Examples:
    """Digits with a part erased, turned on their side, mirrored or laid over another, where the reader is unsure."""
    quarter = np.array_split(random.permutation(len(digits.labels)), 4)
    y, x = np.mgrid[:28, :28] - 13.5
    angles = random.uniform(0, 2 * np.pi, (len(quarter[0]), 1, 1))
    side = np.cos(angles) * x + np.sin(angles) * y > random.uniform(-4, 4, angles.shape)
    turned = np.rot90(digits.images[quarter[1]], axes=(1, 2))
    flipped = digits.images[quarter[2]][:, :, ::-1]
    other = quarter[3][random.permutation(len(quarter[3]))]
    overlaid = np.maximum(digits.images[quarter[3]], digits.images[other])
    images = np.concatenate([digits.images[quarter[0]] * side, turned, flipped, overlaid])
    return _none(images[reader(images).max(1) < UNSURE])


def halves(drawings: Drawings, reader: Reader, random: Generator) -> Examples:
    """Drawings broken off in the middle of their way, where the reader is unsure."""
    images = painted(_broken_off(strokes, random) for strokes in drawings.strokes)
    return _none(images[reader(images).max(1) < UNSURE])


def pairs(digits: Examples, count: int, random: Generator) -> Examples:
    """Two digits squeezed side by side into one image, shrunk to half their width."""
    left, right = digits.images[random.integers(0, len(digits.labels), (2, count))][..., 4:24]
    half = np.concatenate([left, right], 2)
    narrow = (half[:, :, 0::2] + half[:, :, 1::2]) / 2
    return _none(np.pad(narrow, ((0, 0), (0, 0), (4, 4))))


def textures(count: int, random: Generator) -> Examples:
    """`count` each of noise, of stains, of what is left of a photo, and of nearly nothing."""
    noise = random.random((count, 28, 28)) ** random.uniform(0.3, 6, (count, 1, 1))
    coarse = random.normal(0, 1, (2, count, 7, 7)).repeat(4, 2).repeat(4, 3)
    smooth = np.mean([np.roll(coarse, (i, j), (2, 3)) for i in range(4) for j in range(4)], axis=0) * 2
    stains = np.clip(smooth[0] * 6 + random.uniform(-3, 3, (count, 1, 1)), 0, 1)
    photos = np.clip(smooth[1] / 2 + random.uniform(0, 1, (count, 1, 1)) + 0.2 * (noise - 0.5), 0, 1)
    blank = (random.random((count, 28, 28)) < random.uniform(0, 0.02, (count, 1, 1))) * noise
    return _none(np.concatenate([noise, stains, photos, blank]))


def _half_varied(part: Examples, random: Generator) -> Examples:
    """Every other image varied: neither digits nor non-digits shall be told by their pen."""
    part.images[::2] = varied(part.images[::2], random)
    return part


def varied(images: Images, random: Generator) -> Images:
    """The images a little turned, slanted, scaled, shifted and bent, with a thinner or thicker pen."""
    pixels = np.asarray((images * 255).round(), np.uint8)
    return scaled(augment.varied(pixels, OTHER_HAND, random))


def _broken_off(strokes: Sequence[Stroke], random: Generator) -> list[Stroke]:
    """A drawing's beginning or its end, 30 to 65 % of its points."""
    points = sum(map(len, strokes))
    kept = max(2, round(points * random.uniform(0.3, 0.65)))
    first = random.choice([0, points - kept])
    place, broken = 0, []
    for stroke in strokes:
        broken.append(stroke[max(first - place, 0) : max(first + kept - place, 0)])
        place += len(stroke)
    return broken


def _none(images: NDArray[np.floating]) -> Examples:
    return Examples(np.asarray(images, np.float32), np.full(len(images), NONE, np.uint8))
