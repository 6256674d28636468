"""How well a network reads what people drew.

    python -m core.scoring MODEL FILE [--writers N ...]

scores a model on a file of pen drawings: MODEL is a name of the library or a bundle's folder, FILE what
`core.drawings.read` takes.
"""

import argparse
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from core import ink, library
from core.bundle import DrawnScore
from core.drawings import Drawings, read
from core.model import Model, Predict


def pictures(drawings: Drawings) -> NDArray[np.float32]:
    """The drawings as the network sees them, (n, 28, 28) in [0, 1]."""
    painted = [ink.to_mnist(strokes) for strokes in drawings.strokes]
    return np.stack([np.zeros((28, 28), np.float32) if picture is None else picture for picture in painted])


def score(predict: Predict, drawings: Drawings) -> DrawnScore:
    """Read every drawing once."""
    right = predict(pictures(drawings)).argmax(1) == drawings.labels
    return DrawnScore(right=int(right.sum()), count=len(drawings), whose=drawings.whose)


def interval(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share; z = 1.96 for 95 %.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    share, spread = right / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return middle - half, middle + half


def main() -> None:
    """Print a model's accuracy on pen drawings: of all, of each digit and of each writer."""
    parser = argparse.ArgumentParser(prog="python -m core.scoring", description="Score a model on pen drawings.")
    parser.add_argument("model", metavar="MODEL", help="a name of the library, or a bundle's folder")
    parser.add_argument("file", metavar="FILE", type=Path, help="pen drawings (.npz, or UNIPEN text)")
    parser.add_argument("--writers", metavar="N", type=int, nargs="+", help="only these writers' drawings")
    asked = parser.parse_args()
    try:
        drawings = read(asked.file)
        if asked.writers:
            drawings = drawings.by(asked.writers)
        if not len(drawings):
            parser.error(f"{asked.file} holds no drawing by the writers asked for")
        model = _model(asked.model)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    right = model.predict(pictures(drawings)).argmax(1) == drawings.labels
    console = Console()
    console.print(
        f"{model.name} was trained on {model.card.trained_on}.\n{len(drawings):,} drawings: {drawings.whose}."
    )
    table = Table("", "drawings", "read right", "95 % interval")
    for name, values in (("digit", drawings.labels), ("writer", drawings.writers)):
        for value in np.unique(values):
            _row(table, f"{name} {value}", right[values == value])
        table.add_section()
    _row(table, "all", right)
    console.print(table)


def _model(name: str) -> Model:
    folder = Path(name).resolve()
    return library.load(folder.name, folder.parent) if folder.is_dir() else library.load(name)


def _row(table: Table, title: str, right: NDArray[np.bool_]) -> None:
    low, high = interval(int(right.sum()), len(right))
    table.add_row(title, f"{len(right):,}", f"{right.mean():.2%}", f"{low:.2%} to {high:.2%}")


if __name__ == "__main__":
    main()
