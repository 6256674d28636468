import csv
import dataclasses
import io
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import pytest

from core import mnist
from core.library import FILES, Card, sha256
from core.recipe import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, Recipe
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
    assert set(files) == set(FILES)


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


def test_network_that_comes_out_different_is_not_bundled(trained: loop.TrainedNetwork, few_digits: mnist.Digits):
    other = dataclasses.replace(trained, test_probabilities=trained.test_probabilities + np.float32(1e-4))
    with pytest.raises(RuntimeError, match=r"differs from Keras's by 1\.0e-04"):
        export.bundle(other, few_digits, "A title")
