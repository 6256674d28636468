"""A recipe with its weights as an ONNX graph that tells every layer's output, and how the logits hang on the pixels."""

from typing import Any, assert_never

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from core.layers import Activation, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import Recipe, summary
from core.weights import Weights

OPSET, IR = 18, 10
EPSILON = 1e-3  # of Keras's batch normalisation


def forward(recipe: Recipe, weights: Weights) -> bytes:
    """The way to the answer as an ONNX file.

    It takes `image` (n, 28, 28) float32 in [0, 1]. Its outputs are `layer-1`, `layer-2`, ... (images as (n, channels,
    height, width), lists as (n, values)) and `logits` (n, 10).
    """
    builder = _Builder(recipe, weights)
    return builder.file([*builder.forward(), "logits"])


def gradient(recipe: Recipe, weights: Weights) -> bytes:
    """The way back, too: `image` (1, 28, 28) to `gradient` (10, 28, 28), how much each logit grows with each pixel."""
    builder = _Builder(recipe, weights)
    builder.forward()
    return builder.file([builder.backward()])


class _Builder:
    """Collects nodes on the way through the layers and back."""

    def __init__(self, recipe: Recipe, weights: Weights) -> None:
        self.recipe, self.weights = recipe, weights
        self.shapes = [recipe.input_shape, *(row.output_shape for row in summary(recipe))]
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def file(self, outputs: list[str]) -> bytes:
        """The nodes so far."""
        graph = helper.make_graph(
            self.nodes,
            "digit_lab",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 28, 28])],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
        data: bytes = model.SerializeToString()
        return data

    def forward(self) -> list[str]:
        """From the pixels to the answer; the layers' outputs by name."""
        shape = (-1, 1, 28, 28) if len(self.shapes[0]) == 3 else (-1, 784)
        value = self._reshape("image", shape)
        names = []
        for number, layer in enumerate(self.recipe.layers, 1):
            name = f"layer-{number}"
            match layer:
                case Dense():
                    is_output = number == len(self.recipe.layers)
                    product = self._node("MatMul", value, self._weight(number, "kernel"))
                    sums = self._node("Add", product, self._weight(number, "bias"), name="logits" if is_output else "")
                    self._activate(layer.activation, sums, name)
                case Conv():
                    kernel = self._kernel(number)
                    bias = self._weight(number, "bias")
                    pads = _pads(layer)
                    self._activate(layer.activation, self._node("Conv", value, kernel, bias, pads=pads), name)
                case MaxPool():
                    size = [layer.size, layer.size]
                    self.nodes.append(
                        helper.make_node(
                            "MaxPool", [value], [name, f"places-{number}"], kernel_shape=size, strides=size
                        )
                    )
                case Flatten() if len(self.shapes[number - 1]) == 3:  # Keras lays out the channels of a pixel together
                    last = self._node("Transpose", value, perm=[0, 2, 3, 1])
                    self._reshape(last, (-1, *self.shapes[number]), name)
                case BatchNorm():
                    scale, shift = self._normalisation(number)
                    self._node("Add", self._node("Mul", value, scale), shift, name=name)
                case Flatten() | Dropout():  # flat already; dropout works only while training
                    self._node("Identity", value, name=name)
                case _:
                    assert_never(layer)
            names.append(name)
            value = name
        return names

    def _activate(self, activation: Activation, sums: str, name: str) -> None:
        match activation:
            case "linear":
                self._node("Identity", sums, name=name)
            case "relu":
                self._node("Relu", sums, name=name)
            case "sigmoid":
                self._node("Sigmoid", sums, name=name)
            case "tanh":
                self._node("Tanh", sums, name=name)
            case "softmax":
                self._node("Softmax", sums, axis=1, name=name)
            case _:
                assert_never(activation)

    def backward(self) -> str:
        """From the ten logits back to the pixels: the chain rule, layer by layer, ten rows at once."""
        last = len(self.recipe.layers)
        rows = self._constant(np.eye(10, dtype=np.float32))
        for number in range(last, 0, -1):
            layer = self.recipe.layers[number - 1]
            if isinstance(layer, Dense | Conv) and number < last:
                rows = self._through_activation(layer.activation, rows, f"layer-{number}")
            match layer:
                case Dense():
                    rows = self._node("MatMul", rows, self._constant(self.weights[f"{number}.kernel"].T))
                case Conv():
                    rows = self._node("ConvTranspose", rows, self._kernel(number), pads=_pads(layer))
                case MaxPool():
                    rows = self._through_pooling(rows, number, layer.size)
                case Flatten() if len(self.shapes[number - 1]) == 3:
                    wide = self._reshape(rows, (-1, *self.shapes[number - 1]))
                    rows = self._node("Transpose", wide, perm=[0, 3, 1, 2])
                case BatchNorm():
                    rows = self._node("Mul", rows, self._normalisation(number)[0])
                case Flatten() | Dropout():
                    pass
                case _:
                    assert_never(layer)
        return self._reshape(rows, (10, 28, 28), "gradient")

    def _through_activation(self, activation: Activation, rows: str, value: str) -> str:
        one = self._constant(np.float32(1))
        match activation:
            case "linear":
                return rows
            case "relu":
                positive = self._node("Greater", value, self._constant(np.float32(0)))
                return self._node("Mul", rows, self._node("Cast", positive, to=TensorProto.FLOAT))
            case "sigmoid":
                slope = self._node("Mul", value, self._node("Sub", one, value))
                return self._node("Mul", rows, slope)
            case "tanh":
                slope = self._node("Sub", one, self._node("Mul", value, value))
                return self._node("Mul", rows, slope)
            case "softmax":
                weighted = self._node("Mul", rows, value)
                mean = self._node("ReduceSum", weighted, self._constant(np.array([1], np.int64)), keepdims=1)
                return self._node("Mul", value, self._node("Sub", rows, mean))
            case _:
                assert_never(activation)

    def _through_pooling(self, rows: str, number: int, size: int) -> str:
        """To the one place in each window that held its largest value."""
        height, width, channels = self.shapes[number - 1]
        ones = self._constant(np.ones((1, channels, *self.shapes[number][:2]), np.float32))
        whole = self._constant(np.array([1, channels, height, width], np.int64))
        sides: dict[str, Any] = {"kernel_shape": [size, size], "strides": [size, size]}
        chosen = self._node("MaxUnpool", ones, f"places-{number}", whole, **sides)
        return self._node("Mul", self._spread(rows, number, size), chosen)

    def _spread(self, value: str, number: int, size: int) -> str:
        """Every value over its window; 0 where no window reaches."""
        scales = self._constant(np.array([1, 1, size, size], np.float32))
        nearest = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
        wide = self._node("Resize", value, "", scales, **nearest)
        (height, width, _), (rows, columns, _) = self.shapes[number - 1], self.shapes[number]
        rest = (0, 0, 0, 0, 0, 0, height - rows * size, width - columns * size)
        return self._node("Pad", wide, self._constant(np.array(rest, np.int64)))

    def _kernel(self, number: int) -> str:
        return self._constant(self.weights[f"{number}.kernel"].transpose(3, 2, 0, 1))

    def _weight(self, number: int, name: str) -> str:
        return self._constant(self.weights[f"{number}.{name}"])

    def _normalisation(self, number: int) -> tuple[str, str]:
        """Scale and shift of each channel."""
        gamma, beta, mean, variance = (
            self.weights[f"{number}.{name}"] for name in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        scale = gamma / np.sqrt(variance + np.float32(EPSILON))
        shape = (-1, 1, 1) if len(self.shapes[number]) == 3 else (-1,)
        return self._constant(scale.reshape(shape)), self._constant((beta - mean * scale).reshape(shape))

    def _reshape(self, value: str, shape: tuple[int, ...], name: str = "") -> str:
        return self._node("Reshape", value, self._constant(np.array(shape, np.int64)), name=name)

    def _constant(self, array: NDArray[Any] | np.generic) -> str:
        name = f"constant-{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(np.shape(array)), name))
        return name

    def _node(self, kind: str, *inputs: str, name: str = "", **settings: Any) -> str:
        name = name or f"value-{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name


def _pads(layer: Conv) -> list[int]:
    """Rows above, columns before, rows below, columns after, as TensorFlow pads."""
    if layer.padding == "valid":
        return [0, 0, 0, 0]
    before = (layer.kernel - 1) // 2
    after = layer.kernel - 1 - before
    return [before, before, after, after]
