import json

import pytest
from pydantic import ValidationError

from core.layers import OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from core.recipe import MOST_PARAMETERS, PRESETS, Recipe, explain, summary, too_much

PUBLISHED = {  # layers, optimiser, batch, epochs, parameters
    "ten-lines": (["Dense 10 sigmoid", "Dense 10 softmax"], "sgd", 32, 10, 7_960),
    "keras-intro": (["Dense 10 sigmoid", "Dense 10 softmax"], "sgd", 100, 5, 7_960),
    "simple-cnn": (
        [
            "Conv 32 3x3 relu",
            "Max-pool 2x2",
            "Conv 64 3x3 relu",
            "Max-pool 2x2",
            "Flatten",
            "Dropout 0.5",
            "Dense 10 softmax",
        ],
        "adam",
        128,
        10,
        34_826,
    ),
    "first-network": (["Dense 512 relu", "Dense 10 softmax"], "adam", 64, 5, 407_050),
    "express-mlp": (["Dense 512 relu", "Dense 10 softmax"], "sgd", 128, 10, 407_050),
}


def test_different_layers_have_different_titles() -> None:
    layers = [Conv(), Conv(padding="same"), Conv(kernel=5), Conv(activation="tanh"), Dense(), Dense(activation="tanh")]
    assert len({layer.title for layer in layers}) == len(layers)


def refusal(**settings: object) -> str:
    with pytest.raises(ValidationError) as refused:
        Recipe.model_validate(settings)
    return explain(refused.value)


def test_presets_are_not_too_much():
    assert [too_much(recipe) for recipe in PRESETS.values()] == [None] * len(PRESETS)


def test_network_that_takes_long_for_one_image_or_much_memory_is_too_much_but_a_recipe():
    wide = Conv(filters=12, kernel=28, padding="same")
    slow = Recipe(layers=(Conv(filters=400, kernel=1, padding="same"), wide, Flatten(), OUTPUT))
    assert "2,951 million multiplications for one image; at most 200 million" in str(too_much(slow))
    fine = Recipe(layers=(wide, Flatten(), OUTPUT))
    assert fine.multiply_adds == 785 * 12 * 784 + (12 * 784 + 1) * 10
    assert too_much(fine) is None
    unfolded = Recipe(
        layers=(Conv(filters=60, kernel=1), Conv(filters=1, kernel=28, padding="same"), Flatten(), OUTPUT)
    )
    assert too_much(unfolded) == (
        "Layer 2 (Conv 1 28x28 relu, padded) needs too much memory. Make its kernel or the layer before it smaller."
    )


def test_five_glances_are_five_times_the_work():
    recipe = Recipe(layers=(Conv(filters=80, kernel=28, padding="same"), Flatten(), OUTPUT))
    assert too_much(recipe) is None
    assert "million" in str(too_much(recipe.with_changes(glances=5)))


