"""A recipe as a Keras program to read and to run: a script or a notebook that gives the network our own loop gives.

Both are put together from the same parts. What stands in the texts here is run by whoever downloads them, never by us.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from core.glances import GLANCES
from core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool
from core.recipe import AVERAGED_AT, RISING, RISING_FROM, Recipe

MOST_TITLE = 80  # characters
WIDTH = 100  # characters of a line, roughly
ALL_IMAGES = 60_000  # MNIST's training digits
OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop"}  # Keras's names


@dataclass(frozen=True)
class _Part:
    """One step of a program."""

    name: str
    words: str  # what the step does: a comment in the script, a text cell in the notebook
    code: list[str]  # lines


def script(recipe: Recipe, title: str, remarks: Sequence[str] = ()) -> str:
    """A Keras script that trains this recipe and prints the network's loss and accuracy on the test digits.

    The weights are those that `core.training.loop` gives, up to rounding, which grows over thousands of steps. Two
    exceptions: a limit of seconds is not kept, and dropout in a dense network draws other numbers for the smaller
    batch that an epoch may leave over.

    The script reads MNIST from the file that the environment variable MNIST names, or from data/mnist.npz where it is
    started; without such a file Keras downloads it.

    Args:
        recipe: What to train.
        title: What to call it; any text.
        remarks: Sentences about a run of it that the script does not repeat.
    """
    # A docstring, not a comment: a comment in a file's first two lines could name an encoding, and so become code.
    heading = _heading(title).replace("\\", "\\\\").replace('"', '\\"')
    top = [f'"""{heading}', "", *_notes(recipe, remarks), '"""', "", *_imports(recipe)]
    parts = [[*(f"# {line}" for line in wrap(part.words, WIDTH)), *part.code] for part in _parts(recipe)]
    return "\n\n\n".join("\n".join(lines) for lines in [top, *parts]) + "\n"


def notebook(recipe: Recipe, title: str, remarks: Sequence[str] = ()) -> str:
    """The script as a Jupyter notebook: a sentence before each step, and the epochs as a bar chart at the end.

    Source of the form: "The Notebook file format" 4.5, nbformat.readthedocs.io.
    """
    words = f"# {_markdown(_heading(title))}\n\n" + "  \n".join(_notes(recipe, remarks))
    cells: list[dict[str, object]] = []
    for part in [_Part("imports", words, _imports(recipe)), *_parts(recipe), _errors(recipe)]:
        code = {"cell_type": "code", "id": part.name, "metadata": {}, "source": "\n".join(part.code)}
        cells.append({"cell_type": "markdown", "id": f"about-{part.name}", "metadata": {}, "source": part.words})
        cells.append({**code, "execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    return json.dumps(whole, indent=1) + "\n"


def _heading(title: str) -> str:
    """One line of characters that show: no line ends, none that turn the direction of reading."""
    line = "".join(character for character in " ".join(title.split()) if character.isprintable())
    return f"{line[:MOST_TITLE].strip() or 'Untitled'}: a network that reads handwritten digits, from Digit Lab."


def _markdown(text: str) -> str:
    """The text itself, whatever markdown, HTML or formulas it looks like."""
    return "".join(f"\\{character}" if character in r"\`*_{}[]<>()#+!|~$&" else character for character in text)


def _notes(recipe: Recipe, remarks: Sequence[str]) -> list[str]:
    scipy = " scipy" if recipe.glances > 1 else ""
    lines = [f"Needs Keras and TensorFlow: pip install keras tensorflow{scipy}"]
    if _needs_our_code(recipe):
        lines.append("Keep it in Digit Lab's folder and start it there: it makes images with Digit Lab's code.")
    if recipe.seconds:
        lines.append(f"In Digit Lab this recipe ends after {recipe.seconds} seconds; here it trains all its epochs.")
    if recipe.glances > 1 and recipe.patience:
        lines.append("Digit Lab looks at validation digits several times, too, so it may stop in another epoch.")
    if remarks:
        lines.append(f"The run went otherwise: {' '.join(remarks)} This trains its recipe from beginning to end.")
    return lines


def _needs_our_code(recipe: Recipe) -> bool:
    return recipe.pen_drawings or recipe.augmentation is not None


def _validates(recipe: Recipe) -> bool:
    return recipe.validate_on_test or recipe.fitted_images < recipe.training_images


def _parts(recipe: Recipe) -> list[_Part]:
    return [_digits(recipe), _network(recipe), _training(recipe), _test(recipe)]


def _imports(recipe: Recipe) -> list[str]:
    lines = ["import math", "import os", "", "import keras", "import numpy as np", "from keras import layers"]
    if recipe.glances > 1:
        lines.append("from scipy.ndimage import affine_transform")
    if _needs_our_code(recipe):
        lines.append("")
    if recipe.pen_drawings:
        lines += ["from core import drawings", "from core.mnist import Split"]
    if recipe.augmentation is not None:
        lines.append("from core.recipe import Augmentation, Recipe")
    if _needs_our_code(recipe):
        lines.append("from core.training import augment")
    batch = f"BATCH = {recipe.batch_size}  # images a step"
    return [*lines, "", f"SEED = {recipe.seed}", f"EPOCHS = {recipe.epochs}", batch]


def _digits(recipe: Recipe) -> _Part:
    code = [
        'file = os.environ.get("MNIST", "data/mnist.npz")',
        "if os.path.exists(file):  # works without internet",
        "    with np.load(file) as digits:",
        '        x_train, y_train = digits["x_train"], digits["y_train"]',
        '        x_test, y_test = digits["x_test"], digits["y_test"]',
        "else:",
        "    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()",
        *_chosen(recipe),
        'one_hot = np.eye(10, dtype="float32")  # row d is the answer wanted for the digit d',
        "",
        "",
        "def scaled(images):",
        '    """Pixels from 0 to 1, in the shape the network takes."""',
        f'    return images.reshape(-1, {", ".join(map(str, recipe.input_shape))}).astype("float32") / 255',
    ]
    return _Part("digits", "The digits: 28 x 28 pixels from 0 (paper) to 255 (ink), with labels from 0 to 9.", code)


def _chosen(recipe: Recipe) -> list[str]:
    """The lines that say which images are trained on and which are only watched."""
    fitted, used = recipe.fitted_images, recipe.training_images
    cut = "" if used == ALL_IMAGES else f"[:{used}]"
    lines = []
    if fitted < used:
        lines += [
            f"x_train, x_validation = np.split(x_train{cut}, [{fitted}])  # the last ones only watch the training",
            f"y_train, y_validation = np.split(y_train{cut}, [{fitted}])",
        ]
    elif cut:
        lines.append(f"x_train, y_train = x_train{cut}, y_train{cut}")
    if recipe.validate_on_test:
        lines.append("x_validation, y_validation = x_test, y_test")
    if recipe.pen_drawings:
        lines += [
            "split = Split(x_train, y_train, x_test, y_test)",
            "split = augment.with_drawings(split, drawings.recorded(), SEED)  # pen drawings among the training images",
            "x_train, y_train = split.x_train, split.y_train",
        ]
    return lines


def _network(recipe: Recipe) -> _Part:
    code = [
        f"seeds = np.random.SeedSequence(SEED).generate_state({len(recipe.layers)}).tolist()",
        "glorot = keras.initializers.GlorotUniform",
        "model = keras.Sequential(",
        "    [",
        f"        keras.Input({recipe.input_shape}),",
        *(f"        layers.{_layer(layer, f'seeds[{i}]')}," for i, layer in enumerate(recipe.layers)),
        "    ]",
        ")",
    ]
    if recipe.precision == "bfloat16":
        code += [
            "# 16 bits a number, weights keep their 32. Leave these lines out where the processor has no bfloat16.",
            "for layer in model.layers[:-1]:",
            '    layer.dtype_policy = "mixed_bfloat16"',
        ]
    return _Part("network", "The network. Every layer has a seed of its own for what it does by chance.", code)


def _layer(layer: Layer, seed: str) -> str:
    match layer:
        case Dense():
            return f'Dense({layer.units}, activation="{layer.activation}", kernel_initializer=glorot({seed}))'
        case Conv():
            activation = f'activation="{layer.activation}"' + (', padding="same"' if layer.padding == "same" else "")
            return f"Conv2D({layer.filters}, {layer.kernel}, {activation}, kernel_initializer=glorot({seed}))"
        case MaxPool():
            return f"MaxPooling2D({layer.size})"
        case Flatten():
            return "Flatten()"
        case Dropout():
            return f"Dropout({layer.rate}, seed={seed})"
        case BatchNorm():
            return "BatchNormalization()"


def _training(recipe: Recipe) -> _Part:
    optimizer = f"keras.optimizers.{OPTIMIZERS[recipe.optimizer]}(learning_rate)"
    note, xla = [], []
    if any(isinstance(layer, Dropout) for layer in recipe.layers):  # our loop uses XLA for dense networks only
        note = ["# With XLA, which jit_compile turns on, dropout would draw other random numbers than without."]
        xla = [f"jit_compile={not recipe.convolutional}"]
    watching = ["validation_data=(scaled(x_validation), one_hot[y_validation])"] if _validates(recipe) else []
    if recipe.patience:
        stop = f"keras.callbacks.EarlyStopping(patience={recipe.patience}, restore_best_weights=True)"
        watching.append(f"callbacks=[{stop}]")
    if recipe.averaged_epochs:
        watching.append("callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=keep)]")
    code = [
        "steps = math.ceil(len(x_train) / BATCH)  # an epoch",
        *_learning_rate(recipe),
        *_changes(recipe),
        "",
        "",
        *_batches(recipe),
        "",
        "",
        *_averaging(recipe),
        *note,
        *_call("model.compile", optimizer, *_measured(recipe), *xla),
        *_call(
            "history = model.fit",
            "batches()",
            "epochs=EPOCHS",
            "steps_per_epoch=steps",
            *watching,
            "shuffle=False",
            "verbose=2",
        ),
    ]
    if recipe.averaged_epochs:
        code.append("model.set_weights([np.mean(arrays, axis=0) for arrays in zip(*last, strict=True)])")
    return _Part("training", "The training: every epoch takes all images once, in a new random order.", code)


def _call(name: str, *arguments: str) -> list[str]:
    """A call on one line if it fits, else an argument a line."""
    line = f"{name}({', '.join(arguments)})"
    return [line] if len(line) <= WIDTH else [f"{name}(", *(f"    {argument}," for argument in arguments), ")"]


def _measured(recipe: Recipe) -> list[str]:
    return [f'loss="{recipe.loss}"', 'metrics=["accuracy"]']


def _learning_rate(recipe: Recipe) -> list[str]:
    if recipe.schedule == "constant":
        return [f"learning_rate = {recipe.learning_rate}"]
    cycle = f"(EPOCHS - {recipe.averaged_epochs})" if recipe.averaged_epochs else "EPOCHS"
    code = [
        f"cycle = {cycle} * steps",
        f"rising = max(1, round(cycle * {RISING}))  # steps in which the learning rate goes up, then down",
        *_call(
            "learning_rate = keras.optimizers.schedules.CosineDecay",
            f"{recipe.learning_rate} * {RISING_FROM}",
            "decay_steps=max(1, cycle - rising)",
            f"warmup_target={recipe.learning_rate}",
            "warmup_steps=rising",
        ),
    ]
    if not recipe.averaged_epochs:
        return code
    return [
        *code,
        "",
        "",
        "class ThenConstant(keras.optimizers.schedules.LearningRateSchedule):",
        '    """A schedule for so many steps, and one learning rate ever after."""',
        "",
        "    def __init__(self, schedule, steps, rate):",
        "        self.schedule, self.steps, self.rate = schedule, steps, rate",
        "",
        "    def __call__(self, step):",
        "        return keras.ops.where(step < self.steps, self.schedule(step), self.rate)",
        "",
        "",
        f"learning_rate = ThenConstant(learning_rate, cycle, {recipe.learning_rate} * {AVERAGED_AT})",
    ]


def _changes(recipe: Recipe) -> list[str]:
    if recipe.augmentation is None:
        return []
    settings = ", ".join(f"{name}={value}" for name, value in recipe.augmentation.model_dump().items())
    return _call("changes = Recipe", f"augmentation=Augmentation({settings})", "epochs=EPOCHS", "seed=SEED")


def _averaging(recipe: Recipe) -> list[str]:
    if not recipe.averaged_epochs:
        return []
    return [
        "last = []  # weights after the last epochs, whose mean is the network",
        "",
        "",
        "def keep(epoch, logs):",
        f"    if epoch >= EPOCHS - {recipe.averaged_epochs}:",
        "        last.append(model.get_weights())",
        "",
        "",
    ]


def _batches(recipe: Recipe) -> list[str]:
    loop, images = ["    for _ in range(EPOCHS):"], "x_train"
    if recipe.augmentation is not None:
        images = "images"
        loop = [
            "    for epoch in range(1, EPOCHS + 1):",
            "        images = augment.of_epoch(x_train, changes, epoch)  # as if other people had written them",
        ]
    return [
        "def batches():",
        "    random = np.random.default_rng(SEED)",
        *loop,
        "        order = random.permutation(len(x_train))",
        "        for start in range(0, len(order), BATCH):",
        "            chosen = order[start : start + BATCH]",
        f"            yield scaled({images}[chosen]), one_hot[y_train[chosen]]",
    ]


def _test(recipe: Recipe) -> _Part:
    lines = []
    if recipe.precision == "bfloat16":
        lines += ["for layer in model.layers:", '    layer.dtype_policy = "float32"']
        if recipe.glances == 1:
            lines.append(f"model.compile({', '.join(_measured(recipe))})")
    if recipe.glances == 1:
        lines.append("loss, accuracy = model.evaluate(scaled(x_test), one_hot[y_test], verbose=0)")
    else:
        lines += [
            "images, answers = np.float32(x_test), []",
            f"for degrees, size in {GLANCES}:",
            "    angle = np.radians(degrees)",
            "    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / size",
            "    offset = 13.5 - turn @ [13.5, 13.5]  # about the middle",
            "    glance = np.stack([affine_transform(image, turn, offset, order=1) for image in images])",
            "    answers.append(model.predict(scaled(glance), verbose=0))",
            "probabilities = np.mean(answers, axis=0)",
            f"loss = np.mean(keras.losses.{recipe.loss}(one_hot[y_test], probabilities))",
            "accuracy = np.mean(probabilities.argmax(axis=1) == y_test)",
        ]
    words = "The test, on digits that were not trained on."
    if recipe.glances > 1:
        words += " The network sees each as it is, turned a little, smaller and larger; the mean answer counts."
    return _Part("test", words, [*lines, 'print(f"test accuracy {accuracy:.4f}, loss {loss:.4f}")'])


def _errors(recipe: Recipe) -> _Part:
    accuracy, whose = ("val_accuracy", "validation") if _validates(recipe) else ("accuracy", "training")
    code = [
        f'wrong = [1 - accuracy for accuracy in history.history["{accuracy}"]]',
        "for epoch, share in enumerate(wrong, 1):",
        '    print(f"{epoch:3} {share:7.2%} " + "█" * round(60 * share / max(0.001, *wrong)))',
    ]
    return _Part("errors", f"The share of the {whose} digits that were read wrongly, epoch by epoch.", code)
