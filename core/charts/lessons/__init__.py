"""The charts of the course's lessons, by what they draw: planes, functions, squares, bars."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.charts.frame import heading

Array = NDArray[np.float64]


def usual_layout(title: str) -> dict[str, Any]:
    """With room for two axes and a title."""
    return {"margin": {"l": 44, "r": 14, "t": 40, "b": 44}, "dragmode": False, "title": heading(title)}


def rounded(values: Sequence[float] | Array) -> list[float]:
    """To five figures, as many as a screen can show."""
    return [float(f"{value:.5g}") for value in values]
