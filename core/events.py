"""What a run tells while it goes on, and what it is told: small frozen values that travel as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter


class Progress(BaseModel, frozen=True):
    """Part of an epoch is done; loss and accuracy are means over the images since the last event."""

    kind: Literal["progress"] = "progress"
    epoch: int  # counted from 1
    images: int  # trained on since the run began
    images_in_all: int = 0  # over the whole run; 0 from runs that did not tell
    loss: float
    accuracy: float  # share in [0, 1]
    images_per_second: float
    seconds: float  # since the run began, pauses left out
    seconds_left: float
    confusion: tuple[tuple[int, ...], ...] = ()  # 10 x 10, these images: rows what they are, columns what was said
    probe: tuple[float, ...] = ()  # the ten probabilities of the digit that is followed, if one is


class EpochEnd(BaseModel, frozen=True):
    """An epoch is done; training figures are means over the whole epoch, as Keras's history has them."""

    kind: Literal["epoch"] = "epoch"
    epoch: int  # counted from 1
    images: int
    loss: float
    accuracy: float
    val_loss: float | None = None
    val_accuracy: float | None = None
    seconds: float


class Changed(BaseModel, frozen=True):
    """Somebody changed the learning rate."""

    kind: Literal["changed"] = "changed"
    images: int  # trained on when it was changed
    learning_rate: float


class Control(BaseModel, frozen=True):
    """What people ask of a run while it goes on."""

    stop: Literal["keep", "discard"] | None = None  # with a model of what was learned so far, or without
    pause: bool = False
    slow: bool = False  # batch by batch, a few a second: slow enough to talk about
    learning_rate: float | None = None  # instead of the recipe's; not for a schedule


Told = Progress | EpochEnd | Changed
_ADAPTER: TypeAdapter[Told] = TypeAdapter(Annotated[Told, Field(discriminator="kind")])


def from_json(text: str | bytes) -> Told:
    """Read an event back from its `model_dump_json()`."""
    return _ADAPTER.validate_json(text)
