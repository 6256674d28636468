"""The programs are run as a student runs them, in a process of their own, and compared with our own training."""

import ast
import itertools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import mnist, program
from core.layers import LAYERS, OUTPUT, BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool
from core.recipe import PRESETS, Augmentation, Recipe
from core.settings import ROOT
from core.training import augment, loop, network

SMALL = {"training_images": 1000, "epochs": 2, "batch_size": 64}
CONVOLUTIONS = (Conv(filters=4, kernel=5), MaxPool(), Conv(filters=6, padding="same"), BatchNorm(), MaxPool())
RECIPES = {
    "augmented": Recipe(
        layers=(Flatten(), Dense(units=16), OUTPUT),
        optimizer="adamw",
        augmentation=Augmentation(rotation=12, shift=1.5),
        pen_drawings=True,
        glances=5,
        loss="mean_squared_error",
        **SMALL,
    ),
    "bfloat16": Recipe(
        layers=(Conv(filters=4), BatchNorm(), MaxPool(), Flatten(), OUTPUT),
        optimizer="rmsprop",
        precision="bfloat16",
        validate_on_test=True,
        **SMALL,
    ),
    "convolutional": Recipe(
        layers=(*CONVOLUTIONS, Flatten(), Dropout(rate=0.3), Dense(units=12, activation="tanh"), OUTPUT),
        schedule="one-cycle",
        learning_rate=4e-3,
        averaged_epochs=2,
        validation_split=0.1,
        seed=2**31 - 1,
        training_images=1000,
        epochs=3,
        batch_size=64,
    ),
    "dense": Recipe(
        layers=(Dense(units=16), Dropout(rate=0.2), OUTPUT), seed=3, training_images=1024, epochs=2, batch_size=64
    ),
    "impatient": Recipe(
        layers=(Dense(units=16, activation="linear"), OUTPUT),
        learning_rate=0.1,
        optimizer="sgd",
        patience=1,
        training_images=1000,
        validation_split=0.3,
        batch_size=20,
        epochs=30,
    ),
}
FEW_RARE = 2  # images of each rare way to write a digit: drawing them takes long

# Runs every program of a folder and keeps what it made. The dense one finds MNIST itself, the others are given few
# digits. Only the number of rare images is not what a student gets.
RUNNER = f"""
import contextlib, io, json, os, pathlib, runpy, sys
import numpy as np
from core.training import augment

augment.RARE = {FEW_RARE}
folder = pathlib.Path(sys.argv[1])
for file in [*folder.glob("*.py"), *folder.glob("*.ipynb")]:
    os.environ["MNIST"] = sys.argv[2]
    if file.name == "dense.py":
        del os.environ["MNIST"]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        if file.suffix == ".py":
            made = runpy.run_path(str(file), run_name="__main__")
        else:
            made = {{}}
            for cell in json.loads(file.read_text())["cells"]:
                if cell["cell_type"] == "code":
                    exec(cell["source"], made)
    figures = {{"loss": made["loss"], "accuracy": made["accuracy"], "epochs": len(made["history"].epoch)}}
    np.savez(f"{{file}}.npz", *made["model"].get_weights(), said=said.getvalue(), **figures)
"""


@dataclass(frozen=True)
class Made:
    """What a program left behind."""

    weights: list[np.ndarray]
    loss: float
    accuracy: float
    epochs: int
    said: str


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory, few_digits: mnist.Digits) -> Path:
    """A file of few digits."""
    file = tmp_path_factory.mktemp("digits") / "few"
    with open(file, "wb") as opened:
        np.savez(opened, **vars(few_digits))
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, few: Path) -> dict[str, Made]:
    """Every program by its file's name, run."""
    folder = tmp_path_factory.mktemp("programs")
    for name, recipe in RECIPES.items():
        (folder / f"{name}.py").write_text(program.script(recipe, name), encoding="utf-8")
    name = "convolutional"
    (folder / f"{name}.ipynb").write_text(program.notebook(RECIPES[name], name), encoding="utf-8")
    changes = {"DIGITLAB_STROKES": str(folder / "none.npz"), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(folder), str(few)],
        cwd=ROOT,
        env=os.environ | changes,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr
    return {file.stem: read(file) for file in folder.glob("*.npz")}


def read(file: Path) -> Made:
    with np.load(file) as kept:
        weights = [kept[name] for name in kept.files if name.startswith("arr_")]
        return Made(weights, float(kept["loss"]), float(kept["accuracy"]), int(kept["epochs"]), str(kept["said"]))


