"""What a run tells while it goes on: small frozen values that travel as JSON."""

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
    seconds: float  # since the run began
    seconds_left: float


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


Event = Annotated[Progress | EpochEnd, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[Progress | EpochEnd] = TypeAdapter(Event)


def from_json(text: str | bytes) -> Progress | EpochEnd:
    """Read an event back from its `model_dump_json()`."""
    return _ADAPTER.validate_json(text)