def test_presets_begin_with_the_five_published_recipes():
    assert list(PRESETS)[:5] == list(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_preset_is_as_published(name: str):
    recipe = PRESETS[name]
    titles = [layer.title for layer in recipe.layers]
    assert (titles, recipe.optimizer, recipe.batch_size, recipe.epochs, recipe.parameters) == PUBLISHED[name]
    assert recipe.learning_rate == {"sgd": 0.01, "adam": 0.001}[recipe.optimizer]  # Keras's defaults
    assert recipe.loss == "categorical_crossentropy"
    assert recipe.training_images == 60_000
    assert recipe.validation_split == (0.1 if name == "simple-cnn" else 0)
    assert recipe.validate_on_test == (name == "express-mlp")


@pytest.mark.parametrize("recipe", PRESETS.values(), ids=PRESETS)
def test_recipe_survives_json(recipe: Recipe):
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_recipe_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        Recipe().epochs = 3


def test_with_changes_gives_another_recipe_and_checks_it():
    recipe = PRESETS["ten-lines"]
    assert recipe.with_changes(epochs=1, seed=7).model_dump() == {**recipe.model_dump(), "epochs": 1, "seed": 7}
    assert recipe.epochs == 10
    with pytest.raises(ValidationError):
        recipe.with_changes(epochs=0)


@pytest.mark.parametrize(
    "settings",
    [{"epoch": 3}, {"layers": [{"kind": "dense", "neurons": 3}, {"kind": "dense", "units": 10}]}],
    ids=["recipe", "layer"],
)
def test_unknown_setting_is_refused(settings: dict[str, object]):
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Recipe.model_validate_json(json.dumps(settings))


def test_unknown_layer_is_refused():
    with pytest.raises(ValidationError, match="transformer"):
        Recipe.model_validate_json('{"layers": [{"kind": "transformer"}]}')


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        (
            [Flatten(), Conv(), OUTPUT],
            "Layer 2 (Conv 32 3x3 relu) needs an image, but the values before it are already flat.",
        ),
        (
            [Flatten(), MaxPool(), OUTPUT],
            "Layer 2 (Max-pool 2x2) needs an image, but the values before it are already flat.",
        ),
        (
            [MaxPool(size=20), MaxPool(), Flatten(), OUTPUT],
            "Layer 2 (Max-pool 2x2) would pool 1x1 pixels to less than one.",
        ),
        (
            [MaxPool(size=7), Conv(kernel=5), Flatten(), OUTPUT],
            "Layer 2 (Conv 32 5x5 relu) its 5x5 kernel does not fit into 4x4 pixels.",
        ),
        (
            [Conv(), Dense(), OUTPUT],
            "Layer 2 (Dense 64 relu) needs a flat list of values; put a flatten layer before it.",
        ),
        (
            [Dense(units=4096), Dense(units=4096), OUTPUT],
            "Layer 2 (Dense 4096 relu) brings the network to 19,996,672 parameters; at most 5,000,000 can be trained"
            " here.",
        ),
        ([Dense()], "The last layer must be Dense 10 softmax, one output a digit, got Dense 64 relu."),
        ([OUTPUT, Dropout()], "The last layer must be Dense 10 softmax, one output a digit, got Dropout 0.5."),
    ],
)
def test_network_that_cannot_be_is_refused_with_a_sentence(layers: list[object], sentence: str):
    assert refusal(layers=layers) == sentence


def test_batch_that_needs_too_much_memory_is_refused():
    layers = [Conv(filters=512, kernel=1), MaxPool(size=28), Flatten(), OUTPUT]
    assert refusal(layers=layers, batch_size=1024).startswith("Layer 1 (Conv 512 1x1 relu) needs more than 1 GiB")


def test_validating_on_a_split_and_on_the_test_digits_is_refused():
    assert refusal(validation_split=0.1, validate_on_test=True) == (
        "Validate on a split or on the test digits, not on both."
    )


def test_explain_names_the_setting():
    assert refusal(epochs=0) == "epochs: Input should be greater than or equal to 1"
    assert refusal(layers=[{"kind": "dense", "units": 0}, OUTPUT]).startswith("layers dense units: ")


def test_largest_network_fits():
    recipe = Recipe(layers=(Dense(units=4096), Dense(units=434), OUTPUT))
    assert MOST_PARAMETERS - 10_000 < recipe.parameters <= MOST_PARAMETERS


def test_network_of_dense_layers_is_given_a_flat_list():
    assert Recipe(layers=(BatchNorm(), Dense(), Dropout(), OUTPUT)).input_shape == (784,)
    assert Recipe(layers=(Flatten(), OUTPUT)).input_shape == (28, 28, 1)


def test_summary_gives_shapes_and_parameters_layer_by_layer():
    rows = [(row.output_shape, row.parameters) for row in summary(PRESETS["simple-cnn"])]
    assert rows == [
        ((26, 26, 32), 320),
        ((13, 13, 32), 0),
        ((11, 11, 64), 18_496),
        ((5, 5, 64), 0),
        ((1600,), 0),
        ((1600,), 0),
        ((10,), 16_010),
    ]


@pytest.mark.parametrize("changes", [{"patience": 2, "validation_split": 0.1}, {"seconds": 30}])
def test_averaging_without_a_known_end_is_refused(changes: dict[str, object]):
    assert refusal(averaged_epochs=2, **changes) == (
        "Averaging needs to know the last epochs: set patience and seconds to 0."
    )


def test_averaging_all_epochs_is_refused():
    assert refusal(epochs=3, averaged_epochs=3) == "The averaged epochs must be fewer than all epochs."
