"""The kinds of layers that a network is made of: their settings, the shape of what they give, what they learn."""

from math import prod
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, Field

Activation = Literal["linear", "relu", "sigmoid", "tanh", "softmax"]


class _Layer(BaseModel, frozen=True, extra="forbid"):
    """A layer, and what the others ask of every kind."""

    on_image: ClassVar[bool] = False  # it works on rows and columns: a network that holds it is given the image
    says_more: ClassVar[bool] = True  # its values are others than those it is given


class Dense(_Layer):
    """Every unit sees every input: activation(inputs @ kernel + bias)."""

    kind: Literal["dense"] = "dense"
    units: int = Field(64, ge=1, le=4096)
    activation: Activation = "relu"

    @property
    def title(self) -> str:
        return f"Dense {self.units} {self.activation}"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 1:
            raise ValueError("needs a flat list of values; put a flatten layer before it")
        return (self.units,)

    def parameters(self, shape: tuple[int, ...]) -> int:
        return (shape[0] + 1) * self.units


class Conv(_Layer):
    """Square kernels slid over the image with stride 1."""

    on_image = True

    kind: Literal["conv"] = "conv"
    filters: int = Field(32, ge=1, le=512)
    kernel: int = Field(3, ge=1, le=28)  # pixels a side
    activation: Activation = "relu"
    padding: Literal["valid", "same"] = "valid"

    @property
    def title(self) -> str:
        padded = ", padded" if self.padding == "same" else ""
        return f"Conv {self.filters} {self.kernel}x{self.kernel} {self.activation}{padded}"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError("needs an image, but the values before it are already flat")
        height, width = shape[:2]
        if self.padding == "valid":
            height, width = height - self.kernel + 1, width - self.kernel + 1
        if min(height, width) < 1:
            raise ValueError(f"its {self.kernel}x{self.kernel} kernel does not fit into {shape[0]}x{shape[1]} pixels")
        return (height, width, self.filters)

    def parameters(self, shape: tuple[int, ...]) -> int:
        return (self.kernel**2 * shape[2] + 1) * self.filters


class MaxPool(_Layer):
    """Keep the largest value of every size x size window."""

    on_image = True

    kind: Literal["max-pool"] = "max-pool"
    size: int = Field(2, ge=2, le=28)  # pixels a side

    @property
    def title(self) -> str:
        return f"Max-pool {self.size}x{self.size}"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if len(shape) != 3:
            raise ValueError("needs an image, but the values before it are already flat")
        if min(shape[:2]) < self.size:
            raise ValueError(f"would pool {shape[0]}x{shape[1]} pixels to less than one")
        return (shape[0] // self.size, shape[1] // self.size, shape[2])

    def parameters(self, shape: tuple[int, ...]) -> int:
        return 0


class Flatten(_Layer):
    """Lay the image out as one list of values."""

    on_image = True
    says_more = False

    kind: Literal["flatten"] = "flatten"

    @property
    def title(self) -> str:
        return "Flatten"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (prod(shape),)

    def parameters(self, shape: tuple[int, ...]) -> int:
        return 0


class Dropout(_Layer):
    """While training, silence this share of the values at random."""

    says_more = False

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(0.5, ge=0, lt=1)

    @property
    def title(self) -> str:
        return f"Dropout {self.rate:g}"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def parameters(self, shape: tuple[int, ...]) -> int:
        return 0


class BatchNorm(_Layer):
    """Bring each channel of a batch to mean 0 and spread 1, then scale and shift it as learned."""

    kind: Literal["batch-norm"] = "batch-norm"

    @property
    def title(self) -> str:
        return "Batch normalisation"

    def output_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape

    def parameters(self, shape: tuple[int, ...]) -> int:
        return 4 * shape[-1]  # scale, shift, moving mean, moving variance


Layer = Annotated[Dense | Conv | MaxPool | Flatten | Dropout | BatchNorm, Field(discriminator="kind")]
LAYERS: dict[str, type[Layer]] = {kind.model_fields["kind"].default: kind for kind in get_args(get_args(Layer)[0])}

OUTPUT = Dense(units=10, activation="softmax")
