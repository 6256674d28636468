"""What each constant of core/ink/painting.py is worth on real strokes.

    python bench/ink_choices.py FILE

FILE holds pen strokes as `core.drawings` reads them. Prints a table for docs/ink.md.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from core import ink, library
from core.drawings import Drawings, read
from core.ink import Stroke, painting
from core.model import Model

MODELS = ("simple-cnn", "first-network", "ten-lines")
TRIED = {
    "PEN": (1.0, 1.3, 1.6, 2.4, 2.8, 3.4),
    "EDGE": (1.0, 2.0),
    "BOX": (19.0, 21.0, 22.0),
    "CENTRE": (13.5, 14.5),
    "PAINTINGS": (1,),  # the middle of the box, not the centre of mass
}


def main() -> None:
    """Print a table: one constant changed at a time, percent of the drawings read right by each model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="pen strokes (.npz, or UNIPEN text)")
    drawings = read(parser.parse_args().file)
    models = [library.load(name) for name in MODELS]
    print("| | " + " | ".join(f"`{name}`" for name in MODELS) + " |\n|---|" + "---|" * len(MODELS))
    _row("**chosen**", drawings, drawings.strokes, models)
    for name, values in TRIED.items():
        chosen = getattr(painting, name)
        for value in values:
            setattr(painting, name, value)
            _row(f"{name.lower()} {value:g}", drawings, drawings.strokes, models)
        setattr(painting, name, chosen)
    smoothed = [[_smoothed(stroke) for stroke in strokes] for strokes in drawings.strokes]
    _row("strokes smoothed through midpoints", drawings, smoothed, models)
    for power in (0.7, 1.4):
        _row(f"ink to the power {power}", drawings, drawings.strokes, models, power)


def _row(
    title: str, drawings: Drawings, strokes: Sequence[Sequence[Stroke]], models: Sequence[Model], power: float = 1.0
) -> None:
    images = np.stack([ink.to_mnist(drawing) for drawing in strokes]) ** np.float32(power)
    scores = [np.mean(model.predict(images).argmax(1) == drawings.labels) for model in models]
    print(f"| {title} | " + " | ".join(f"{score:.2%}" for score in scores) + " |", flush=True)


def _smoothed(stroke: Stroke) -> Stroke:
    """The points halfway between neighbours, ends kept."""
    return np.concatenate([stroke[:1], (stroke[1:] + stroke[:-1]) / 2, stroke[-1:]])


if __name__ == "__main__":
    main()
