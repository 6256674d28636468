"""The little ink that changes an answer: drawn in, or rubbed out."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from core.ink import Picture
from core.ink.painting import EDGE, PEN
from core.insight.network import Network
from core.model import Predict

LENGTHS = (0.0, 3.0, 6.0, 10.0, 14.0)  # MNIST pixels, between the stroke's ends
ANGLES = 8  # directions, over half a turn
PLACES = np.arange(4.0, 25.0, 2.0)  # of a stroke's middle, pixels
TRIED = 16  # strokes of each length and kind that are really tried, those that the slopes promise most of

MOST_STROKES = 4

Bank = NDArray[np.float32]  # (n, 28, 28)
Change = Callable[[Picture, Bank], Bank]  # a picture with each of some strokes drawn in, or rubbed out


@dataclass(frozen=True)
class Flip:
    """A picture that is read otherwise, and what was done to it."""

    picture: Picture
    change: Picture  # (28, 28): ink added, above 0, or taken away, below 0
    lengths: tuple[float, ...]  # of the strokes, MNIST pixels, their round ends left out
    digit: int
    probability: float

    @property
    def added(self) -> bool:
        return bool(self.change.sum() > 0)

    @property
    def ink(self) -> float:
        """Added or taken away, in full pixels."""
        return float(np.abs(self.change).sum())


def smallest(network: Network, predict: Predict, picture: Picture) -> tuple[Flip | None, Flip | None]:
    """Little ink that flips the answer: straight strokes drawn in, and straight strokes rubbed out.

    Strokes of growing length are laid at every second pixel in eight directions. The logits' slopes say which of them
    promise most; those are read by the network itself, and of the shortest that flip its answer the one with the
    least ink counts. Where no single stroke does, the one that helped most stays and another one is sought.

    Args:
        network: The network that gives the slopes.
        predict: What the app answers with: `Model.predict`.
        picture: (28, 28), what was drawn.

    Returns:
        With ink added and with ink taken away; None where `MOST_STROKES` do not flip the answer.
    """
    return _search(network, predict, picture, _drawn), _search(network, predict, picture, _rubbed)


def _drawn(picture: Picture, strokes: Bank) -> Bank:
    return np.maximum(picture, strokes)


def _rubbed(picture: Picture, strokes: Bank) -> Bank:
    return picture * (1 - strokes)


def _search(network: Network, predict: Predict, picture: Picture, done: Change) -> Flip | None:
    was = int(predict(picture[None])[0].argmax())
    now = picture
    lengths: tuple[float, ...] = ()
    for _ in range(MOST_STROKES):
        slopes = network.gradient(now)
        gain = np.delete((slopes - slopes[was]).reshape(10, -1), was, axis=0)  # of the others over the answer, by pixel
        best: tuple[float, Picture, float] = (-1.0, now, 0.0)  # a stroke's worth, its picture and length
        for length in LENGTHS:
            tried = _promising(done(now, bank(length)), now, gain)
            answers = predict(tried)
            flips = [
                Flip(one, one - picture, (*lengths, length), int(answer.argmax()), float(answer.max()))
                for one, answer in zip(tried, answers, strict=True)
                if answer.argmax() != was
            ]
            if flips:
                return min(flips, key=lambda flip: flip.ink)
            doubt = -np.log(np.maximum(answers[:, was], 1e-30))
            place = int(doubt.argmax())
            best = max(best, (float(doubt[place]), tried[place], length), key=lambda kept: kept[0])
        now, lengths = best[1], (*lengths, best[2])
    return None


def _promising(changed: Bank, picture: Picture, gain: NDArray[np.float32]) -> Bank:
    """The `TRIED` pictures of which the slopes promise most."""
    promised = ((changed - picture).reshape(len(changed), -1) @ gain.T).max(1)
    return changed[np.argsort(promised)[::-1][:TRIED]]


@cache
def bank(length: float) -> Bank:
    """Straight strokes of one length with MNIST's pen, (n, 28, 28) in [0, 1], read-only."""
    directions = np.arange(ANGLES if length else 1) * np.pi / ANGLES
    y, x, angle = (axis.ravel()[:, None, None] for axis in np.meshgrid(PLACES, PLACES, directions, indexing="ij"))
    row, column = np.mgrid[:28, :28]
    along = (column - x) * np.cos(angle) + (row - y) * np.sin(angle)
    across = (row - y) * np.cos(angle) - (column - x) * np.sin(angle)
    distance = np.hypot(np.maximum(np.abs(along) - length / 2, 0), across)
    strokes: Bank = np.clip(0.5 + (PEN / 2 - distance) / EDGE, 0, 1).astype(np.float32)
    strokes.flags.writeable = False
    return strokes
