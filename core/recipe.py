"""What to train: a recipe is one frozen, checked value, and `PRESETS` names the published ones."""

from math import prod
from typing import Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool

Optimizer = Literal["sgd", "adam", "adamw", "rmsprop"]
Schedule = Literal["constant", "one-cycle"]
Loss = Literal["categorical_crossentropy", "mean_squared_error"]
Precision = Literal["float32", "bfloat16"]

IMAGE_SHAPE = (28, 28, 1)
MOST_LAYERS = 30
MOST_PARAMETERS = 5_000_000
MOST_BATCH_BYTES = 2**30  # layer outputs of one batch as float32
MOST_WORK = 200_000_000  # multiply-adds for one image, all glances together; `reader` needs 58 million
MOST_UNFOLDED = 25_000_000  # values of a convolution's image laid out once for every place of its kernel

RISING = 0.2  # share of the steps in which a one-cycle schedule goes up
RISING_FROM = 1 / 25  # of the largest learning rate
AVERAGED_AT = 0.3  # of it, after the cycle, while epochs are averaged: weights that move have something to average


class Augmentation(BaseModel, frozen=True, extra="forbid"):
    """How far images are changed, each by chance and anew in every epoch: as if other people had written them.

    The first of several epochs of a new network takes them as they are.
    """

    rotation: float = Field(10, ge=0, le=45)  # degrees, to either side
    shear: float = Field(0.2, ge=0, le=1)  # pixels sideways a pixel of height: slanted writing
    stretch: float = Field(0.12, ge=0, le=0.5)  # share of the size, across and along separately
    shift: float = Field(1, ge=0, le=7)  # pixels
    elastic: float = Field(0.6, ge=0, le=4)  # pixels, standard deviation of a smooth displacement
    pen: float = Field(0.5, ge=0, le=1)  # share of a thickening or thinning by one pixel on either side


class LayerRow(BaseModel, frozen=True, extra="forbid"):
    """One line of a network's summary."""

    title: str
    output_shape: tuple[int, ...]  # one image, without the batch
    parameters: int


class Recipe(BaseModel, frozen=True, extra="forbid"):
    """One training run. Equal recipes give equal networks, up to hardware rounding."""

    layers: tuple[Layer, ...] = Field((OUTPUT,), min_length=1, max_length=MOST_LAYERS)  # the last one is `OUTPUT`
    optimizer: Optimizer = "adam"
    learning_rate: float = Field(1e-3, gt=0, le=10)  # step size; the largest one of a schedule
    schedule: Schedule = "constant"  # one-cycle: up, then down to 0, before the averaged epochs
    augmentation: Augmentation | None = None
    loss: Loss = "categorical_crossentropy"
    batch_size: int = Field(128, ge=1, le=4096)  # images per gradient step
    epochs: int = Field(5, ge=1, le=200)
    seconds: int = Field(0, ge=0, le=3600)  # train at most so long, measured on the way; 0: as long as the epochs take
    averaged_epochs: int = Field(
        0, ge=0, le=100
    )  # the network is the mean of the weights after the last so many; 0: no
    patience: int = Field(0, ge=0, le=50)  # stop after so many epochs without a lower validation loss; 0: never
    training_images: int = Field(60_000, ge=100, le=60_000)  # the first ones of MNIST's training digits
    validation_split: float = Field(0.0, ge=0, le=0.5)  # share of the training images, cut from their end
    validate_on_test: bool = False  # as one tutorial does; its test accuracy then served for watching too
    pen_drawings: bool = False  # train on pen drawings as well: generated ones, and recorded ones if there are any
    glances: Literal[1, 5] = 1  # 5: predict for the image, for it turned either way, smaller and larger, and average
    precision: Precision = "float32"  # inside hidden layers, in training; bfloat16 only where the processor has it
    seed: int = Field(0, ge=0, lt=2**31)

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if self.validate_on_test and self.validation_split:
            raise ValueError("Validate on a split or on the test digits, not on both.")
        if self.patience and not self.validation_split:
            raise ValueError("Stopping early needs digits to watch: set a validation split, or patience to 0.")
        if self.averaged_epochs and (self.patience or self.seconds):
            raise ValueError("Averaging needs to know the last epochs: set patience and seconds to 0.")
        if self.averaged_epochs >= self.epochs and self.averaged_epochs:
            raise ValueError("The averaged epochs must be fewer than all epochs.")
        if self.seconds and self.schedule != "constant":
            raise ValueError("A schedule needs to know its end; use a constant learning rate, or no limit of seconds.")
        rows = summary(self)
        if self.layers[-1] != OUTPUT:
            raise ValueError(f"The last layer must be {OUTPUT.title}, one output a digit, got {self.layers[-1].title}.")
        for number, row in enumerate(rows, 1):
            if prod(row.output_shape) * self.batch_size * 4 > MOST_BATCH_BYTES:
                raise ValueError(
                    f"Layer {number} ({row.title}) needs more than 1 GiB a batch; make it or the batch smaller."
                )
        return self

    def with_changes(self, **changes: object) -> "Recipe":
        """This recipe with some settings changed, checked again."""
        return Recipe.model_validate({**self.model_dump(), **changes})

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(28, 28, 1) when a layer works on the image, else (784,): what the first layer is given."""
        return IMAGE_SHAPE if any(layer.on_image for layer in self.layers) else (prod(IMAGE_SHAPE),)

    @property
    def convolutional(self) -> bool:
        return any(isinstance(layer, Conv) for layer in self.layers)

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in summary(self))

    @property
    def multiply_adds(self) -> int:
        """Of one image's way through the network, biases counted in."""
        return sum(row.parameters * prod(row.output_shape[:-1]) for row in summary(self))

    @property
    def fitted_images(self) -> int:
        """How many images an epoch trains on, after the validation split is cut off."""
        return int(self.training_images * (1 - self.validation_split))


