"""Train the network that tells digits from everything else.

    python -m core.training.likeness [--strokes FILE] [--seed N] [--out DIR]

FILE holds pen drawings as `core.drawings` reads them; without it the network learns from MNIST and generated digits
only. Writes `likeness.onnx` and `likeness.json` into DIR (default: data/).
"""

import argparse
import hashlib
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from rich.console import Console

from core import drawings, library, likeness, mnist
from core.drawings import Drawings
from core.likeness import Card, Refused
from core.mnist import Digits
from core.training import examples, export, nondigits
from core.training.examples import NONE, VALIDATION, WATCHED, Examples, Images, Reader, Size
from core.training.export import LIBRARIES

AGREEMENT = 1e-5  # largest difference of a likeness between Keras and ONNX Runtime
READER = "simple-cnn"  # says which mangled digits can still be read
EPOCHS, BATCH = 8, 256
REFUSED = 0.008  # share of validation digits below the threshold
HIGHEST = 0.9  # threshold, even if the network is surer of all validation digits
CREDIT = "Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, CC BY-SA 3.0"

Judge = Callable[[Images], NDArray[np.float32]]  # (n, 28, 28) to (n,) likeness


class Figures(NamedTuple):
    """What is measured; the fields are the card's."""

    threshold: float
    validation: dict[str, Refused]
    measured: dict[str, Refused]
    families: dict[str, Refused]


class Trained(NamedTuple):
    """A network as ONNX and what was measured."""

    onnx: bytes
    card: Card


