import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core import library, mnist
from core.settings import ROOT
from core.training.__main__ import main


def test_command_trains_a_preset_and_writes_a_bundle_that_predicts(models: Path):
    command = [sys.executable, "-m", "core.training", "ten-lines", "--epochs", "1", "--out", str(models)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert "test accuracy 0." in done.stdout
    assert done.stdout.endswith(f"written to {models / 'ten-lines'}\n")
    assert "Traceback" not in done.stderr
    assert "FutureWarning" not in done.stderr

    model = library.load("ten-lines")
    digits = mnist.digits()
    found = model.predict(digits.x_test / np.float32(255)).argmax(axis=1)
    assert np.mean(found == digits.y_test) == model.card.test_accuracy > 0.5
    assert (model.card.epochs, model.recipe.epochs, model.card.training_images) == (1, 1, 60_000)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-recipe"], "invalid choice: 'no-such-recipe'"),
        (["ten-lines", "--epochs", "0"], "error: epochs: Input should be greater than or equal to 1"),
        (["ten-lines", "--seed", "-1"], "error: seed: Input should be greater than or equal to 0"),
        (["ten-lines", "--strokes", "no/such.npz"], "No such file or directory: 'no/such.npz'"),
    ],
)
def test_command_says_what_is_wrong(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["core.training", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert message in capsys.readouterr().err
