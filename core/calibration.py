"""Probabilities that mean what they say: softmax, the gap to the accuracy, and the temperature that mends it."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

BINS = 15  # of confidence, as Guo et al. used

Number = TypeVar("Number", np.float32, np.float64)


def softmax(logits: NDArray[Number]) -> NDArray[Number]:
    """e^logit as a share of their sum, along the last axis: all above 0, sum 1."""
    powers: NDArray[Number] = np.exp(logits - logits.max(-1, keepdims=True))
    shares: NDArray[Number] = powers / powers.sum(-1, keepdims=True)
    return shares


def tempered(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Softmax probabilities as if the logits had been divided by the temperature.

    Args:
        probabilities: Shape (n, 10), rows sum to 1.
        temperature: Above 1 makes a network less sure, below 1 surer; 1 changes nothing.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017.
    """
    if temperature == 1:
        return probabilities
    logits = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny)) / np.float32(temperature)
    return softmax(np.asarray(logits, np.float32))


def temperature(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The temperature that makes (n, 10) probabilities fit (n,) labels best: the least mean cross-entropy."""

    def loss(log_temperature: float) -> float:
        own = tempered(probabilities, float(np.exp(log_temperature)))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(own, np.finfo(np.float32).tiny)).mean())

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(best.x))


def calibration_error(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """Expected calibration error: the gap between confidence and accuracy, averaged over `BINS` of confidence."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidence - right, BINS)  # of each bin: its images times its gap
    return float(np.abs(gaps).sum() / len(labels))
