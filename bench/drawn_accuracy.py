"""How well a model reads digits drawn with a pen, and what the preparation of the drawing is worth.

    python bench/drawn_accuracy.py FILE [--model NAME]

FILE holds pen strokes as `bench/strokes.py` describes. Nobody's score counts on writers the model trained on.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import ink, library
from core.drawings import Drawings, read
from core.ink import Stroke

CANVAS, BRUSH = 400, 20  # pixels
SMALL, LARGE = 100, 360  # canvas pixels, the longer side of what people draw
Picture = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="pen strokes (.npz)")
    parser.add_argument("--model", default=None, metavar="NAME", help="a model of the library (default: the app's)")
    options = parser.parse_args()
    drawings = read(options.file)
    model = library.load(options.model or library.default_name())

    def right(prepare: Callable[[Sequence[Stroke]], Picture], on_canvas: list[list[Stroke]]) -> NDArray[np.bool_]:
        pictures = np.stack([prepare(strokes) for strokes in on_canvas])
        return np.asarray(model.predict(pictures).argmax(1) == drawings.labels)

    middle = [_placed(strokes, 0.6 * CANVAS, np.array([0.2, 0.2]) * CANVAS) for strokes in drawings.strokes]
    anywhere, far = _scattered(drawings, SMALL, LARGE), _scattered(drawings, 60, 600)

    print(f"{model.name} on {len(drawings.labels):,} drawings by {len(set(drawings.writers.tolist()))} writers\n")
    print(f"{'preparation':<44}{'accuracy':>9}   95 % interval")
    _row("canvas merely resized, drawn in the middle", right(resized, middle))
    _row("canvas merely resized, drawn anywhere", right(resized, anywhere))
    _row("cropped, 20x20, centre of mass", right(cropped, anywhere))
    by_ink = right(inked, anywhere)
    _row("full ink", by_ink)
    _row("full ink, moved and scaled (60 to 600 px)", right(inked, far))
    _writers(drawings, by_ink)


def resized(strokes: Sequence[Stroke]) -> Picture:
    """The canvas, shrunk to 28x28."""
    return _pixels(_canvas(strokes).resize((28, 28), Image.Resampling.BOX))


def cropped(strokes: Sequence[Stroke]) -> Picture:
    """The ink's box on the canvas, shrunk to fit 20x20, its centre of mass at (14, 14) as near as whole pixels go."""
    canvas = _canvas(strokes)
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


def inked(strokes: Sequence[Stroke]) -> Picture:
    """What the app does."""
    picture = ink.to_mnist(strokes)
    if picture is None:
        raise ValueError("a drawing must hold at least one point, got none")
    return picture


def _scattered(drawings: Drawings, small: float, large: float) -> list[list[Stroke]]:
    """Each drawing at a random place and of a random size; it stays on the canvas, brush included, if it fits."""
    random = np.random.default_rng(0)
    scattered = []
    for strokes in drawings.strokes:
        size = random.uniform(small, large)
        room = max(CANVAS - BRUSH - size, 0)
        scattered.append(_placed(strokes, size, BRUSH / 2 + random.uniform(0, room, 2)))
    return scattered


def _placed(strokes: Sequence[Stroke], size: float, corner: NDArray[np.float64]) -> list[Stroke]:
    """The drawing scaled to `size` canvas pixels, its upper left corner at `corner`."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = size / max(float((high - low).max()), 1e-9)
    return [(stroke - low) * scale + corner for stroke in strokes]


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


def _row(name: str, right: NDArray[np.bool_]) -> None:
    low, high = wilson(int(right.sum()), len(right))
    print(f"{name:<44}{right.mean():>8.2%}   {low:.2%} to {high:.2%}", flush=True)


def _writers(drawings: Drawings, right: NDArray[np.bool_]) -> None:
    print(f"\n{'full ink, writer':<24}{'drawings':>9}{'accuracy':>10}   95 % interval")
    for writer in np.unique(drawings.writers):
        own = right[drawings.writers == writer]
        low, high = wilson(int(own.sum()), len(own))
        print(f"{writer:<24}{len(own):>9,}{own.mean():>10.1%}   {low:.1%} to {high:.1%}")


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share; z = 1.96 for 95 %."""
    share, spread = hits / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return middle - half, middle + half


if __name__ == "__main__":
    main()
