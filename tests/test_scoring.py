import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from core import scoring
from core.drawings import Drawings
from core.ink import to_mnist

ONE = [np.array([[50.0, 10], [50, 90]])]
SEVEN = [np.array([[20.0, 10], [80, 10], [45, 90]])]
UNIPEN = '.SEGMENT DIGIT 0 ? "7"\n.COMMENT 7 4 1\n.PEN_DOWN\n20 90\n80 90\n45 10\n.PEN_UP\n'


@pytest.mark.parametrize(("right", "count"), [(0, 10), (7, 10), (10, 10), (6998, 7494)])
def test_interval_is_wilsons(right: int, count: int) -> None:
    theirs = binomtest(right, count).proportion_ci(0.95, "wilson")
    assert scoring.interval(right, count) == pytest.approx((theirs.low, theirs.high), abs=1e-4)


def test_score_counts_what_was_read_right_and_says_whose_it_was() -> None:
    drawings = Drawings([ONE] * 4, np.array([1, 1, 7, 1], np.uint8), np.array([4, 8, 8, 12], np.int32), "a test")
    found = scoring.score(lambda images: np.eye(10, dtype=np.float32)[[1] * len(images)], drawings)
    assert (found.right, found.count, found.accuracy) == (3, 4, 0.75)
    assert found.whose == "writers 4, 8, 12 of a test"


def test_pictures_are_what_the_app_shows_the_network() -> None:
    drawings = Drawings([ONE, SEVEN, []], np.array([1, 7, 0], np.uint8), np.array([4, 4, 4], np.int32), "a test")
    one, seven, nothing = scoring.pictures(drawings)
    np.testing.assert_array_equal(one, to_mnist(ONE))
    np.testing.assert_array_equal(seven, to_mnist(SEVEN))
    assert not nothing.any()


def test_command_scores_a_bundle_on_unipen_text(tmp_path: Path) -> None:
    file = tmp_path / "digits.tes"
    file.write_text(UNIPEN)
    command = [sys.executable, "-m", "core.scoring", "trained_models/simple-cnn", str(file)]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert "100.00%" in done.stdout
    assert "writer 4" in done.stdout


@pytest.mark.parametrize(
    ("model", "said"), [("no-such-model", "no model named"), ("simple-cnn", "must hold pen drawings")]
)
def test_command_says_what_is_wrong(
    model: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "digits.tes"
    file.write_text(UNIPEN if model == "no-such-model" else "nothing of the kind here")
    monkeypatch.setattr(sys, "argv", ["scoring", model, str(file)])
    with pytest.raises(SystemExit):
        scoring.main()
    assert said in capsys.readouterr().err
