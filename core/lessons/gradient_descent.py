"""Gradient descent on a loss of one weight, small enough to be drawn.

The network is the smallest there is: its output is w x, of one number x measured on a digit's picture, and should be 1
for one kind of digit and -1 for the other. Its loss is the mean squared error.
"""

from dataclasses import dataclass

import numpy as np

from core.lessons.neuron import Array, Points


@dataclass(frozen=True)
class Task:
    """What the one weight is learned from; read-only."""

    x: Array  # (n,)
    target: Array  # (n,), 1 or -1

    @property
    def best(self) -> float:
        """The weight with the lowest loss."""
        return float(self.x @ self.target / (self.x @ self.x))

    @property
    def curvature(self) -> float:
        """How fast the slope grows with the weight: 2 mean(x^2), the same everywhere."""
        return float(2 * np.mean(self.x**2))


def task(points: Points) -> Task:
    """Tell the kinds apart by the ink in the middle alone."""
    target = np.where(points.kind, 1.0, -1.0)
    target.flags.writeable = False
    return Task(points.x[:, 0], target)


def loss(task: Task, w: float) -> float:
    """mean((w x - t)^2)."""
    return float(np.mean((w * task.x - task.target) ** 2))


def slope(task: Task, w: float) -> float:
    """Its slope at w: mean(2 (w x - t) x)."""
    return float(np.mean(2 * (w * task.x - task.target) * task.x))


def step(task: Task, w: float, rate: float, momentum: float = 0.0, moved: float = 0.0) -> float:
    """The next weight: w - rate * slope + momentum * moved, where the step before moved the weight by `moved`.

    Source: B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", 1964; it is what Keras's
    `SGD(momentum=...)` does.
    """
    return w - rate * slope(task, w) + momentum * moved


def too_large(task: Task, momentum: float = 0.0) -> float:
    """The learning rate above which the steps lead ever further from the lowest point: 2 (1 + momentum) / curvature."""
    return 2 * (1 + momentum) / task.curvature
