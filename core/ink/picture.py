"""The digits of an uploaded or photographed picture, as the images MNIST would hold."""

from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

from core.ink.look import LOOK, SPECK, Box, Look, Mask, digit, digits, extent, look, pen_width
from core.ink.painting import BOX, CENTRE, EDGE, MIDDLE, PAINTINGS, PEN
from core.ink.strokes import Picture
from core.ink.upload import opened

MARGIN = 0.25  # of the digit's side, around it when it is looked at again
SMALL = 640  # pixels, the longer side of what is shown of a picture, at most
BOLDEST = 2.5  # MNIST pixels; a line is painted between `PEN` and this wide

_GRID = np.arange(28, dtype=np.float32)


class Photo(NamedTuple):
    """The digits of a picture."""

    digits: list[Picture]  # in reading order
    boxes: list[Box]  # where each one was found, in `small`
    small: Image.Image  # the picture, upright, at most `SMALL` pixels wide and high


def image_to_digits(data: bytes, most: int = 40) -> Photo:
    """Find the digits in a picture and repaint each the way MNIST's were made.

    Dark ink on light paper or light on dark, in any colours. The light may be uneven, the paper ruled; specks and
    the table around the sheet are left out. A digit's line becomes as wide as MNIST's finer ones, its longer side
    20 pixels, its centre of mass pixel (14, 14), or as near as the field's edge allows.

    Args:
        data: A PNG or JPEG file; not to be trusted.
        most: Digits that are looked at again.

    Returns:
        Each digit shape (28, 28), float32 in [0, 1], background 0; none if nothing is drawn on the paper.

    Raises:
        InkError: If it is anything but a whole, still PNG or JPEG of reasonable size, or if there are more digits.
    """
    image = opened(data)
    seen = look(image, (0, 0, image.width, image.height))
    masks = digits(seen.lines, seen.ink, most) if seen.lines.any() else []
    found = [(picture, mask) for mask in masks if (picture := _closer(image, seen, mask)) is not None]
    small = image.copy()
    small.thumbnail((SMALL, SMALL), reducing_gap=2.0)
    shown = small.width / image.width / seen.scale  # pixels of `small` for one that was seen
    corners = [np.concatenate(extent(mask)) * shown for _, mask in found]
    return Photo([picture for picture, _ in found], [tuple(corner.tolist()) for corner in corners], small)


def _closer(image: Image.Image, seen: Look, mask: Mask) -> Picture | None:
    """One of the digits that were found, looked at again, alone: a small one becomes as sharp as a large one."""
    low, high = extent(mask)
    side = (high - low).max()
    if side < SPECK:
        return None
    limit = np.array(image.size)
    left, top = np.clip(seen.corner + (low - MARGIN * side) / seen.scale, 0, limit)
    right, bottom = np.clip(seen.corner + (high + MARGIN * side) / seen.scale, 0, limit)
    near = look(image, (float(left), float(top), float(right), float(bottom)))
    lines = near.lines & _own(near, seen, mask)
    return _repainted(digit(lines, near.ink)) if lines.any() else None


def _own(near: Look, seen: Look, mask: Mask) -> Mask:
    """Which pixels of a near look are nearer to a digit that was found than to whatever else was seen."""
    others = seen.lines & ~mask
    if not others.any():
        return np.ones_like(near.lines)
    own = ndimage.distance_transform_edt(~mask) <= ndimage.distance_transform_edt(~others)
    pixels = (np.arange(side) + 0.5 for side in near.lines.shape[::-1])
    across, down = (
        ((pixel / near.scale + near.corner[axis] - seen.corner[axis]) * seen.scale).astype(np.intp)
        for axis, pixel in enumerate(pixels)
    )
    return np.asarray(own[np.ix_(down.clip(0, len(own) - 1), across.clip(0, own.shape[1] - 1))])


def _repainted(drawn: Mask) -> Picture | None:
    """The digit with a line between `PEN` and `BOLDEST` wide, filling MNIST's box, its centre of mass at `CENTRE`.

    Its outline is moved outwards or inwards by half of what its line is too thin or too thick.
    """
    drawn = np.pad(drawn, 1)
    inside, outside = ndimage.distance_transform_edt(drawn), ndimage.distance_transform_edt(~drawn)
    depth = np.where(drawn, inside - 0.5, 0.5 - outside)  # under the outline, pixels
    width = pen_width(drawn)
    low, high = extent(drawn)
    longer = float((high - low).max())
    pen = float(np.clip(BOX * width / longer, PEN, BOLDEST))
    scale = (BOX - pen - EDGE) / max(longer - width, width)  # a dot is not blown up to the whole box
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