@pytest.mark.parametrize("name", RECIPES)
def test_script_gives_the_network_our_training_gives(
    name: str, made: dict[str, Made], few_digits: mnist.Digits, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(augment, "RARE", FEW_RARE)
    ours = loop.train(RECIPES[name], mnist.digits() if name == "dense" else few_digits, lambda event: None)
    its = made[f"{name}.py"]
    for mine, weights in zip(ours.model.get_weights(), its.weights, strict=True):
        np.testing.assert_allclose(mine, weights, atol=1e-4)
    assert its.epochs == len(ours.history)
    assert its.loss == pytest.approx(ours.test_loss, abs=1e-4)
    assert its.accuracy == pytest.approx(ours.test_accuracy, abs=1e-3)
    assert its.said.endswith(f"test accuracy {its.accuracy:.4f}, loss {its.loss:.4f}\n")


def test_impatient_script_stops_before_its_last_epoch(made: dict[str, Made]):
    assert made["impatient.py"].epochs < RECIPES["impatient"].epochs


def test_notebook_gives_the_network_the_script_gives(made: dict[str, Made]):
    script, notebook = made["convolutional.py"], made["convolutional.ipynb"]
    for its, weights in zip(script.weights, notebook.weights, strict=True):
        np.testing.assert_allclose(its, weights, atol=1e-5)
    assert "test accuracy" in notebook.said
    assert notebook.said.splitlines()[-3].startswith("  1 ")
    assert notebook.said.splitlines()[-1].endswith("█")


def test_notebook_has_the_script_s_lines_and_words_before_each_step():
    recipe = PRESETS["reader"]
    whole = json.loads(program.notebook(recipe, "reader"))
    assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
    kinds = [cell["cell_type"] for cell in whole["cells"]]
    assert kinds == ["markdown", "code"] * 6
    assert all(cell["source"] for cell in whole["cells"])
    names = [cell["id"] for cell in whole["cells"]]
    assert len(set(names)) == len(names)
    script = program.script(recipe, "reader")
    assert all(cell["source"] in script for cell in whole["cells"][1:-2:2])


@pytest.mark.parametrize("recipe", [*PRESETS.values(), *RECIPES.values()], ids=[*PRESETS, *RECIPES])
def test_script_is_as_ruff_would_have_it(recipe: Recipe):
    ruff = [sys.executable, "-m", "ruff"]
    chosen = "--select=E,W,F,I,B,C4,SIM,UP,RUF,NPY"
    for command in ([*ruff, "format", "--check", "-"], [*ruff, "check", chosen, "-"]):
        done = subprocess.run(command, input=program.script(recipe, "a"), capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr


def test_script_of_a_small_recipe_has_no_line_it_does_not_need():
    text = program.script(PRESETS["ten-lines"], "ten-lines")
    for word in ("validation", "core", "augment", "CosineDecay", "bfloat16", "glance", "jit", "callbacks"):
        assert word not in text
    assert len(text.splitlines()) <= 70


@pytest.mark.parametrize("glances", [1, 5])
def test_only_what_makes_images_needs_our_code(glances: int):
    assert "core" not in program.script(Recipe(glances=glances), "a")
    for change in ({"augmentation": Augmentation()}, {"pen_drawings": True}):
        text = program.script(Recipe(glances=glances).with_changes(**change), "a")
        assert "Keep it in Digit Lab's folder" in str(ast.get_docstring(ast.parse(text)))


def test_limit_of_seconds_is_said_not_to_be_kept():
    assert "ends after 60 seconds" in program.script(Recipe(seconds=60), "a")
    assert "seconds" not in program.script(Recipe(), "a")


KINDS = [Dense(activation="linear"), Conv(padding="same"), MaxPool(size=3), Flatten(), Dropout(rate=1 / 3), BatchNorm()]


def test_every_kind_of_layer_is_written_here():
    assert [type(layer) for layer in KINDS] == list(LAYERS.values())


@pytest.mark.parametrize("schedule", ["constant", "one-cycle"])
@pytest.mark.parametrize(("optimizer", "layer"), [*itertools.product(["adam"], KINDS), ("sgd", KINDS[0])])
def test_layers_and_optimiser_are_set_as_ours(
    optimizer: str, layer: Layer, schedule: str, few: Path, monkeypatch: pytest.MonkeyPatch
):
    layers = (layer, OUTPUT) if isinstance(layer, Dense) else (layer, Flatten(), OUTPUT)
    settings = {"layers": layers, "optimizer": optimizer, "schedule": schedule, "learning_rate": 1 / 3}
    recipe = Recipe.model_validate({**settings, "training_images": 1990})
    monkeypatch.setenv("MNIST", str(few))
    names: dict[str, Any] = {}
    exec(program.script(recipe, "a").partition("history = ")[0], names)
    ours = network.build(recipe)
    assert [its_settings(one) for one in names["model"].layers] == [its_settings(one) for one in ours.layers]
    assert its_settings(names["model"].optimizer) == its_settings(network.optimizer(recipe, steps=16))


def its_settings(one: keras.Layer | keras.Optimizer) -> dict[str, Any]:
    return {"type": type(one)} | {name: value for name, value in one.get_config().items() if name != "name"}


def test_every_optimiser_has_keras_s_name():
    assert {name: kind.__name__ for name, kind in network.OPTIMIZERS.items()} == program.OPTIMIZERS


HOSTILE = [
    '"""\nimport os\nos.abort()\n"""',
    "\\",
    'ends with "',
    "coding: utf-7",
    "line\r\x0c\u2028\x00break",
    "\ud800 \u202e\u2066",
    "",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_title_is_only_a_title(title: str):
    check_title(title)


@given(st.text())
def test_any_title_is_only_a_title(title: str):
    check_title(title)


def check_title(title: str) -> None:
    """The program is the same but for one line of its docstring."""
    tree, other = (ast.parse(program.script(Recipe(), each).encode()) for each in (title, "other"))
    shown = str(ast.get_docstring(tree)).partition("\n")[0]
    assert shown.endswith(": a network that reads handwritten digits, from Digit Lab.")
    assert shown.isprintable()
    tree.body[0] = other.body[0]
    assert ast.dump(tree) == ast.dump(other)
    cells = json.loads(program.notebook(Recipe(), title).encode())["cells"]
    assert len(cells[0]["source"].splitlines()) == 3


def test_title_stands_in_the_notebook_as_text_not_as_markup():
    source = json.loads(program.notebook(Recipe(), "![x](http://a) <b>"))["cells"][0]["source"]
    assert source.startswith(r"# \!\[x\]\(http://a\) \<b\>: a network")
