"""Read a file of handwritten digits that were recorded as pen strokes.

E. Alpaydin, F. Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI, CC BY 4.0.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.ink import Stroke


@dataclass(frozen=True)
class Drawings:
    """Digits as strokes; `labels` (n,) uint8 0 to 9 and `writers` (n,) int32 belong to `strokes` one by one."""

    strokes: list[list[Stroke]]
    labels: NDArray[np.uint8]
    writers: NDArray[np.int32]


def read(file: Path) -> Drawings:
    """Read the arrays `points`, `points_per_stroke`, `strokes_per_drawing`, `label` and `writer` of an npz file.

    Raises:
        OSError: If it cannot be read.
        ValueError: If its arrays do not fit each other.
    """
    with np.load(file, allow_pickle=False) as stored:
        points = stored["points"].astype(np.float64)
        per_stroke, per_drawing = stored["points_per_stroke"], stored["strokes_per_drawing"]
        labels, writers = stored["label"], stored["writer"]
    counts = len(labels), len(writers), per_stroke.size, len(points)
    if counts != (len(per_drawing), len(per_drawing), per_drawing.sum(), per_stroke.sum()):
        raise ValueError(f"the arrays of {file} must fit each other, got lengths {counts}")
    strokes = np.split(points, np.cumsum(per_stroke)[:-1])
    ends = np.cumsum(per_drawing)
    drawings = [strokes[end - count : end] for end, count in zip(ends, per_drawing, strict=True)]
    return Drawings(drawings, labels, writers)
