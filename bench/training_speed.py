"""Seconds of training: plain `keras.Model.fit`, as the tutorials write it, against our loop, in turn, in one run.

    python bench/training_speed.py [--presets NAME ...] [--seeds N] [--bfloat16] [--torch]

Ours runs as it does for a visitor: events a few times a second, each written to a ledger on disk, a checkpoint after
every epoch, on a network that was compiled ahead, as a trainer with nothing to do compiles every published recipe; how
long that took stands beside it. Both shuffle every epoch and have the same batch size, epochs, optimiser, loss and
validation. With --bfloat16 ours is trained once more with the precision set so, and with --torch PyTorch (`pip install
torch`, for this comparison only) runs its usual loop over tensors in memory.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import mnist
from core.checkpoint import Checkpoint, to_bytes
from core.events import Told
from core.mnist import Digits
from core.recipe import PRESETS, Precision, Recipe
from core.run import State
from core.runs import Ledger
from core.training import loop, network
from core.training.ready import Shelf

PUBLISHED = ("ten-lines", "keras-intro", "first-network", "express-mlp", "simple-cnn")


@dataclass(frozen=True)
class Measured:
    """One training."""

    seconds: float
    accuracy: float  # share of the 10,000 test digits
    told: float = 0.0  # share of the seconds that events took
    ahead: float = 0.0  # seconds before, to build and compile


def plain(recipe: Recipe, digits: Digits) -> Measured:
    """As the tutorials write it: all images as floats, one-hot labels, compile, fit."""
    x_train, x_test = (_floats(recipe, images) for images in (digits.x_train, digits.x_test))
    y_train, y_test = keras.utils.to_categorical(digits.y_train), keras.utils.to_categorical(digits.y_test)
    keras.utils.set_random_seed(recipe.seed)
    model = network.build(recipe)
    began = time.perf_counter()
    model.compile(optimizer=network.optimizer(recipe, 1), loss=recipe.loss, metrics=["accuracy"])
    model.fit(
        x_train,
        y_train,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        validation_split=recipe.validation_split,
        validation_data=(x_test, y_test) if recipe.validate_on_test else None,
        verbose=0,
    )
    seconds = time.perf_counter() - began
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    return Measured(seconds, accuracy)


def ours(recipe: Recipe, digits: Digits, *, folder: Path, ledger: Ledger, precision: Precision = "float32") -> Measured:
    """The loop with its events in a ledger and its checkpoints on the disk."""
    recipe = recipe.with_changes(precision=precision)
    began = time.perf_counter()
    shelf = Shelf()
    shelf.prepare(recipe)
    ahead = time.perf_counter() - began
    run_id = ledger.submit(recipe, "bench")
    ledger.claim()

    def save(checkpoint: Checkpoint) -> None:
        (folder / "checkpoint.npz").write_bytes(to_bytes(checkpoint))

    def keep(checkpoint: Checkpoint) -> None:
        writer.submit(save, checkpoint)

    telling = written = 0.0

    def write(event: Told) -> None:
        nonlocal written
        began = time.thread_time()
        ledger.record(run_id, 1, event)
        written += time.thread_time() - began

    def report(event: Told) -> None:
        nonlocal telling
        began = time.perf_counter()
        event.model_dump_json()
        writer.submit(write, event)
        telling += time.perf_counter() - began

    # The training only tells; in the app another process writes events, and a thread sends checkpoints.
    with ThreadPoolExecutor(1) as writer:
        trained = loop.train(recipe, digits, report, ready=shelf.take(recipe), keep=keep)
    ledger.finish(run_id, 1, State.DONE)
    return Measured(trained.seconds, trained.test_accuracy, (telling + written) / trained.seconds, ahead)


def pytorch(recipe: Recipe, digits: Digits) -> Measured:
    """PyTorch, in a process of its own: together with TensorFlow in one it crashes."""
    del digits  # it reads them itself
    command = [sys.executable, str(Path(__file__).with_name("pytorch_speed.py"))]
    done = subprocess.run(command, input=recipe.model_dump_json(), text=True, stdout=subprocess.PIPE, check=True)
    seconds, accuracy = map(float, done.stdout.split())
    return Measured(seconds, accuracy)


def _floats(recipe: Recipe, images: mnist.Pixels) -> np.ndarray:
    return (images / np.float32(255)).reshape(-1, *recipe.input_shape)


def compare(ways: dict[str, Callable[[Recipe, Digits], Measured]], presets: Sequence[str], seeds: int) -> None:
    """Print a table: seconds, ratios, accuracies, their difference."""
    digits = mnist.digits()
    print(
        "| preset | "
        + " | ".join(f"{way}, s | test accuracy" for way in ways)
        + " | plain Keras / ours | events | ahead, s |"
    )
    print("|---" * (2 * len(ways) + 4) + "|")
    for preset in presets:
        measured: dict[str, list[Measured]] = {way: [] for way in ways}
        for seed in range(seeds):
            for way, train in ways.items():
                keras.backend.clear_session()
                measured[way].append(train(PRESETS[preset].with_changes(seed=seed), digits))
        seconds = {way: statistics.median(each.seconds for each in measured[way]) for way in ways}
        cells = [f"{seconds[way]:.2f} | {statistics.mean(each.accuracy for each in measured[way]):.4f}" for way in ways]
        ratio = seconds["plain Keras"] / seconds["ours"]
        told = statistics.median(each.told for each in measured["ours"])
        ahead = statistics.median(each.ahead for each in measured["ours"])
        print(f"| `{preset}` | {' | '.join(cells)} | {ratio:.1f}x | {told:.1%} | {ahead:.1f} |", flush=True)


def main() -> None:
    """Read what is asked, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", nargs="+", choices=PUBLISHED, default=PUBLISHED)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--bfloat16", action="store_true", help="train ours with bfloat16, too")
    parser.add_argument("--torch", action="store_true", help="compare with PyTorch, too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
        our_way = partial(ours, folder=Path(folder), ledger=ledger)
        ways: dict[str, Callable[[Recipe, Digits], Measured]] = {"plain Keras": plain, "ours": our_way}
        if asked.bfloat16:
            ways["ours, bfloat16"] = partial(our_way, precision="bfloat16")
        if asked.torch:
            ways["PyTorch"] = pytorch
        compare(ways, asked.presets, asked.seeds)
        ledger.close()


if __name__ == "__main__":
    main()
