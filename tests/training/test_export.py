import csv
import dataclasses
import io
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest

from core import mnist
from core.bundle import FILES, MORE_FILES, Card, sha256
from core.drawings import HELD_OUT, Drawings
from core.events import EpochEnd
from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import Recipe
from core.training import export, loop

RECIPES = {
    "flat": Recipe(
        layers=(
            BatchNorm(),
            Dense(units=20, activation="tanh"),
            Dropout(rate=0.3),
            Dense(units=20, activation="sigmoid"),
            OUTPUT,
        ),
        epochs=2,
        training_images=500,
        validation_split=0.2,
    ),
    "image": Recipe(
        layers=(
            Conv(filters=6, kernel=4, padding="same"),
            BatchNorm(),
            MaxPool(size=3),
            Dropout(rate=0.3),
            Conv(filters=4, activation="linear"),
            Flatten(),
            Dense(units=12, activation="softmax"),
            OUTPUT,
        ),
        epochs=1,
        training_images=500,
    ),
}


@pytest.fixture(scope="module", params=RECIPES)
def trained(request: pytest.FixtureRequest, few_digits: mnist.Digits) -> loop.TrainedNetwork:
    return loop.train(RECIPES[request.param], few_digits, lambda event: None)


@pytest.fixture(scope="module")
def files(trained: loop.TrainedNetwork, few_digits: mnist.Digits) -> dict[str, bytes]:
    return export.bundle(trained, few_digits, "A title")


def test_bundle_holds_the_librarys_files(files: dict[str, bytes]):
    assert set(files) == {*FILES, *MORE_FILES}


@pytest.mark.parametrize("count", [1, 2, 33])
def test_onnx_predicts_what_keras_predicts_for_any_number_of_images(
    trained: loop.TrainedNetwork, files: dict[str, bytes], count: int
):
    images = np.random.default_rng(0).random((count, *trained.recipe.input_shape), np.float32)
    session = onnxruntime.InferenceSession(files["model.onnx"])
    (found,) = session.run(None, {session.get_inputs()[0].name: images})
    np.testing.assert_allclose(found, trained.model.predict_on_batch(images), atol=1e-5)


def test_keras_file_is_the_same_network(trained: loop.TrainedNetwork, files: dict[str, bytes], tmp_path: Path):
    file = tmp_path / "model.keras"
    file.write_bytes(files["model.keras"])
    for read, kept in zip(keras.saving.load_model(file).get_weights(), trained.model.get_weights(), strict=True):
        np.testing.assert_array_equal(read, kept)


def test_recipe_is_kept(trained: loop.TrainedNetwork, files: dict[str, bytes]):
    assert Recipe.model_validate_json(files["recipe.json"]) == trained.recipe


def test_history_is_a_table_of_the_epochs(trained: loop.TrainedNetwork, files: dict[str, bytes]):
    rows = list(csv.DictReader(io.StringIO(files["history.csv"].decode())))
    assert [int(row["epoch"]) for row in rows] == list(range(1, trained.recipe.epochs + 1))
    assert [float(row["loss"]) for row in rows] == [end.loss for end in trained.history]
    assert all((row["val_loss"] == "") == (trained.recipe.validation_split == 0) for row in rows)


def test_card_tells_what_was_measured(trained: loop.TrainedNetwork, files: dict[str, bytes]):
    card = Card.model_validate_json(files["card.json"])
    assert (card.title, card.test_accuracy, card.test_loss) == ("A title", trained.test_accuracy, trained.test_loss)
    assert card.parameters == trained.model.count_params()
    assert card.epochs == trained.recipe.epochs
    assert card.training_images == trained.recipe.fitted_images
    assert card.versions["keras"] == keras.__version__
    assert card.sha256 == {name: sha256(data) for name, data in files.items() if name != "card.json"}


def test_card_tells_how_many_seconds_each_accuracy_took(trained: loop.TrainedNetwork, few_digits: mnist.Digits):
    told = [
        EpochEnd(epoch=epoch, images=epoch, loss=1, accuracy=0.5, val_loss=1, val_accuracy=accuracy, seconds=epoch)
        for epoch, accuracy in enumerate((0.9, 0.985, 0.975, 0.991), 1)
    ]
    files = export.bundle(dataclasses.replace(trained, history=tuple(told)), few_digits, "A title")
    assert Card.model_validate_json(files["card.json"]).seconds_to == {"98%": 2, "99%": 4}


def test_card_scores_held_out_writers_only(trained: loop.TrainedNetwork, few_digits: mnist.Digits):
    one = [np.array([[50.0, 10], [50, 90]])]
    drawings = Drawings([one] * 3, np.array([1, 1, 1], np.uint8), np.array([1, HELD_OUT[0], HELD_OUT[1]]), "a test")
    drawn = Card.model_validate_json(export.bundle(trained, few_digits, "A title", drawings)["card.json"]).drawn
    assert drawn is not None
    assert drawn.count == 2
    assert drawn.whose == f"writers {HELD_OUT[0]}, {HELD_OUT[1]} of a test"


def test_file_without_held_out_writers_scores_nothing(trained: loop.TrainedNetwork, few_digits: mnist.Digits):
    drawings = Drawings([[np.array([[200.0, 50], [200, 350]])]], np.array([1], np.uint8), np.array([0]), "a test")
    assert Card.model_validate_json(export.bundle(trained, few_digits, "A", drawings)["card.json"]).drawn is None


def test_temperature_is_fitted_where_there_is_a_validation_split(trained: loop.TrainedNetwork, files: dict[str, bytes]):
    card = Card.model_validate_json(files["card.json"])
    assert (card.temperature != 1) == bool(trained.recipe.validation_split)
    assert card.calibration_error is not None
    assert 0 <= card.calibration_error < 0.5


@pytest.mark.parametrize(("digits", "difference"), [(500, 1e-4), (1, 0.1), (1, np.nan)])
def test_network_that_comes_out_different_is_not_bundled(
    digits: int, difference: float, trained: loop.TrainedNetwork, few_digits: mnist.Digits
):
    probabilities = trained.test_probabilities.copy()
    probabilities[:digits] += np.float32(difference)
    with pytest.raises(export.Differs, match="answers differ"):
        export.bundle(dataclasses.replace(trained, test_probabilities=probabilities), few_digits, "A title")


def test_network_whose_large_logits_round_otherwise_for_a_few_digits_is_bundled(
    trained: loop.TrainedNetwork, few_digits: mnist.Digits
):
    probabilities = trained.test_probabilities.copy()
    probabilities[0, :2] += np.array([2e-4, -2e-4], np.float32)
    assert export.bundle(dataclasses.replace(trained, test_probabilities=probabilities), few_digits, "A title")
