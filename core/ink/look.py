"""What is drawn on a picture: the ink off its paper, without rules, specks and the table around it; its digits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from core.ink.segments import segment
from core.ink.strokes import InkError, Stroke

Grey = NDArray[np.float32]  # (h, w): how far each pixel is from the paper towards the ink, of 255
Mask = NDArray[np.bool_]  # (h, w): True where there is ink
Box = tuple[float, float, float, float]  # left, top, right, bottom


# How a digit is found; how these were chosen: docs/ink.md.
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
FLAT = 4.0  # times as wide as high, at least: a bar, which no digit is
MOST_PARTS = 5  # of a digit, on average, where there are many

# What is a digit beside another, in that one's measures.
ALIKE_HEIGHT, ALIKE_PEN = (0.5, 2.0), (0.5, 2.0)  # least and most
ALIKE_INK = 0.6  # least
ALIKE_WIDTH = 2.0  # of that one's height, at most
LARGEST = 2.5  # of the side of its largest part: what is larger is a shadow or a fold

_EVERY_SIDE = np.ones((3, 3), np.bool_)  # pixels that touch by a corner are one part


class Look(NamedTuple):
    """What is drawn inside a box of a picture, `LOOK` pixels for the box's longer side."""

    ink: Grey
    lines: Mask
    corner: NDArray[np.float64]  # (2,), the box's upper left, in the picture
    scale: float  # pixels for one of the picture


def look(image: Image.Image, box: Box) -> Look:
    """Look at a box of an RGB picture."""
    corner = np.array(box[:2])
    width, height = np.array(box[2:]) - corner
    scale = LOOK / max(width, height)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    ink = _ink(image.resize(size, Image.Resampling.BICUBIC, box=box, reducing_gap=3.0))
    ink = _without_rules(_without_rules(ink).T).T
    paper = 3.14 * np.percentile(np.abs(ink), 25)  # its standard deviation, by a quartile: half may be a table
    return Look(ink, _lines(ink > max(FAINTEST, NOISE * paper), ink), corner, scale)


def digit(lines: Mask, ink: Grey) -> Mask:
    """The part with most ink near the middle, bars left out, and those that belong to it; some of `lines` are True."""
    parts, count = ndimage.label(lines, _EVERY_SIDE)
    weight = np.bincount(parts.ravel(), (ink * lines * _middle(ink.shape)).ravel())
    boxes = ndimage.find_objects(parts)
    weight[1:] *= np.where([_is_bar(box) for box in boxes], 1e-6, 1.0)  # such as a screenshot's title
    main = int(weight.argmax())
    side = np.array([0, *map(_side, boxes)])
    away = ndimage.minimum(ndimage.distance_transform_edt(parts != main), parts, np.arange(count + 1))
    belongs = (side >= PART * side[main]) & (away <= GAP * side[main])
    belongs[1:] &= ~np.array([_is_beside(box, boxes[main - 1]) for box in boxes])
    belongs[0] = False  # the paper
    return np.asarray(belongs[parts])


def digits(lines: Mask, ink: Grey, most: int) -> list[Mask]:
    """The digit near the middle, and those drawn like it anywhere, in reading order; some of `lines` are True.

    Raises:
        InkError: If there are more than `most`.
    """
    middle = digit(lines, ink)
    parts, _ = ndimage.label(lines, _EVERY_SIDE)
    boxes = dict(enumerate(ndimage.find_objects(parts), 1))
    side = max(_side(boxes[part]) for part in np.unique(parts[middle]))
    like_it = {part: box for part, box in boxes.items() if PART * side <= _side(box) <= LARGEST * side}
    outlines = {part: _outline(parts, part, box) for part, box in like_it.items()}
    if len(outlines) > MOST_PARTS * most:
        raise _too_many(most)
    part_of = {id(outline): part for part, outline in outlines.items()}
    groups = [np.isin(parts, [part_of[id(outline)] for outline in group]) for group in segment(list(outlines.values()))]
    main = max(groups, key=lambda group: np.count_nonzero(group & middle))
    found = [group for group in groups if group is main or _alike(group, main, ink)]
    if len(found) > most:
        raise _too_many(most)
    return found if len(found) > 1 else [middle]


def _is_beside(box: tuple[slice, slice], digit: tuple[slice, slice]) -> bool:
    """Whether what is in a box is a bar below a digit, longer than it is wide, or above it and twice as long."""
    high, wide = box[0].stop - box[0].start, digit[1].stop - digit[1].start
    times = 1 if box[0].start >= digit[0].stop - high else 2 if box[0].stop <= digit[0].start + high else np.inf
    return bool(_is_bar(box) and box[1].stop - box[1].start > times * wide)


def _is_bar(box: tuple[slice, slice]) -> bool:
    high, wide = (side.stop - side.start for side in box)
    return bool(wide > FLAT * high)


def _too_many(most: int) -> InkError:
    return InkError(
        f"There are more than {most} marks on this picture that could be digits. Go nearer to those you want read."
    )


def _side(box: tuple[slice, slice]) -> int:
    return int(max(side.stop - side.start for side in box))


def _outline(parts: NDArray[np.int32], part: int, box: tuple[slice, slice]) -> Stroke:
    """A stroke to and fro between both sides of a part, down through its rows."""
    inside = parts[box] == part
    rows, width = np.arange(inside.shape[0]), inside.shape[1]
    left, right = inside.argmax(1), width - inside[:, ::-1].argmax(1)
    points = np.stack([left, rows, right, rows, left, rows + 1, right, rows + 1], axis=1).reshape(-1, 2)
    return points + np.array([box[1].start, box[0].start], np.float64)


def _alike(group: Mask, main: Mask, ink: Grey) -> bool:
    """Whether marks are about as high as a digit, as strong, and drawn with as wide a pen."""
    (low, high), (_, height) = extent(group), np.subtract(*extent(main)[::-1])
    width, tall = high - low
    return bool(
        width <= ALIKE_WIDTH * height
        and ALIKE_HEIGHT[0] <= tall / height <= ALIKE_HEIGHT[1]
        and ink[group].mean() >= ALIKE_INK * ink[main].mean()
        and ALIKE_PEN[0] <= pen_width(group) / pen_width(main) <= ALIKE_PEN[1]
    )


def pen_width(marks: Mask) -> float:
    """How wide the line is, pixels: its depth is 0 at its edges and half of it in the middle."""
    return 4 * float((ndimage.distance_transform_edt(np.pad(marks, 1))[1:-1, 1:-1][marks] - 0.5).mean())


def extent(digit: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The upper left corner of the ink and the one behind its lower right, each (2,): x, y."""
    rows, columns = np.nonzero(digit)
    return np.array([columns.min(), rows.min()]), np.array([columns.max() + 1, rows.max() + 1])


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
