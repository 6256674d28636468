"""A digit out of an uploaded or photographed picture, as the image MNIST would hold."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.ink.painting import BOX, CENTRE, EDGE, MIDDLE, PAINTINGS, PEN
from core.ink.strokes import Picture
from core.ink.upload import opened

Grey = NDArray[np.float32]  # (h, w): how far each pixel is from the paper towards the ink, of 255
Mask = NDArray[np.bool_]  # (h, w): True where there is ink
Box = tuple[float, float, float, float]  # left, top, right, bottom


# How the digit is found; how these were chosen: docs/ink.md.
LOOK = 256  # pixels, the longer side of what is looked at
TINY = 48  # pixels, the longer side of the picture of the paper alone
WIDEST = 0.45  # of the longer side: what is wider than this in every direction is paper
FAINTEST = 12.0  # of 255, between paper and ink
NOISE = 5.0  # standard deviations of the paper's own
FULL = 92  # percentile of the marks that is full ink; half of it is where a line ends
ALONG = 0.22  # of the picture's outline: what touches more of it is table, shadow or thumb
RULE, TILT = 1.5, 0.06  # marks this much stronger than a ruled line stay; its slope, at most
SPECK = 8  # pixels of a look; what is smaller is no digit
PART, GAP = 0.2, 0.3  # of the largest part's side: smaller parts are specks, farther ones do not belong to the digit
MARGIN = 0.25  # of the digit's side, around it when it is looked at again
BOLDEST = 2.5  # MNIST pixels; a line is painted between `PEN` and this wide

_EVERY_SIDE = np.ones((3, 3), np.bool_)  # pixels that touch by a corner are one part
_GRID = np.arange(28, dtype=np.float32)


def image_to_mnist(data: bytes) -> Picture | None:
    """Find the digit in a picture and repaint it the way MNIST's digits were made.

    Dark ink on light paper or light on dark, in any colours. The light may be uneven, the paper ruled; specks and
    the table around the sheet are left out. The digit's line becomes as wide as MNIST's finer ones, its longer side
    20 pixels, its centre of mass pixel (14, 14), or as near as the field's edge allows.

    Args:
        data: A PNG or JPEG file; not to be trusted.

    Returns:
        Shape (28, 28), float32 in [0, 1], background 0. None if nothing is drawn on the paper.

    Raises:
        InkError: If it is anything but a whole, still PNG or JPEG of reasonable size.
    """
    image = opened(data)
    box: Box = (0, 0, image.width, image.height)
    for _ in range(2):  # the second look is at the digit alone, so that a small one is as sharp as a large one
        found = _look(image, box)
        if found is None:
            return None
        digit, box = found
    return _repainted(digit)


def _look(image: Image.Image, box: Box) -> tuple[Mask, Box] | None:
    """The digit inside a box of the picture, `LOOK` pixels for the box's longer side, and a box closer around it."""
    corner = np.array(box[:2])
    width, height = np.array(box[2:]) - corner
    scale = LOOK / max(width, height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    ink = _ink(image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=3.0))
    ink = _without_rules(_without_rules(ink).T).T
    paper = 3.14 * np.percentile(np.abs(ink), 25)  # its standard deviation, by a quartile: half may be a table
    marks = ink > max(FAINTEST, NOISE * paper)
    lines = _lines(marks, ink)
    if not lines.any():
        return None
    digit = _digit(lines, ink)
    low, high = _extent(digit)
    if (high - low).max() < SPECK:
        return None
    margin = MARGIN * (high - low).max()
    limit = np.array(image.size)
    left, top = np.clip(corner + (low - margin) / scale, 0, limit)
    right, bottom = np.clip(corner + (high + margin) / scale, 0, limit)
    return digit, (float(left), float(top), float(right), float(bottom))


