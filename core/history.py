"""What a run has told so far, gathered from its events."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from core.events import Changed, EpochEnd, Progress, Told
from core.recipe import Recipe

_Event = TypeVar("_Event", Progress, EpochEnd)


@dataclass
class History:
    """The curves of one attempt at a run, and of the attempts before it up to where it went on.

    What an earlier attempt told after that point may be read a moment before the ledger forgets it: what is told of
    the same images again takes its place.
    """

    run_id: str
    attempt: int
    seq: int = 0  # of the last event read
    progress: list[Progress] = field(default_factory=list)
    epochs: list[EpochEnd] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)

    def hear(self, told: Iterable[tuple[int, Told]]) -> None:
        """Take in events with their sequence numbers, as `Ledger.events` gives them."""
        for seq, event in told:
            self.seq = seq
            match event:
                case Progress():
                    self.progress = _with(self.progress, event)
                case EpochEnd():
                    self.epochs = _with(self.epochs, event)
                case Changed():
                    self.changes.append(event)

    def since_change(self) -> tuple[list[Progress], list[EpochEnd], int]:
        """What was told since the learning rate was last changed, and the epochs that began after it.

        Images are counted from there, which is after so many: the third value. Everything, if it never was changed.
        """
        if not self.changes:
            return self.progress, self.epochs, 0
        at = self.changes[-1].images
        began = [0, *(end.images for end in self.epochs)]
        progress = [_counted_from(at, event) for event in self.progress if event.images > at]
        epochs = [_counted_from(at, end) for first, end in zip(began, self.epochs, strict=False) if first >= at]
        return progress, epochs, at

    def images_an_epoch(self, recipe: Recipe) -> float:
        """As told at an epoch's end, or as the recipe has it, which does not count pen drawings."""
        if self.epochs:
            return self.epochs[0].images / self.epochs[0].epoch
        if self.now and self.now.images_in_all and not recipe.seconds:
            return self.now.images_in_all / recipe.epochs
        return recipe.fitted_images

    @property
    def now(self) -> Progress | None:
        """The latest progress; None before the first."""
        return self.progress[-1] if self.progress else None

    @property
    def images(self) -> int:
        """Trained on so far."""
        return self.now.images if self.now else 0

    @property
    def seconds(self) -> float | None:
        """How long the training has taken so far; None before the first event."""
        latest = [*(event.seconds for event in self.progress[-1:]), *(end.seconds for end in self.epochs[-1:])]
        return max(latest, default=None)


def _counted_from(at: int, event: _Event) -> _Event:
    return event.model_copy(update={"images": event.images - at})


def _with(told: list[_Event], event: _Event) -> list[_Event]:
    """A list with this event at its end, without what it held of as many images or more.

    Then it is another list: somebody else may be reading the old one.
    """
    if told and told[-1].images >= event.images:
        return [before for before in told if before.images < event.images] + [event]
    told.append(event)
    return told
