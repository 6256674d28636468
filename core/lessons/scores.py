"""One digit against the nine others, said from a probability on: what precision and recall are traded by."""

import numpy as np
from numpy.typing import NDArray

from core.evaluation import TwoClasses


def at_threshold(
    probabilities: NDArray[np.float32], labels: NDArray[np.uint8], digit: int, threshold: float
) -> TwoClasses:
    """The four counts if "this is a `digit`" is said from that probability on; probabilities (n, 10), labels (n,)."""
    said, true = probabilities[:, digit] >= threshold, labels == digit
    tp, fp, fn = (int(cases.sum()) for cases in (said & true, said & ~true, ~said & true))
    return TwoClasses(tp, fp, fn, len(labels) - tp - fp - fn)