def _ink(image: Image.Image) -> Grey:
    """How far each pixel is from the paper around it, along the one line through all colours that tells most.

    The ink is what is narrow: the paper is what an opening leaves, which keeps the edges of shadows and sheets.
    """
    longer = max(image.size)
    size = max(TINY * image.width // longer, 1), max(TINY * image.height // longer, 1)
    tiny = np.asarray(image.resize(size, Image.Resampling.BOX), np.float32)
    window = round(TINY * WIDEST)
    off = (tiny - ndimage.median_filter(tiny, (window, window, 1), mode="nearest")).reshape(-1, 3)
    axis = np.linalg.eigh(off.T @ off)[1][:, -1].astype(np.float32)
    if (_middle(tiny.shape).ravel() ** 2 * (off @ axis) ** 3).sum() < 0:
        axis = -axis  # few pixels are far from the paper, and they are the ink
    grey = tiny @ axis
    steps = [np.median(np.diff(grey, axis=side, append=grey.take([-1], side))) for side in (0, 1)]
    down, right = (step * np.arange(side) for step, side in zip(steps, grey.shape, strict=True))
    slope = np.add.outer(down, right)  # of the light; an opening would cut it off along the edges
    opened = ndimage.grey_opening(grey - slope, (window, window), mode="nearest") + slope
    paper = Image.fromarray(ndimage.gaussian_filter(opened.astype(np.float32), 1))
    ink = np.asarray(image, np.float32) @ axis - np.asarray(paper.resize(image.size, Image.Resampling.BICUBIC))
    ink = ndimage.gaussian_filter(ink, 1)
    return np.asarray(ink - np.percentile(ink, 40), np.float32)


def _middle(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Weights (h, w), 1 in the middle of a picture and almost 0 along its edges."""
    return np.outer(*(np.hanning(side + 2)[1:-1] for side in shape[:2]))


def _without_rules(ink: Grey) -> Grey:
    """The ink without lines that cross the whole picture from left to right, unless there is only one."""
    rows, columns = np.arange(len(ink))[:, None], np.arange(ink.shape[1]) - ink.shape[1] // 2

    def level(tilt: float) -> Grey:
        sheared = np.clip(rows + np.round(tilt * columns[::4]).astype(np.intp), 0, len(ink) - 1)
        return np.asarray(np.percentile(np.take_along_axis(ink[:, ::4], sheared, 0), 12, axis=1), np.float32)

    tilt, rules = max(((tilt, level(tilt)) for tilt in np.linspace(-TILT, TILT, 13)), key=lambda tried: tried[1].max())
    ruled = rules > FAINTEST / 2
    if np.count_nonzero(ruled[1:] & ~ruled[:-1]) < 2:
        return ink
    rules = ndimage.maximum_filter1d(np.where(ruled, rules, 0), 7)  # their slopes as well
    rule = rules[np.clip(rows - np.round(tilt * columns).astype(np.intp), 0, len(ink) - 1)]
    return np.where((rule > 0) & (ink < RULE * rule), np.float32(0), ink)


def _lines(marks: Mask, ink: Grey) -> Mask:
    """The marks of at least half the full ink, without those that lie along the picture's edge; perhaps none."""
    while marks.any():
        lines = marks & (ink >= np.percentile(ink[marks], FULL) / 2)
        parts, count = ndimage.label(lines, _EVERY_SIDE)
        outline = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
        along = np.bincount(outline, minlength=count + 1) > ALONG * len(outline)
        along[0] = False  # the paper
        if not along.any():
            return lines
        marks = marks & ~ndimage.binary_dilation(along[parts], _EVERY_SIDE, 3)  # its slope as well
    return marks


def _digit(lines: Mask, ink: Grey) -> Mask:
    """The part with most ink near the middle, and the parts that belong to it."""
    parts, count = ndimage.label(lines, _EVERY_SIDE)
    weight = np.bincount(parts.ravel(), (ink * lines * _middle(ink.shape)).ravel())
    main = int(weight.argmax())
    boxes = ndimage.find_objects(parts)
    side = np.array([0] + [max(y.stop - y.start, x.stop - x.start) for y, x in boxes])
    away = ndimage.minimum(ndimage.distance_transform_edt(parts != main), parts, np.arange(count + 1))
    belongs = (side >= PART * side[main]) & (away <= GAP * side[main])
    belongs[0] = False  # the paper
    return np.asarray(belongs[parts])


def _repainted(digit: Mask) -> Picture | None:
    """The digit with a line between `PEN` and `BOLDEST` wide, filling MNIST's box, its centre of mass at `CENTRE`.

    Its outline is moved outwards or inwards by half of what its line is too thin or too thick.
    """
    digit = np.pad(digit, 1)
    inside, outside = ndimage.distance_transform_edt(digit), ndimage.distance_transform_edt(~digit)
    depth = np.where(digit, inside - 0.5, 0.5 - outside)  # under the outline, pixels
    width = 4 * float(depth[digit].mean())  # of the line: depth is 0 at its edges and half of it in the middle
    low, high = _extent(digit)
    extent = float((high - low).max())
    pen = float(np.clip(BOX * width / extent, PEN, BOLDEST))
    scale = (BOX - pen - EDGE) / max(extent - width, width)  # a dot is not blown up to the whole box
    room = 14 - ((high - low - width) * scale + pen + EDGE) / 2  # between the ink and the field's edge, on either side
    middle, place = (low + high - 1) / 2, np.array([MIDDLE, MIDDLE])
    for _ in range(PAINTINGS):
        at = [(_GRID - place[axis]) / scale + middle[axis] for axis in (1, 0)]
        under = ndimage.map_coordinates(depth, np.meshgrid(*at, indexing="ij"), order=1, cval=-LOOK)
        painted = np.asarray(np.clip(0.5 + (under * scale + (pen - width * scale) / 2) / EDGE, 0, 1), np.float32)
        if not painted.any():
            return None
        centre = np.array([painted.sum(0) @ _GRID, painted.sum(1) @ _GRID]) / painted.sum()
        place = np.clip(place + CENTRE - centre, MIDDLE - room, MIDDLE + room)
    return painted


def _extent(digit: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The upper left corner of the ink and the one behind its lower right, each (2,): x, y."""
    rows, columns = np.nonzero(digit)
    return np.array([columns.min(), rows.min()]), np.array([columns.max() + 1, rows.max() + 1])
