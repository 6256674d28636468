"""How well a model reads digits out of pictures, condition by condition.

    python bench/photo_accuracy.py FILE [--model NAME] [--drawings N]

FILE holds pen strokes as for `bench/drawn_accuracy.py`. Some of them are drawn as pictures of 300 to 1,600 pixels,
spoilt as each condition says, and read; beside that stands what `ink.to_mnist` makes of the same strokes. At last rows
of 2 to 5 digits by one writer are photographed in the same ways.
"""

import argparse
import io
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

sys.path.insert(0, str(Path(__file__).parents[1]))

from segmentation import row_of_digits

from core import ink, library, mnist
from core.drawings import Drawings, read
from core.ink import Picture, Stroke, image_to_digits
from core.model import Model

GAPS = (0.2, 0.5)  # between the digits of a row, in heights of one
SIDE_OF_ROWS = (700, 1600)  # longer side of the picture of a row, pixels
Pixels = NDArray[np.float32]  # in [0, 1]; (h, w, 3), or (h, w, 1) where only the light counts
Range = tuple[float, float]


@dataclass(frozen=True)
class Scene:
    """How a digit is drawn and photographed; of each range an even draw."""

    side: Range = (300, 900)  # longer side of the picture, pixels
    size: Range = (0.3, 0.8)  # longer side of the digit, share of the picture's shorter side
    pen: Range = (0.02, 0.12)  # width of its line, share of the digit's side
    contrast: Range = (0.4, 0.9)  # between paper and ink, share of white
    light_on_dark: float = 0  # share of the pictures
    colour: float = 0  # by which each channel of paper and ink differs, at most
    rules: str = ""  # "lined" or "squared" paper
    specks: int = 0  # beside the digit
    at_edge: bool = False  # a quarter of the pen outside the picture
    table: bool = False  # around the sheet
    shadow: float = 0  # light lost at the darkest place, at most
    texture: float = 0  # standard deviation of the paper's light, at most
    noise: float = 0  # standard deviation of the camera's, at most
    blur: float = 0  # share of the digit's side, at most
    alpha: bool = False  # the ink is what is not transparent, all of one colour
    quality: Range | None = (60, 90)  # of the JPEG; a PNG if there is none


