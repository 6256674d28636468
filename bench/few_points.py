"""What a quick pen costs where a browser tells few of its places: python bench/few_points.py FILE [--model NAME]

The drawings of FILE (which `core.drawings.read` takes) by the writers that nobody trains on, 260 canvas pixels large,
as the canvas would send them if it heard of every place of the pen, of every second, third and so on. Prints how many
are read right and taken for digits: from Fabric's own curves, with their places read by `ink.strokes_from_canvas`, and
so with the last place but one as well, which Fabric leaves out unless it hears of one more, as from our board.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import ink, library
from core.drawings import HELD_OUT, read
from core.ink import Stroke, canvas
from core.model import Model

SIZE, EVERY = 260, (1, 2, 3, 4, 5, 6)  # canvas pixels; of so many places the canvas hears of one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="pen drawings (.npz, or UNIPEN text)")
    parser.add_argument("--model", default=None, metavar="NAME", help="a model of the library (default: the app's)")
    options = parser.parse_args()
    drawings = read(options.file)
    drawings = drawings.by(HELD_OUT) if len(drawings.by(HELD_OUT)) else drawings
    model = library.load(options.model or library.default_name())
    print(f"{'places':<9}{'Fabric':>9}{'as read':>9}{'as sent':>9}")
    for every in EVERY:
        random = np.random.default_rng(every)
        thinned = [[_thinned(stroke, every, random) for stroke in _large(digit)] for digit in drawings.strokes]
        sent = [{"objects": [_sent(stroke) for stroke in digit]} for digit in thinned]
        whole = [{"objects": [_sent(np.vstack([stroke, stroke[-1] + 1])) for stroke in digit]} for digit in thinned]
        stride, canvas.STRIDE = canvas.STRIDE, math.inf
        fabric = _right(model, sent, drawings.labels)
        canvas.STRIDE = stride
        places = np.median([sum(map(len, digit)) for digit in thinned])
        here = (_right(model, each, drawings.labels) for each in (sent, whole))
        print(f"{places:<9.0f}{fabric:>9.2%}{''.join(f'{share:>9.2%}' for share in here)}", flush=True)


def _large(digit: list[Stroke]) -> list[Stroke]:
    points = np.concatenate(digit)
    return [(stroke - points.min(0)) * (SIZE / max(np.ptp(points, axis=0).max(), 1e-9)) + 70 for stroke in digit]


def _thinned(stroke: Stroke, every: int, random: np.random.Generator) -> Stroke:
    """The ends of a stroke and every so many places between."""
    between = np.arange(random.integers(every), len(stroke), every)
    return stroke[np.unique([0, *between, len(stroke) - 1])]


def _sent(stroke: Stroke) -> dict[str, Any]:
    """What the canvas makes of a stroke: Fabric leaves out what is nearer than 0.4 pixels, and the last but one."""
    places = [stroke[0]]
    for place in stroke[1:-2]:
        if np.hypot(*(place - places[-1])) >= 0.4:
            places.append(place)
    kept = np.array([*places, stroke[-1]])
    midway = (kept[:-1] + kept[1:]) / 2
    curves = np.concatenate([kept[:-1], midway], axis=1).tolist()
    path = [["M", *kept[0].tolist()], *(["Q", *curve] for curve in curves), ["L", *kept[-1].tolist()]]
    return {"type": "Path", "path": path}


def _right(model: Model, sent: list[dict[str, Any]], labels: NDArray[np.uint8]) -> float:
    pictures = [ink.to_mnist(ink.strokes_from_canvas(drawing)) for drawing in sent]
    images = np.stack([picture for picture in pictures if picture is not None])
    taken = model.digit_likeness(images) >= model.likeness_threshold
    return float((taken & (model.predict(images).argmax(1) == labels)).mean())


if __name__ == "__main__":
    main()
