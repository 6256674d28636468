"""A trained network as a bundle: the files that one folder of the library holds."""

import csv
import io
import tempfile
import warnings
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime

from core.events import EpochEnd
from core.library import Card, sha256
from core.mnist import Digits
from core.training.loop import TrainedNetwork

AGREEMENT = 1e-5  # largest difference of a probability between Keras and ONNX Runtime
LIBRARIES = ("tensorflow", "keras", "onnxruntime", "numpy")


def bundle(trained: TrainedNetwork, digits: Digits, title: str) -> dict[str, bytes]:
    """Write a trained network as files.

    Returns:
        The bytes of `model.onnx`, `model.keras`, `recipe.json`, `history.csv` and `card.json`.

    Raises:
        RuntimeError: If ONNX Runtime's probabilities on the test digits differ from Keras's by more than 1e-5.
    """
    files = _models(trained)
    difference = _disagreement(files["model.onnx"], trained, digits)
    if difference > AGREEMENT:
        raise RuntimeError(f"The exported model differs from Keras's by {difference:.1e}, more than {AGREEMENT:.0e}.")
    files["recipe.json"] = trained.recipe.model_dump_json(indent=2).encode()
    files["history.csv"] = _history(trained.history).encode()
    card = Card(
        title=title,
        test_accuracy=trained.test_accuracy,
        test_loss=trained.test_loss,
        parameters=trained.recipe.parameters,
        epochs=len(trained.history),
        training_images=trained.recipe.fitted_images,
        seconds=round(trained.seconds, 2),
        seed=trained.recipe.seed,
        created=datetime.now(UTC),
        versions={library: version(library) for library in LIBRARIES},
        sha256={name: sha256(data) for name, data in files.items()},
    )
    files["card.json"] = card.model_dump_json(indent=2).encode()
    return files


def _models(trained: TrainedNetwork) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        onnx, keras = Path(folder, "model.onnx"), Path(folder, "model.keras")
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # Keras 3.15 looks for `np.object`
            trained.model.export(onnx, format="onnx", verbose=False)
        trained.model.save(keras)
        return {"model.onnx": onnx.read_bytes(), "model.keras": keras.read_bytes()}


def _disagreement(onnx: bytes, trained: TrainedNetwork, digits: Digits) -> float:
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    images = (digits.x_test / np.float32(255)).reshape(-1, *trained.recipe.input_shape)
    (probabilities,) = session.run(None, {session.get_inputs()[0].name: images})
    return float(np.abs(probabilities - trained.test_probabilities).max())


def _history(history: tuple[EpochEnd, ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [name for name in EpochEnd.model_fields if name != "kind"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(end.model_dump(exclude={"kind"}) for end in history)
    return text.getvalue()
