"""A drawing at moments on its way from the first touch to the last."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import ink
from core.ink import Picture, Stroke
from core.ink.lines import travelled
from core.insight.network import Values
from core.model import Predict

MOMENTS = 32  # at most


@dataclass(frozen=True)
class Moment:
    """The drawing so far, and what it is read as."""

    picture: Picture
    probabilities: Values  # (10,)
    share: float  # of the whole line's length that is drawn, in [0, 1]
    strokes: int  # begun

    @property
    def digit(self) -> int:
        return int(self.probabilities.argmax())


def moments(strokes: Sequence[Stroke], predict: Predict) -> list[Moment]:
    """The drawing at up to `MOMENTS` moments, equally far apart along its line; the last one is the whole drawing.

    Raises:
        ValueError: If nothing is drawn.
    """
    lengths = [float(travelled(stroke)[-1]) for stroke in strokes]
    whole = sum(lengths)
    count = MOMENTS if whole else 1
    parts = [_begun(strokes, lengths, whole * moment / count) for moment in range(1, count)] + [list(strokes)]
    pictures = [picture for part in parts if (picture := ink.to_mnist(part)) is not None]
    if len(pictures) != len(parts):
        raise ValueError("strokes must hold at least one point, got none")
    answers = predict(np.stack(pictures))
    return [
        Moment(picture, answer, (number + 1) / count, len(part))
        for number, (picture, answer, part) in enumerate(zip(pictures, answers, parts, strict=True))
    ]


def _begun(strokes: Sequence[Stroke], lengths: Sequence[float], drawn: float) -> list[Stroke]:
    """The first strokes, up to that length of line in all."""
    part: list[Stroke] = []
    for stroke, length in zip(strokes, lengths, strict=True):
        if drawn >= length:
            part.append(stroke)
            drawn -= length
            continue
        along = travelled(stroke)
        inside = along < drawn
        inside[0] = True
        end = [np.interp(drawn, along, stroke[:, axis]) for axis in (0, 1)]
        part.append(np.concatenate([stroke[inside], [end]]))
        break
    return part
