"""The compiled functions of a training: many gradient steps a call, prediction, evaluation.

Keras's own `fit` spends most of an epoch between steps. Here one call runs many; model, optimiser, loss and their
mathematics are Keras's own.
"""

from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow.compiler.tf2xla.python import xla as xla_ops

from core.glances import maps
from core.mnist import Pixels
from core.recipe import Recipe

EVALUATION_BATCH = 1000  # images
RISING = ("linear", "relu", "sigmoid", "tanh")  # activations that never fall: the largest value stays the largest
NARROW = 16  # units at most, of a dense layer whose gradient is worked out in another order for XLA

CompiledSteps = Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]
Predictor = Callable[[tf.Tensor], tf.Tensor]


def compiled_steps(
    recipe: Recipe,
    model: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    images: tf.Tensor | tf.Variable,
    labels: tf.Tensor,
    xla: bool,
) -> CompiledSteps:
    """Compile run(order, start, count) -> (sum of losses, (10, 10) confusion matrix): `count` gradient steps.

    `order` is (steps, images a batch) int32; step i trains on images[order[start + i]]. XLA makes dense networks
    several times faster and convolutions several times slower (measured on two cores), so the caller chooses.
    """
    loss = keras.losses.get(recipe.loss)
    by_hand = recipe.precision == "float32"
    answer = partial(_answer, model, xla=xla) if by_hand else partial(model, training=True)

    def run(order: tf.Tensor, start: tf.Tensor, count: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        loss_sum = tf.constant(0.0)
        confusion = tf.zeros((10, 10))
        step = tf.constant(0)
        while step < count:  # `tf.range(count)` would compile anew for every count
            chosen = tf.gather(order, start + step)
            target = tf.one_hot(tf.cast(tf.gather(labels, chosen), tf.int32), 10)
            with tf.GradientTape() as tape:
                output = answer(_scaled(tf.gather(images, chosen), recipe))
                mean = tf.reduce_mean(loss(target, output))
            gradients = tape.gradient(mean, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            step += 1
            loss_sum += mean * tf.cast(tf.size(chosen), tf.float32)
            confusion += tf.matmul(target, tf.one_hot(tf.argmax(output, 1), 10), transpose_a=True)
        return loss_sum, confusion

    compiled: CompiledSteps = tf.function(run, jit_compile=xla)
    return compiled


def _answer(model: keras.Sequential, images: tf.Tensor, xla: bool) -> tf.Tensor:
    """What a network answers in training, layer by layer, as Keras has it, with two layers worked out otherwise.

    A convolution in front of a max-pooling is activated after it, if its activation never falls: the largest stays the
    largest, and a quarter of the numbers is left. (`simple-cnn`: a step takes 12.9 instead of 14.0 ms.)
    """
    activation = keras.activations.linear
    for layer, following in zip(model.layers, [*model.layers[1:], None], strict=True):
        if xla and isinstance(layer, keras.layers.Dense) and layer.units <= NARROW:
            images = layer.activation(_product(images, layer.kernel.value) + layer.bias.value)
        elif _activated_later(layer, following):
            images = layer.convolution_op(images, layer.kernel.value) + layer.bias.value
            activation = layer.activation
        else:
            images = activation(layer(images, training=True))
            activation = keras.activations.linear
    return images


def _activated_later(layer: keras.Layer, following: keras.Layer | None) -> bool:
    return (
        isinstance(layer, keras.layers.Conv2D)
        and isinstance(following, keras.layers.MaxPooling2D)
        and layer.activation.__name__ in RISING
    )


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _product(x: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]]:
    """x @ weights, the weights' gradient worked out as (gradient.T @ x).T.

    XLA would undo the two transpositions, and take up to nine times as long over x.T @ gradient when the gradient has
    few columns (512 x 10, batches of 128: 192 against 21 microseconds); the barrier forbids it.
    """

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        turned = xla_ops.optimization_barrier(tf.matmul(upstream, x, transpose_a=True))[0]
        return tf.matmul(upstream, weights, transpose_b=True), tf.transpose(turned)

    return tf.matmul(x, weights), gradient


def predictor(model: keras.Model, recipe: Recipe) -> Predictor:
    """Compile prediction: (n, 28, 28) uint8 images to (n, 10) probabilities, for any n."""

    turns = [tf.constant(seen.toarray()) for seen in maps(recipe.glances)[1:]]

    def predict(batch: tf.Tensor) -> tf.Tensor:
        image = _scaled(batch, recipe)
        flat = tf.reshape(image, (-1, 784))
        seen = [image, *(tf.reshape(flat @ turn, tf.shape(image)) for turn in turns)]
        return tf.reduce_mean([model(glance, training=False) for glance in seen], axis=0)

    compiled: Predictor = tf.function(predict, [tf.TensorSpec((None, 28, 28), tf.uint8)])
    return compiled


def evaluate(
    predict: Predictor,
    recipe: Recipe,
    images: Pixels,
    labels: Pixels,
    heed: Callable[[], object] = lambda: None,
) -> tuple[float, float, NDArray[np.float32]]:
    """Mean loss, accuracy and the (n, 10) probabilities of (n, 28, 28) uint8 images with (n,) labels.

    `heed` is called before each batch of 1,000.
    """
    loss = keras.losses.get(recipe.loss)
    parts = []
    for at in range(0, len(images), EVALUATION_BATCH):
        heed()
        parts.append(predict(tf.constant(images[at : at + EVALUATION_BATCH])))
    probabilities = np.concatenate(parts)
    losses = loss(tf.one_hot(labels, 10), probabilities)
    accuracy = np.mean(probabilities.argmax(axis=1) == labels)
    return float(tf.reduce_mean(losses)), float(accuracy), probabilities


def _scaled(images: tf.Tensor, recipe: Recipe) -> tf.Tensor:
    """(n, 28, 28) uint8 as (n, *input_shape) float32 in [0, 1]."""
    return tf.reshape(tf.cast(images, tf.float32) / 255.0, (-1, *recipe.input_shape))
