"""A PNG or JPEG file, from whoever sends it, opened without unpacking more than its pixels."""

import io
import struct
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps

from core.ink.strokes import InkError

MAX_BYTES, MAX_PIXELS = 5_000_000, 4_000_000
MAX_PARTS, MAX_SCANS = 10_000, 64  # chunks or segments of a file; passes over a progressive JPEG

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNG_KEPT = (b"PLTE", b"tRNS", b"IDAT", b"IEND")
_JPEG_DROPPED = {*range(0xFFE1, 0xFFEE), 0xFFEF, 0xFFFE}  # all of APPn but JFIF and Adobe, which tell the colours
_JPEG_FRAMES = {*range(0xFFC0, 0xFFD0)} - {0xFFC4, 0xFFC8, 0xFFCC}


class _File(NamedTuple):
    size: tuple[int, int]  # width and height, as the header says
    data: bytes  # without all that is not pixels or colours
    exif: bytes


def opened(data: bytes) -> Image.Image:
    """The picture as RGB, upright and without transparency.

    Raises:
        InkError: If it is anything but a whole, still PNG or JPEG of at most 5 MB and 4 megapixels.
    """
    if len(data) > MAX_BYTES:
        raise InkError(f"This picture is larger than {MAX_BYTES // 1_000_000} MB. Choose a screenshot of it instead.")
    if not data.startswith((_PNG, _JPEG)):
        raise InkError("This is not a PNG or JPEG picture. Choose a photo or a screenshot of one digit.")
    try:
        file = _png(data) if data.startswith(_PNG) else _jpeg(data)
        if file.size[0] * file.size[1] > MAX_PIXELS:
            raise InkError("This picture has more than 4 megapixels. Choose a smaller one, or a screenshot of it.")
        with Image.open(io.BytesIO(file.data), formats=("PNG", "JPEG")) as image:
            image.getexif()[ExifTags.Base.Orientation] = _orientation(file.exif)
            return _opaque(ImageOps.exif_transpose(image))
    except InkError:
        raise
    except Exception as error:  # Pillow, zlib and struct each name damage in their own way
        raise InkError("This picture is damaged. Choose another, or take a new photo of one digit.") from error


def _png(data: bytes) -> _File:
    """A PNG's size and the chunks that make its pixels: no text or profile is unpacked."""
    size, kept, exif, at = struct.unpack_from(">II", data, 16), [data[:33]], b"", 33
    for _ in range(MAX_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name == b"acTL":
            raise InkError("This picture is animated. Choose a photo or a screenshot of one digit.")
        if name == b"eXIf":
            exif = data[at + 8 : end - 4]
        if name in _PNG_KEPT:
            kept.append(data[at:end])
        if name == b"IEND":
            return _File(size, b"".join(kept), exif)
        at = end
    raise ValueError(f"a PNG must have at most {MAX_PARTS} chunks")


def _jpeg(data: bytes) -> _File:
    """A JPEG's size and the segments that make its pixels, up to its end: no comment, profile or second picture."""
    size, kept, exif, at = (0, 0), [data[:2]], b"", 2
    for _ in range(MAX_PARTS):
        marker, length = struct.unpack_from(">HH", data, at)
        end = at + 2 + length
        if marker == 0xFFDA:  # of a scan; pixels follow
            last = data.index(b"\xff\xd9", at) + 2
            if data.count(b"\xff\xda", at, last) > MAX_SCANS:
                raise ValueError(f"a JPEG must have at most {MAX_SCANS} scans")
            return _File(size, b"".join([*kept, data[at:last]]), exif)
        if marker in _JPEG_FRAMES:
            if size != (0, 0):
                raise ValueError("a JPEG must have one frame, got two")
            size = struct.unpack_from(">HH", data, at + 5)[::-1]
        if marker == 0xFFE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            exif = data[at + 10 : end]
        if marker not in _JPEG_DROPPED:
            kept.append(data[at:end])
        at = end
    raise ValueError(f"a JPEG must have at most {MAX_PARTS} segments")


def _orientation(exif: bytes) -> int:
    """How the camera was held, 1 to 8; 1 if Exif does not say (Pillow's own reader warns about a broken one)."""
    order = "<" if exif.startswith(b"II") else ">"
    try:
        (start,) = struct.unpack_from(order + "I", exif, 4)
        (entries,) = struct.unpack_from(order + "H", exif, start)
        for entry in range(entries):
            tag, value = struct.unpack_from(order + "H6xH", exif, start + 2 + 12 * entry)
            if tag == ExifTags.Base.Orientation:
                return int(value)
    except struct.error:
        pass
    return 1


def _opaque(image: Image.Image) -> Image.Image:
    """Any mode as RGB; what is transparent becomes white or black, whichever the visible is farther from."""
    if image.mode.startswith("I"):  # 16 bits
        values = np.asarray(image, np.float32)
        image = Image.fromarray((values * (255 / max(float(values.max()), 1))).astype(np.uint8))
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    small = np.asarray(image.resize((64, 64), Image.Resampling.BOX), np.float32)
    alpha = small[..., 3] + 1e-6
    light = float((small[..., :3].mean(2) * alpha).sum() / alpha.sum())
    paper = Image.new("RGB", image.size, "white" if light < 128 else "black")
    paper.paste(image, mask=image.getchannel("A"))
    return paper