def main() -> None:
    """Train, choose the threshold, measure once, write both files and say where."""
    parser = argparse.ArgumentParser(prog="python -m core.training.likeness", description="Train the likeness network.")
    parser.add_argument("--strokes", type=Path, metavar="FILE", help="pen drawings; without: MNIST only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=likeness.MODEL.parent, metavar="DIR")
    asked = parser.parse_args()
    try:
        pen = drawings.read(asked.strokes) if asked.strokes else None
        digits = mnist.digits()
        reader = library.load(READER).predict
    except (ValueError, OSError) as error:
        parser.error(str(error))
    console = Console(soft_wrap=True)
    trained = train(digits, pen, reader, console.print, seed=asked.seed)
    for name, share in trained.card.measured.items():
        console.print(f"{name}: {share.refused:,} of {share.of:,} refused, {share.refused / share.of:.2%}")
    console.print(f"written to {write(trained, asked.out.resolve())}")


def train(
    digits: Digits,
    pen: Drawings | None,
    reader: Reader,
    report: Callable[[str], None],
    size: Size | None = None,
    epochs: int = EPOCHS,
    seed: int = 1,
) -> Trained:
    """Make the examples, fit the network, choose the threshold and measure.

    Args:
        digits: MNIST.
        pen: Recorded drawings; None to do without.
        reader: A good reader of digits: what it is sure of is not used as a non-digit.
        report: Told how far it is.
        size: How many images are made; the usual if None.
        epochs: Passes over all images.
        seed: Of the images, of their order and of the weights.

    Raises:
        RuntimeError: If ONNX Runtime's likeness differs from Keras's by more than 1e-5.
    """
    began = time.perf_counter()
    size = size or Size()
    random = np.random.default_rng(seed)
    parts = examples.training(digits, pen, reader, size, random)
    counts = {name: len(part.labels) for name, part in parts.items()}
    report(f"{sum(counts.values()):,} images made in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    model, parameters = _fit(examples.joined(parts.values()), epochs, seed, report)
    seconds = time.perf_counter() - began
    onnx = _exported(model)
    judge = _judge(onnx)
    _compare(model, judge, digits)
    families = {name: examples.family(name, size.tested, random).images for name in nondigits.HELD_OUT}
    card = Card(
        **_measured(judge, digits, pen, families)._asdict(),
        trained_on=counts,
        parameters=parameters,
        epochs=epochs,
        seed=seed,
        seconds=round(seconds, 1),
        created=datetime.now(UTC),
        versions={name: version(name) for name in LIBRARIES},
        sha256=hashlib.sha256(onnx).hexdigest(),
        credit=f"{CREDIT}; {pen.source}" if pen else f"{CREDIT}; no pen drawings",
    )
    return Trained(onnx, card)


def write(trained: Trained, folder: Path) -> Path:
    """Write `likeness.onnx` and `likeness.json`, each whole or not at all; gives the first one's path."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx = folder / likeness.MODEL.name
    card = trained.card.model_dump_json(indent=2) + "\n"
    for file, data in ((onnx, trained.onnx), (onnx.with_suffix(".json"), card.encode())):
        hidden = file.with_name(f".new-{file.name}")
        hidden.write_bytes(data)
        os.replace(hidden, file)
    return onnx


def _fit(data: Examples, epochs: int, seed: int, report: Callable[[str], None]) -> tuple[keras.Model, int]:
    """Fit eleven classes, the ten digits and none: which digit it is teaches what makes a digit.

    Returns:
        A model from (n, 28, 28, 1) to (n,), the probability that it is one of the ten; its number of parameters.
    """
    keras.utils.set_random_seed(seed)
    classes = _classifier()
    steps = epochs * -(-len(data.labels) // BATCH)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps))
    classes.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])

    def tell(epoch: int, logs: dict[str, float]) -> None:
        report(f"epoch {epoch + 1}/{epochs}  loss {logs['loss']:.4f}  accuracy {logs['accuracy']:.4f}")

    told = keras.callbacks.LambdaCallback(on_epoch_end=tell)
    classes.fit(data.images[..., None], data.labels, BATCH, epochs, verbose=0, callbacks=[told])
    some_digit = keras.ops.sum(classes.output[:, :NONE], axis=1)
    return keras.Model(classes.input, some_digit), classes.count_params()


def _classifier() -> keras.Model:
    layers = keras.layers
    image = flow = keras.Input((28, 28, 1), name="image")
    for filters in (24, 48, 96):
        flow = layers.Conv2D(filters, 3, padding="same", use_bias=False)(flow)
        flow = layers.Activation("relu")(layers.BatchNormalization()(flow))
        flow = layers.MaxPooling2D()(flow)
    flow = layers.Dropout(0.3)(layers.Flatten()(flow))
    flow = layers.Dropout(0.3)(layers.Dense(80, activation="relu")(flow))
    return keras.Model(image, layers.Dense(NONE + 1, activation="softmax")(flow))


def _exported(model: keras.Model) -> bytes:
    model(np.zeros((1, 28, 28, 1), np.float32))  # Keras exports no model that was never called
    return export.onnx(model)


def _judge(onnx: bytes) -> Judge:
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def judge(images: Images) -> NDArray[np.float32]:
        batches = np.array_split(images[..., None], -(-len(images) // likeness.BATCH))
        return np.concatenate([session.run(None, {name: batch})[0] for batch in batches])

    return judge


def _compare(model: keras.Model, judge: Judge, digits: Digits) -> None:
    images = mnist.scaled(digits.x_train[-500:])
    difference = np.abs(model.predict(images[..., None], verbose=0) - judge(images)).max()
    if difference > AGREEMENT:
        raise RuntimeError(f"The exported model differs from Keras's by {difference:.1e}, more than {AGREEMENT:.0e}.")


def _measured(judge: Judge, digits: Digits, pen: Drawings | None, families: dict[str, Images]) -> Figures:
    """Choose the threshold on the validation digits, then measure on everything else."""
    watched = {"MNIST's last training digits": judge(mnist.scaled(digits.x_train[-WATCHED:]))}
    unseen = {"MNIST test digits": judge(mnist.scaled(digits.x_test))}
    if pen:
        watched["drawings by the validation writers"] = judge(examples.painted(pen.by(VALIDATION).strokes))
        unseen["drawings by held-out writers"] = judge(examples.painted(pen.by(drawings.HELD_OUT).strokes))
    threshold = round(min(HIGHEST, *(float(np.quantile(found, REFUSED)) for found in watched.values())), 4)
    drawn = {name: judge(images) for name, images in families.items()}
    unseen["non-digits of held-out families"] = np.concatenate(list(drawn.values()))
    figures = [
        {name: Refused(refused=int((found < threshold).sum()), of=len(found)) for name, found in all_found.items()}
        for all_found in (watched, unseen, drawn)
    ]
    return Figures(threshold, *figures)


if __name__ == "__main__":
    main()
