"""What all of the ink is made of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float64]  # (n, 2): x to the right, y down, canvas pixels
Picture = NDArray[np.float32]  # (28, 28) in [0, 1], background 0

FARTHEST = 1e6  # canvas pixels


class InkError(ValueError):
    """A drawing that is refused; the message tells the visitor what to do."""


def checked(strokes: Sequence[Stroke]) -> list[Stroke]:
    """The strokes that hold a point.

    Raises:
        ValueError: If a stroke has another shape or a coordinate is not finite or absurdly far away.
    """
    arrays = [np.asarray(stroke, np.float64) for stroke in strokes]
    for stroke in arrays:
        if stroke.ndim != 2 or stroke.shape[1] != 2:
            raise ValueError(f"a stroke must be shaped (n, 2), got {stroke.shape}")
        if not (np.abs(stroke) <= FARTHEST).all():  # NaN fails too
            raise ValueError(f"coordinates must be finite and at most {FARTHEST:,.0f} from 0, got {stroke}")
    return [stroke for stroke in arrays if len(stroke)]


def bounds(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The upper left and the lower right corner of (n, 2) points, each (2,)."""
    return points.min(0), points.max(0)
