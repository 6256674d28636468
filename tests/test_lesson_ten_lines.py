"""The lesson's program runs, and does to its arrays what the lesson says."""

import json
import os
import subprocess
import sys
from pathlib import Path

from core import mnist
from core.lessons.ten_lines import LINES, arrays
from core.recipe import PRESETS

ROOT = Path(__file__).parent.parent

AROUND = """
import json, sys
import keras
import numpy as np

digits = np.load("data/mnist.npz")
keras.datasets.mnist.load_data = lambda: tuple((digits[f"x_{part}"], digits[f"y_{part}"]) for part in ("train", "test"))
names, facts = {}, []
for line in json.loads(sys.argv[1]):
    exec(line, names)
    told = [names[name] for name in ("x_train", "y_train", "x_test", "y_test") if name in names]
    facts.append([[list(a.shape), str(a.dtype), float(a.min()), float(a.max()), a.nbytes / 1e6] for a in told])
model, answers = names["model"], names["probabilities"]
end = {"facts": facts, "parameters": model.count_params(), "accuracy": names["accuracy"],
       "shape": list(answers.shape), "sums": [float(answers.sum(1).min()), float(answers.sum(1).max())]}
print("\\n" + json.dumps(end))
"""


def test_there_are_ten_lines_of_the_published_recipe() -> None:
    assert len(LINES) == 10
    recipe = PRESETS["ten-lines"]
    assert f"batch_size={recipe.batch_size}, epochs={recipe.epochs}" in LINES[7]


def test_the_program_runs_and_its_arrays_are_those_of_the_lesson() -> None:
    lines = [line.replace("epochs=10", "epochs=1, verbose=0") for line in LINES]
    assert lines != list(LINES)
    ran = subprocess.run(
        [sys.executable, "-c", AROUND, json.dumps(lines)], cwd=ROOT, capture_output=True, text=True, timeout=300,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    end = json.loads(ran.stdout.splitlines()[-1])
    for line in range(1, 6):
        told = [
            [list(facts.shape), facts.dtype, facts.low, facts.high, facts.megabytes]
            for facts in arrays(mnist.digits(), line)
        ]
        assert told == end["facts"][line - 1]
    assert end["parameters"] == PRESETS["ten-lines"].parameters
    assert end["shape"] == [10_000, 10]
    assert max(abs(1 - total) for total in end["sums"]) < 1e-5
    assert end["accuracy"] > 0.3
