"""A trained network as a bundle: the files that one folder of the library holds."""

import csv
import io
import tempfile
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from core import calibration, scoring, weights
from core.bundle import Card, sha256
from core.drawings import HELD_OUT, Drawings
from core.events import EpochEnd
from core.mnist import Digits
from core.model import Predict, run
from core.recipe import Recipe
from core.training.loop import TrainedNetwork
from core.training.steps import EVALUATION_BATCH

# How far ONNX Runtime's probabilities may be from Keras's. Large logits make float32's rounding one of some 1e-4, and
# a digit on the border between two answers then differs by as much; such digits are few, and the mean stays below 1e-7.
MOST_DIFFERENCE = 1e-2
MOST_MEAN_DIFFERENCE = 1e-5
LEVELS = (0.97, 0.98, 0.99)  # validation accuracies whose time stands on the card
LIBRARIES = ("tensorflow", "keras", "onnxruntime", "numpy")


class Differs(RuntimeError):
    """The exported network does not answer as the trained one."""


def bundle(
    trained: TrainedNetwork,
    digits: Digits,
    title: str,
    drawings: Drawings | None = None,
    began_as: str | None = None,
    heed: Callable[[], object] = lambda: None,
) -> dict[str, bytes]:
    """Write a trained network as files.

    Args:
        trained: What `loop.train` or `loop.measure` made of a recipe.
        digits: MNIST.
        title: Whatever its visitors shall know it by.
        drawings: Pen drawings; it is scored on those of the writers that nobody trains on.
        began_as: The model whose weights it began with.
        heed: Called between two batches of images that the exported network reads.

    Returns:
        The bytes of every file of `core.bundle.FILES` and `MORE_FILES`.

    Raises:
        Differs: If ONNX Runtime's probabilities on the test digits are not Keras's, up to rounding.
    """
    files = _models(trained)
    held_out = None if drawings is None else drawings.by(HELD_OUT)  # a file of one's own may have none
    predict = _predictor(files["model.onnx"], trained.recipe, heed)
    _compare(predict(np.asarray(digits.x_test / 255, np.float32)), trained.test_probabilities)
    files["weights.safetensors"] = weights.to_bytes(trained.recipe, trained.model.get_weights())
    files["test_probabilities.npy"] = _npy(trained.test_probabilities)
    files["recipe.json"] = trained.recipe.model_dump_json(indent=2).encode()
    files["history.csv"] = _history(trained.history).encode()
    card = Card(
        title=title,
        test_accuracy=trained.test_accuracy,
        test_loss=trained.test_loss,
        temperature=trained.temperature,
        calibration_error=calibration.calibration_error(
            calibration.tempered(trained.test_probabilities, trained.temperature), digits.y_test
        ),
        drawn=scoring.score(predict, held_out) if held_out is not None and len(held_out) else None,
        trained_on=_trained_on(trained, drawings),
        parameters=trained.recipe.parameters,
        epochs=len(trained.history),
        remarks=(*((f"It began with the weights of {began_as}.",) if began_as else ()), *trained.remarks),
        as_asked=trained.as_asked,
        training_images=trained.training_images,
        seconds=round(trained.seconds, 2),
        seconds_to=_seconds_to(trained.history),
        seed=trained.recipe.seed,
        created=datetime.now(UTC),
        versions={library: version(library) for library in LIBRARIES},
        sha256={name: sha256(data) for name, data in files.items()},
    )
    files["card.json"] = card.model_dump_json(indent=2).encode()
    return files


def _compare(exported: NDArray[np.float32], trained: NDArray[np.float32]) -> None:
    differences = np.abs(exported - trained)
    mean, most = float(differences.mean()), float(differences.max())
    if not (mean <= MOST_MEAN_DIFFERENCE and most <= MOST_DIFFERENCE):  # nor if one is not a number
        raise Differs(f"The exported model's answers differ from the trained one's: by {mean:.1e}, at most {most:.1e}.")


def _models(trained: TrainedNetwork) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.keras")
        trained.model.save(file)
        return {
            "model.onnx": _exported(trained.model, "onnx"),
            "model.tflite": _exported(trained.model, "litert"),
            "model.keras": file.read_bytes(),
        }


def _npy(array: NDArray[np.float32]) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def onnx(model: keras.Model) -> bytes:
    """A model that was called before, as an ONNX file."""
    return _exported(model, "onnx")


def _exported(model: keras.Model, kind: Literal["onnx", "litert"]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.onnx" if kind == "onnx" else "model.tflite")
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # Keras 3.15 looks for `np.object`
            model.export(file, format=kind, verbose=False)
        return file.read_bytes()


def _predictor(onnx: bytes, recipe: Recipe, heed: Callable[[], object]) -> Predict:
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])

    def predict(images: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = []
        for at in range(0, len(images), EVALUATION_BATCH):
            heed()
            parts.append(run(session, recipe, images[at : at + EVALUATION_BATCH]))
        return np.concatenate(parts)

    return predict


def _seconds_to(history: tuple[EpochEnd, ...]) -> dict[str, float]:
    """After how many seconds each level was reached; only the highest of those that were reached together."""
    reached = {level: [end.seconds for end in history if (end.val_accuracy or 0) >= level] for level in LEVELS}
    highest = {seconds[0]: level for level, seconds in reached.items() if seconds}
    return {f"{level:.0%}": round(seconds, 2) for seconds, level in highest.items()}


def _trained_on(trained: TrainedNetwork, drawings: Drawings | None) -> str:
    if trained.uploaded:
        return "unknown digits: it was uploaded, and only measured here"
    mnist = f"{trained.recipe.fitted_images:,} of MNIST's training digits"
    if not trained.recipe.pen_drawings:
        return mnist
    if drawings is None:
        return f"{mnist} and generated ones in rare styles"
    own = drawings.without(HELD_OUT)
    recorded = f"{len(own):,} drawings by {len(set(own.writers.tolist()))} other writers of {own.source}"
    return f"{mnist}, {recorded}, and generated ones in rare styles"


def _history(history: tuple[EpochEnd, ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [name for name in EpochEnd.model_fields if name != "kind"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(end.model_dump(exclude={"kind"}) for end in history)
    return text.getvalue()