def summary(recipe: Recipe) -> list[LayerRow]:
    """Every layer's output shape and parameters, worked out without building anything.

    Raises:
        ValueError: If a layer cannot stand where it stands, or the network grows past 5 million parameters.
    """
    rows: list[LayerRow] = []
    shape = recipe.input_shape
    total = 0
    for number, layer in enumerate(recipe.layers, 1):
        try:
            output_shape = layer.output_shape(shape)
        except ValueError as error:
            raise ValueError(f"Layer {number} ({layer.title}) {error}.") from None
        parameters = layer.parameters(shape)
        total += parameters
        if total > MOST_PARAMETERS:
            raise ValueError(
                f"Layer {number} ({layer.title}) brings the network to {total:,} parameters; "
                f"at most {MOST_PARAMETERS:,} can be trained here."
            )
        rows.append(LayerRow(title=layer.title, output_shape=output_shape, parameters=parameters))
        shape = output_shape
    return rows


def too_much(recipe: Recipe) -> str | None:
    """Why one small machine that many people share should not do this, as a sentence; None if it can.

    No part of a recipe's own checks: what is in a ledger or a library already can always be read.
    """
    work = recipe.multiply_adds * recipe.glances
    if work > MOST_WORK:
        return (
            f"This network would need {work / 1e6:,.0f} million multiplications for one image; at most "
            f"{MOST_WORK / 1e6:,.0f} million can be done here. Make a convolution smaller, or put a max-pool before it."
        )
    shape = recipe.input_shape
    for number, (layer, row) in enumerate(zip(recipe.layers, summary(recipe), strict=True), 1):
        if isinstance(layer, Conv) and layer.kernel**2 * shape[2] * prod(row.output_shape[:2]) > MOST_UNFOLDED:
            return (
                f"Layer {number} ({row.title}) needs too much memory. Make its kernel or the layer before it smaller."
            )
        shape = row.output_shape
    return None


def explain(error: ValidationError) -> str:
    """The first problem of a refused recipe, as a sentence for a visitor."""
    first = error.errors(include_url=False)[0]
    message = first["msg"].removeprefix("Value error, ")
    place = " ".join(str(part) for part in first["loc"] if not isinstance(part, int))
    return f"{place}: {message}" if place else message


_READER = (
    *(Conv(filters=32, kernel=5), BatchNorm(), MaxPool()),
    *(Conv(filters=64, padding="same"), BatchNorm(), Conv(filters=64, padding="same"), BatchNorm(), MaxPool()),
    *(Conv(filters=192), BatchNorm(), Conv(filters=192), BatchNorm(), Flatten(), Dropout(rate=0.4), OUTPUT),
)

_SPRINT = (Conv(filters=16, kernel=5), MaxPool(), Conv(filters=32), MaxPool(), Flatten(), Dense(units=64), OUTPUT)

_TWO_TENS = (Dense(units=10, activation="sigmoid"), OUTPUT)
_WIDE = (Dense(units=512, activation="relu"), OUTPUT)

# First the five published recipes, as their tutorials give them, with Keras's own default learning rates.
PRESETS: dict[str, Recipe] = {
    "ten-lines": Recipe(layers=_TWO_TENS, optimizer="sgd", learning_rate=0.01, batch_size=32, epochs=10),
    "keras-intro": Recipe(layers=_TWO_TENS, optimizer="sgd", learning_rate=0.01, batch_size=100, epochs=5),
    "simple-cnn": Recipe(
        layers=(Conv(filters=32), MaxPool(), Conv(filters=64), MaxPool(), Flatten(), Dropout(rate=0.5), OUTPUT),
        optimizer="adam",
        learning_rate=1e-3,
        batch_size=128,
        epochs=10,
        validation_split=0.1,
    ),
    "first-network": Recipe(layers=_WIDE, optimizer="adam", learning_rate=1e-3, batch_size=64, epochs=5),
    "express-mlp": Recipe(
        layers=_WIDE, optimizer="sgd", learning_rate=0.01, batch_size=128, epochs=10, validate_on_test=True
    ),
    "reader": Recipe(
        layers=_READER,
        optimizer="adamw",
        learning_rate=2e-3,
        schedule="one-cycle",
        augmentation=Augmentation(rotation=9, shift=1.5),
        pen_drawings=True,
        glances=5,
        batch_size=128,
        epochs=36,
        averaged_epochs=12,
        validation_split=0.05,
        precision="bfloat16",
    ),
    "sprint": Recipe(
        layers=_SPRINT,
        optimizer="adam",
        learning_rate=4e-3,
        schedule="one-cycle",
        batch_size=128,
        epochs=4,
        validation_split=0.05,
    ),
}
