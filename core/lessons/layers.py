"""A little network of two layers that learns points of two kinds that no single line parts."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.lessons.adam import Adam
from core.lessons.neuron import Array, sigmoid

Problem = Literal["corners", "ring"]

COUNT = 160  # points
STARTS = 5  # networks trained from different random weights; the best one is kept
STEPS = 1000
RATE = 0.1  # of Adam


@dataclass(frozen=True)
class Cloud:
    """Points of two kinds; read-only."""

    x: Array  # (n, 2) in [-1, 1]
    kind: NDArray[np.bool_]  # (n,)


@dataclass(frozen=True)
class Network:
    """2 inputs, some hidden sigmoid neurons, one sigmoid output; without hidden neurons one neuron alone."""

    hidden_w: Array  # (2, hidden)
    hidden_b: Array  # (hidden,)
    w: Array  # (hidden,), or (2,) without hidden neurons
    b: Array  # (1,)

    @property
    def parameters(self) -> int:
        return sum(array.size for array in self.arrays)

    @property
    def arrays(self) -> tuple[Array, ...]:
        return self.hidden_w, self.hidden_b, self.w, self.b

    def hidden(self, x: Array) -> Array:
        """What the last neuron is given: (n, 2) points to (n, hidden) in (0, 1), or the points themselves."""
        return sigmoid(x @ self.hidden_w + self.hidden_b) if self.hidden_b.size else x

    def output(self, x: Array) -> Array:
        """The probability of the second kind, (n, 2) to (n,)."""
        return sigmoid(self.hidden(x) @ self.w + self.b[0])


def cloud(problem: Problem) -> Cloud:
    """Points by chance, always the same, those too near a border left out.

    "corners": the second kind where the signs of x and y differ (the XOR problem). "ring": it surrounds the first.
    """
    x = np.random.default_rng(7).uniform(-1, 1, (4 * COUNT, 2))
    if problem == "corners":
        x = x[np.abs(x).min(1) > 0.08][:COUNT]
        kind = x[:, 0] * x[:, 1] < 0
    else:
        radius = np.hypot(*x.T)
        x = x[(radius < 0.6) | ((radius > 0.75) & (radius < 1))][:COUNT]
        kind = np.hypot(*x.T) > 0.7
    for array in (x, kind):
        array.flags.writeable = False
    return Cloud(x, kind)


def trained(points: Cloud, hidden: int) -> Network:
    """The best of `STARTS` networks, each trained with Adam on all points at once; always the same one."""
    networks = [_train(points, _fresh(hidden, seed)) for seed in range(STARTS)]
    return min(networks, key=lambda network: loss(network, points))


def loss(network: Network, points: Cloud) -> float:
    """Mean cross-entropy."""
    z = network.hidden(points.x) @ network.w + network.b[0]
    return float(np.mean(np.logaddexp(0, z) - points.kind * z))


def accuracy(network: Network, points: Cloud) -> float:
    """Share of the points that are told right, in [0, 1]."""
    return float(np.mean((network.output(points.x) > 0.5) == points.kind))


def gradients(network: Network, points: Cloud) -> tuple[Array, ...]:
    """The slopes of `loss` by every weight, shaped as `network.arrays`: backpropagation, written out."""
    hidden = network.hidden(points.x)
    error = (sigmoid(hidden @ network.w + network.b[0]) - points.kind) / len(points.kind)
    if not network.hidden_b.size:
        back = np.empty((len(error), 0))
    else:
        back = np.outer(error, network.w) * hidden * (1 - hidden)
    return points.x.T @ back, back.sum(0), hidden.T @ error, error.sum(keepdims=True)


def _fresh(hidden: int, seed: int) -> Network:
    random = np.random.default_rng(seed)
    return Network(
        random.normal(0, 3, (2, hidden)),
        random.normal(0, 1, hidden),
        random.normal(0, 1, hidden or 2),
        np.zeros(1),
    )


def _train(points: Cloud, network: Network) -> Network:
    """Move the network's own weights, `STEPS` times."""
    adam = Adam(network.arrays, RATE)
    for _ in range(STEPS):
        adam.step(gradients(network, points))
    return network