SCENES = {
    "black on white, PNG": Scene(contrast=(0.9, 1), quality=None),
    "ink in the alpha channel": Scene(alpha=True, quality=None),
    "pencil": Scene(contrast=(0.15, 0.3), noise=0.01),
    "chalk on a board": Scene(light_on_dark=1, noise=0.03, texture=0.04),
    "coloured pen and paper": Scene(colour=0.2, light_on_dark=0.3, noise=0.02),
    "thin pen, 2 to 3 %": Scene(pen=(0.02, 0.03), noise=0.01),
    "marker, 10 to 12 %": Scene(pen=(0.1, 0.12), noise=0.01),
    "marker, 12 to 18 %": Scene(pen=(0.12, 0.18), noise=0.01),
    "uneven light": Scene(shadow=0.7, noise=0.01),
    "noise and texture": Scene(noise=0.1, texture=0.05),
    "out of focus": Scene(blur=0.03),
    "JPEG of quality 40": Scene(quality=(40, 40)),
    "small in a large photo": Scene(side=(1400, 1600), size=(0.06, 0.15), noise=0.03),
    "touching the edge": Scene(at_edge=True, noise=0.01),
    "specks": Scene(specks=12, noise=0.01),
    "lined paper": Scene(rules="lined", noise=0.01),
    "squared paper": Scene(rules="squared", noise=0.01),
    "sheet on a table": Scene(table=True, size=(0.3, 0.5), noise=0.02),
    "all of it, no rules, no table": Scene(
        side=(300, 1600), size=(0.15, 0.8), contrast=(0.3, 0.9), light_on_dark=0.3, colour=0.2, specks=5, shadow=0.5,
        texture=0.03, noise=0.04, blur=0.01, quality=(40, 90),
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE", help="pen strokes (.npz)")
    parser.add_argument("--model", default=None, metavar="NAME", help="a model of the library (default: the app's)")
    parser.add_argument("--drawings", type=int, default=100, metavar="N", help="pictures a condition (default: 100)")
    options = parser.parse_args()
    drawings = read(options.file)
    model = library.load(options.model or library.default_name())
    which = np.random.default_rng(0).choice(len(drawings.labels), options.drawings, replace=False)
    strokes, labels = [drawings.strokes[index] for index in which], drawings.labels[which]
    drawn = np.mean(model.predict(np.stack([_picture(ink.to_mnist(each)) for each in strokes])).argmax(1) == labels)

    print(f"{model.name}, {options.drawings} drawings a condition\n")
    print(f"{'condition':<32}{'picture':>9}{'strokes':>9}{'points':>8}{'blank':>7}{'ms':>6}")
    shares = []
    for name, scene in SCENES.items():
        random = np.random.default_rng(1)
        shares.append(_row(name, model, [photo(scene, each, random) for each in strokes], labels, float(drawn)))
    print(f"{'mean':<32}{np.mean(shares):>9.1%}{drawn:>9.1%}{100 * (np.mean(shares) - drawn):>+8.1f}")

    print(f"\n{'rows of 2 to 5 digits':<32}{'picture':>9}{'strokes':>9}{'points':>8}")
    for name, scene in SCENES.items():
        _rows(name, scene, model, drawings, options.drawings)

    digits = mnist.digits()
    test, labels = digits.x_test[: options.drawings], digits.y_test[: options.drawings]
    as_is = float(np.mean(model.predict(test.astype(np.float32) / 255).argmax(1) == labels))
    print(f"\n{'MNIST test digits':<32}{'picture':>9}{'as is':>9}{'points':>8}{'blank':>7}{'ms':>6}")
    _row("white on black, 28x28 PNG", model, [_saved(Image.fromarray(digit), None) for digit in test], labels, as_is)
    _row("black on white", model, [_saved(Image.fromarray(255 - digit), None) for digit in test], labels, as_is)


def photo(scene: Scene, strokes: Sequence[Stroke], random: np.random.Generator) -> bytes:
    """The drawing as a PNG or JPEG."""
    frame = random.uniform(*scene.side) * random.permutation([1, random.uniform(0.7, 1)])
    width, height = (int(side) for side in frame)
    size = random.uniform(*scene.size) * min(width, height)
    pen = max(random.uniform(*scene.pen) * size, 1)
    placed = _placed(scene, strokes, np.array([width, height]), size, pen, random)
    mask = _drawn(placed, (width, height), pen)
    if scene.alpha:
        picture = Image.new("RGBA", (width, height), tuple(random.integers(0, 256, 3).tolist()))
        picture.putalpha(mask)
        return _saved(picture, None)
    _specks(mask, scene.specks, pen, random)
    mask = mask.filter(ImageFilter.GaussianBlur(random.uniform(0, scene.blur) * size))
    pixels = _paper_and_ink(scene, np.asarray(mask, np.float32)[..., None] / 255, size, random)
    pixels = _lit(scene, pixels, random)
    quality = None if scene.quality is None else round(random.uniform(*scene.quality))
    return _saved(Image.fromarray((np.clip(pixels, 0, 1) * 255).astype(np.uint8)), quality)


def _placed(
    scene: Scene,
    strokes: Sequence[Stroke],
    frame: NDArray[np.int_],
    size: float,
    pen: float,
    random: np.random.Generator,
) -> list[Stroke]:
    """The drawing scaled to `size` pixels and put somewhere into the frame, all of its line inside unless told."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = size / max(float((high - low).max()), 1e-9)
    room = frame - (high - low) * scale
    margin = np.minimum(0.2 * frame if scene.table else 1.5 * pen, room / 2)
    corner = random.uniform(margin, room - margin)
    if scene.at_edge:
        axis = random.integers(2)
        corner[axis] = random.choice([pen / 4, room[axis] - pen / 4])
    return [(stroke - low) * scale + corner for stroke in strokes]


def _drawn(strokes: Sequence[Stroke], frame: tuple[int, int], pen: float) -> Image.Image:
    """The ink of the strokes, 0 to 255, drawn twice as large and shrunk."""
    mask = Image.new("L", (2 * frame[0], 2 * frame[1]))
    brush = ImageDraw.Draw(mask)
    for stroke in strokes:
        corners = [(2 * float(x), 2 * float(y)) for x, y in stroke]
        brush.line(corners, fill=255, width=round(2 * pen))
        for corner in corners:
            brush.circle(corner, pen, fill=255)
    return mask.reduce(2)


def _specks(mask: Image.Image, count: int, pen: float, random: np.random.Generator) -> None:
    """Dots of 0.4 to 1.4 times the pen's width, where there is no ink yet."""
    brush = ImageDraw.Draw(mask)
    free = np.asarray(mask.filter(ImageFilter.GaussianBlur(pen))) == 0
    for _ in range(count):
        x, y = (int(random.integers(side)) for side in mask.size)
        if free[y, x]:
            brush.circle((x, y), random.uniform(0.2, 0.7) * pen, fill=200)


def _paper_and_ink(scene: Scene, mask: Pixels, size: float, random: np.random.Generator) -> Pixels:
    contrast = random.uniform(*scene.contrast)
    light = random.uniform(max(contrast, 0.6), 1)
    paper, pen = (np.clip(tone + random.uniform(-1, 1, 3) * scene.colour, 0, 1) for tone in (light, light - contrast))
    if random.random() < scene.light_on_dark:
        paper, pen = 1 - paper, 1 - pen
    sheet = np.broadcast_to(paper, (*mask.shape[:2], 3)).astype(np.float32)
    if scene.rules:
        blue = contrast * np.array([1.3, 0.9, 0.6], np.float32)
        sheet = sheet - _rules(scene, mask.shape, size, random) * blue
    if scene.texture:
        grain = random.standard_normal((mask.shape[0] // 4 + 1, mask.shape[1] // 4 + 1), np.float32)
        coarse = Image.fromarray(grain).resize(mask.shape[1::-1], Image.Resampling.BICUBIC)
        sheet = sheet + scene.texture * random.uniform(0, 1) * np.asarray(coarse)[..., None]
    return sheet * (1 - mask) + pen.astype(np.float32) * mask


def _rules(scene: Scene, shape: tuple[int, ...], size: float, random: np.random.Generator) -> Pixels:
    """Lines of 20 to 45 % of the ink's strength, up to 2 degrees off the straight."""
    rows, columns = np.indices(shape[:2], np.float32)
    pitch = max(size * (random.uniform(0.12, 0.4) if scene.rules == "squared" else random.uniform(0.25, 0.6)), 8)
    width, tilt = max(0.006 * max(shape), 1), random.uniform(-0.03, 0.03)
    ruled = (rows + tilt * columns) % pitch < width
    if scene.rules == "squared":
        ruled |= (columns - tilt * rows) % pitch < width
    return (ruled * random.uniform(0.2, 0.45)).astype(np.float32)[..., None]


def _lit(scene: Scene, pixels: Pixels, random: np.random.Generator) -> Pixels:
    """The paper with its shadow, the table around it and the camera's noise."""
    height, width = pixels.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    turn = random.uniform(0, 2 * np.pi)
    across = (columns / width - 0.5) * np.cos(turn) + (rows / height - 0.5) * np.sin(turn)
    dark = np.clip(0.5 + across / random.uniform(0.1, 1.4), 0, 1)  # from a sharp edge to an even slope
    pixels = pixels * (1 - scene.shadow * random.uniform(0.3, 1) * dark)[..., None]
    if scene.table:
        sheet = Image.new("L", (width, height))
        inset = random.uniform(0.02, 0.12, (4, 2))
        corners = np.abs(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - inset) * [width, height]
        ImageDraw.Draw(sheet).polygon([(x, y) for x, y in corners.tolist()], fill=1)
        pixels = np.where(np.asarray(sheet)[..., None] == 1, pixels, random.uniform(0.1, 0.5, 3).astype(np.float32))
    return pixels + scene.noise * random.uniform(0.3, 1) * random.standard_normal(pixels.shape, np.float32)


def _saved(image: Image.Image, quality: int | None) -> bytes:
    file = io.BytesIO()
    if quality is None:
        image.save(file, "PNG", compress_level=1)
    else:
        image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def _row(name: str, model: Model, photos: Sequence[bytes], labels: NDArray[np.uint8], reference: float) -> float:
    """Print one line; returns the share of the pictures that is read right."""
    start = time.perf_counter()
    found = [image_to_digits(data).digits for data in photos]
    pictures = [each[0] if len(each) == 1 else None for each in found]  # not taken for several digits
    milliseconds = (time.perf_counter() - start) / len(photos) * 1000
    drawn = np.array([picture is not None for picture in pictures])  # what is taken for blank is not read
    share = float(np.mean(drawn & (model.predict(np.stack(list(map(_picture, pictures)))).argmax(1) == labels)))
    points, blank = 100 * (share - reference), np.count_nonzero(~drawn)
    print(f"{name:<32}{share:>9.1%}{reference:>9.1%}{points:>+8.1f}{blank:>7}{milliseconds:>6.0f}", flush=True)
    return share


def _rows(name: str, scene: Scene, model: Model, drawings: Drawings, count: int) -> None:
    """Print one line: the share of so many rows that is read right, all of it."""
    random = np.random.default_rng(2)
    right = drawn = 0
    for _ in range(count):
        row = row_of_digits(drawings, random.uniform(*GAPS), 1, random)
        strokes = [stroke for digit in row.digits for stroke in digit]
        longer = float(np.ptp(np.concatenate(strokes), axis=0).max()) / 100  # in heights of a digit
        pen = (scene.pen[0] / longer, scene.pen[1] / longer)
        of_row = replace(
            scene, size=tuple(np.clip(np.multiply(scene.size, longer), 0.3, 0.8)), pen=pen, side=SIDE_OF_ROWS
        )
        right += _labels(model, image_to_digits(photo(of_row, strokes, random)).digits) == row.labels
        drawn += _labels(model, [_picture(ink.to_mnist(digit)) for digit in row.digits]) == row.labels
    points = 100 * (right - drawn) / count
    print(f"{name:<32}{right / count:>9.1%}{drawn / count:>9.1%}{points:>+8.1f}", flush=True)


def _labels(model: Model, pictures: Sequence[Picture]) -> list[int]:
    return model.predict(np.stack(pictures)).argmax(1).tolist() if pictures else []


def _picture(picture: Picture | None) -> Picture:
    return np.zeros((28, 28), np.float32) if picture is None else picture


if __name__ == "__main__":
    main()
