"""How well the models read, by what is done to the drawing before: python bench/drawn_accuracy.py FILE

Prints each model's accuracy with its 95 % interval on MNIST's 10,000 test digits and on the drawings of FILE (which
`core.drawings.read` takes) by the writers that nobody trains on. Each digit lies somewhere on a canvas, 100 to 360
pixels large, and is prepared in three ways: the canvas merely resized; cropped, fitted into 20x20 and centred by its
mass; and with the full ink. What the ink makes of a drawing is what MNIST's makers made of theirs, so in that column
MNIST's images stay as published. The last column is what one drawing costs: strokes to probabilities, on one core.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import ink, library, mnist
from core.drawings import HELD_OUT, Drawings, read
from core.ink import Picture, Stroke
from core.model import Model
from core.scoring import interval, pictures

CANVAS, BRUSH = 400, 20  # pixels
SMALL, LARGE = 100, 360  # canvas pixels, the longer side of what people draw
PREPARATIONS = ("merely resized", "cropped", "full ink")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="pen drawings (.npz, or UNIPEN text)")
    parser.add_argument("--model", nargs="+", default=library.names(), metavar="NAME", help="default: every model here")
    parser.add_argument("--all-writers", action="store_true", help="also those that some models trained on")
    options = parser.parse_args()
    drawings = read(options.file)
    if not options.all_writers and len(drawings.by(HELD_OUT)):
        drawings = drawings.by(HELD_OUT)
    digits = mnist.digits()
    prepared = {
        "MNIST": ([*_canvases_of(digits.x_test), digits.x_test / np.float32(255)], digits.y_test),
        "drawn": ([*_canvases_of(drawings), pictures(drawings)], drawings.labels),
    }
    print(f"drawn: {len(drawings):,} by {drawings.whose}\n")
    print(f"{'model':<26}{'digits':<8}" + "".join(f"{name:<27}" for name in PREPARATIONS) + "ms")
    for name in options.model:
        model = library.load(name)
        for kind, (images, labels) in prepared.items():
            cells = [_cell(model.predict(batch).argmax(1) == labels) for batch in images]
            cost = f"{_milliseconds(model, drawings):.1f}" if kind == "drawn" else ""
            print(f"{name:<26}{kind:<8}" + "".join(f"{cell:<27}" for cell in cells) + cost, flush=True)


def _milliseconds(model: Model, drawings: Drawings) -> float:
    """Ink and network together for one drawing, the median of a hundred."""
    times = []
    for strokes in drawings.strokes[:100]:
        began = time.perf_counter()
        model.predict(np.stack([ink.to_mnist(strokes)]))
        times.append(time.perf_counter() - began)
    return 1000 * statistics.median(times)


def _canvases_of(digits: Drawings | NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """Every digit somewhere on a canvas, prepared in the first two ways."""
    random = np.random.default_rng(0)
    if isinstance(digits, Drawings):
        canvases = [_drawn(strokes, random) for strokes in digits.strokes]
    else:
        canvases = [_pasted(image, random) for image in digits]
    return [np.stack([prepare(canvas) for canvas in canvases]) for prepare in (resized, cropped)]


def resized(canvas: Image.Image) -> Picture:
    """The canvas, shrunk to 28x28."""
    return _pixels(canvas.resize((28, 28), Image.Resampling.BOX))


def cropped(canvas: Image.Image) -> Picture:
    """The ink's box on the canvas, shrunk to fit 20x20, its centre of mass at (14, 14) as near as whole pixels go."""
    box = canvas.crop(canvas.getbbox())
    shrink = 20 / max(box.size)
    size = max(1, round(box.width * shrink)), max(1, round(box.height * shrink))
    small = _pixels(box.resize(size, Image.Resampling.BOX))
    height, width = small.shape
    centre_x, centre_y = small.sum(0) @ np.arange(width), small.sum(1) @ np.arange(height)
    left = int(np.clip(round(14 - centre_x / small.sum()), 0, 28 - width))
    top = int(np.clip(round(14 - centre_y / small.sum()), 0, 28 - height))
    field = np.zeros((28, 28), np.float32)
    field[top : top + height, left : left + width] = small
    return field


def _drawn(strokes: Sequence[Stroke], random: np.random.Generator) -> Image.Image:
    """A drawing at a random place and of a random size, brush included on the canvas."""
    size = random.uniform(SMALL, LARGE)
    corner = BRUSH / 2 + random.uniform(0, CANVAS - BRUSH - size, 2)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = size / max(float((high - low).max()), 1e-9)
    return _canvas([(stroke - low) * scale + corner for stroke in strokes])


def _pasted(image: NDArray[np.uint8], random: np.random.Generator) -> Image.Image:
    """An MNIST image's 20x20 box at a random place and of a random size."""
    digit = Image.fromarray(image)
    digit = digit.crop(digit.getbbox())
    scale = random.uniform(SMALL, LARGE) / max(digit.size)
    digit = digit.resize((max(1, round(digit.width * scale)), max(1, round(digit.height * scale))))
    canvas = Image.new("L", (CANVAS, CANVAS))
    canvas.paste(digit, [int(random.uniform(0, CANVAS - side)) for side in digit.size])
    return canvas


def _canvas(strokes: Sequence[Stroke]) -> Image.Image:
    canvas = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(canvas)
    for stroke in strokes:
        corners = [(float(x), float(y)) for x, y in stroke]
        pen.line(corners, fill=255, width=BRUSH, joint="curve")
        for x, y in (corners[0], corners[-1]):
            pen.circle((x, y), BRUSH / 2, fill=255)
    return canvas


def _pixels(image: Image.Image) -> Picture:
    return np.asarray(image, np.float32) / 255


def _cell(right: NDArray[np.bool_]) -> str:
    low, high = interval(int(right.sum()), len(right))
    return f"{right.mean():.2%} ({100 * low:.2f} to {100 * high:.2f})"


if __name__ == "__main__":
    main()
