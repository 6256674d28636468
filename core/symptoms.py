"""What a run shows of how it learns: its loss over any of its images, beside that of one that learned nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from core.events import EpochEnd, Progress
from core.recipe import Loss, Optimizer, Recipe

# The loss of a network that has learned nothing and gives each digit a tenth; other losses are told as shares of it.
NOTHING_LEARNED: dict[Loss, float] = {
    "categorical_crossentropy": math.log(10),
    "mean_squared_error": (0.9**2 + 9 * 0.1**2) / 10,  # Keras takes the mean over the ten outputs
}
# Learning rates that train nearly every network of this lab; SGD's is ten times Keras's default, which is slow here.
USUAL_RATE: dict[Optimizer, float] = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3, "rmsprop": 1e-3}

LATEST = 0.2  # share of the images so far whose mean loss counts as the loss now
FEWEST_LATEST = 1000  # images that mean is at least over: it is then right to some hundredths

_Event = TypeVar("_Event", bound=Progress | EpochEnd)


@dataclass(frozen=True)
class Stretch:
    """Mean loss and accuracy over the images from `start` to `end`, counted since the run began."""

    start: int
    end: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Symptoms:
    """What is known of a run; all losses as shares of the loss with nothing learned."""

    recipe: Recipe
    stretches: tuple[Stretch, ...]
    epochs: tuple[EpochEnd, ...]
    failure: str
    ended: bool
    before: int  # images, until the learning rate was changed last; these count from there
    an_epoch: int  # images

    @property
    def images(self) -> int:
        return self.stretches[-1].end if self.stretches else 0

    @property
    def steps(self) -> int:
        """Gradient steps; the last one of an epoch may have fewer images."""
        size = self.an_epoch
        epochs, begun = divmod(self.images, size)
        return epochs * math.ceil(size / self.recipe.batch_size) + math.ceil(begun / self.recipe.batch_size)

    @property
    def nothing(self) -> float:
        return NOTHING_LEARNED[self.recipe.loss]

    @property
    def rate(self) -> float:
        return self.recipe.learning_rate

    @property
    def usual(self) -> float:
        return USUAL_RATE[self.recipe.optimizer]

    @property
    def now(self) -> float:
        """Mean over the latest images."""
        return self.mean(self.images - self._latest, self.images)

    @property
    def accuracy_now(self) -> float:
        return self._mean(self.images - self._latest, self.images, [s.accuracy for s in self.stretches])

    @property
    def _latest(self) -> float:
        return min(max(LATEST * self.images, FEWEST_LATEST), self.images)

    @property
    def middle_third(self) -> float:
        return self.mean(self.images / 3, self.images * 2 / 3)

    @property
    def last_third(self) -> float:
        return self.mean(self.images * 2 / 3, self.images)

    @property
    def validated(self) -> list[EpochEnd]:
        return [end for end in self.epochs if end.val_loss is not None and end.val_accuracy is not None]

    def mean(self, start: float, end: float) -> float:
        """Mean loss over some of the images."""
        return self._mean(start, end, [s.loss for s in self.stretches]) / self.nothing

    def _mean(self, start: float, end: float, values: Sequence[float]) -> float:
        """Mean of the stretches' values, each weighed by how many of its images lie between start and end."""
        weights = [max(0.0, min(s.end, end) - max(s.start, start)) for s in self.stretches]
        return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)

    def tell(self, share: float) -> str:
        return three_figures(share * self.nothing)


def stretches(events: Sequence[Progress | EpochEnd]) -> tuple[Stretch, ...]:
    """The training loss by images, each image once."""
    told = each_image_once(events)
    starts = [0, *(event.images for event in told)]
    return tuple(
        Stretch(start, event.images, event.loss, event.accuracy) for start, event in zip(starts, told, strict=False)
    )


def each_image_once(events: Sequence[_Event]) -> tuple[_Event, ...]:
    """A run that went back to its checkpoint tells of some images again; what it told of them before is left out."""
    kept: list[_Event] = []
    for event in events:
        while kept and kept[-1].images >= event.images:
            kept.pop()
        kept.append(event)
    return tuple(kept)


def three_figures(loss: float) -> str:
    """A loss with three figures that matter: "2.30", "0.0884", "1,330"."""
    return f"{loss:,.0f}" if loss >= 100 else f"{loss:#.3g}".rstrip(".")
