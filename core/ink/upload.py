"""A PNG or JPEG file, from whoever sends it, opened without unpacking more than its pixels."""

import io
import struct
from typing import Literal, NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps

from core.ink.strokes import InkError

Kind = Literal["PNG", "JPEG", "progressive JPEG"]

MAX_BYTES = 15_000_000
MAX_PIXELS: dict[Kind, int] = {  # a JPEG is made smaller row by row; the others are in memory with all their pixels
    "PNG": 9_000_000,
    "JPEG": 51_000_000,
    "progressive JPEG": 13_000_000,
}
ENOUGH = 4_000_000  # pixels; a JPEG that has more is made smaller
MAX_PARTS, MAX_SCANS = 10_000, 64  # chunks or segments of a file; passes over a progressive JPEG

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNG_KEPT = (b"PLTE", b"tRNS", b"IDAT", b"IEND")
_JPEG_DROPPED = {*range(0xFFE1, 0xFFEE), 0xFFEF, 0xFFFE}  # all of APPn but JFIF and Adobe, which tell the colours
_JPEG_FRAMES = {*range(0xFFC0, 0xFFD0)} - {0xFFC4, 0xFFC8, 0xFFCC}
_JPEG_KINDS: dict[int, Kind] = {0xFFC0: "JPEG", 0xFFC1: "JPEG", 0xFFC2: "progressive JPEG"}  # cameras make no others
_JPEG_BARE = {*range(0xFFD0, 0xFFDA), 0xFFFF}  # without a length; something could hide behind one


class _File(NamedTuple):
    kind: Kind
    size: tuple[int, int]  # width and height, as the header says
    data: bytes  # without all that is not pixels or colours
    exif: bytes


def opened(data: bytes) -> Image.Image:
    """The picture as RGB, upright and without transparency; a large JPEG at a half or a quarter of its size.

    Raises:
        InkError: If it is anything but a whole, still PNG or JPEG of at most `MAX_BYTES` and `MAX_PIXELS`.
    """
    if len(data) > MAX_BYTES:
        raise InkError(f"This picture is larger than {MAX_BYTES // 1_000_000} MB. Choose a screenshot of it instead.")
    if not data.startswith((_PNG, _JPEG)):
        raise InkError("This is not a PNG or JPEG picture. Choose a photo or a screenshot of digits.")
    try:
        file = _png(data) if data.startswith(_PNG) else _jpeg(data)
        width, height = file.size
        if width * height > MAX_PIXELS[file.kind]:
            raise InkError(
                f"This picture has more than {MAX_PIXELS[file.kind] // 1_000_000} megapixels, the most for a "
                f"{file.kind}. Choose a smaller one, or a screenshot of it."
            )
        with Image.open(io.BytesIO(file.data), formats=("PNG", "JPEG")) as image:
            if image.size != file.size:
                raise ValueError(f"a picture must be as large as its header says, got {image.size}")
            smaller = next(scale for scale in (1, 2, 4) if width * height <= ENOUGH * scale**2)
            image.draft(None, (width // smaller, height // smaller))  # of a PNG it takes no notice
            image.getexif()[ExifTags.Base.Orientation] = _orientation(file.exif)
            ImageOps.exif_transpose(image, in_place=True)
            return _opaque(image)
    except InkError:
        raise
    except Exception as error:  # Pillow, zlib and struct each name damage in their own way
        raise InkError("This picture is damaged. Choose another, or take a new photo.") from error


def _png(data: bytes) -> _File:
    """A PNG's size and the chunks that make its pixels: no text or profile is unpacked."""
    size, kept, exif, at = struct.unpack_from(">II", data, 16), [data[:33]], b"", 33
    for _ in range(MAX_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if name == b"acTL":
            raise InkError("This picture is animated. Choose a photo or a screenshot of digits.")
        if name == b"eXIf":
            exif = data[at + 8 : end - 4]
        if name in _PNG_KEPT:
            kept.append(data[at:end])
        if name == b"IEND":
            return _File("PNG", size, b"".join(kept), exif)
        at = end
    raise ValueError(f"a PNG must have at most {MAX_PARTS} chunks")


def _jpeg(data: bytes) -> _File:
    """A JPEG's size and the segments that make its pixels, up to its end: no comment, profile or second picture."""
    kind: Kind = "JPEG"
    size, colours, kept, exif, at = (0, 0), 0, [data[:2]], b"", 2
    for _ in range(MAX_PARTS):
        marker, length = struct.unpack_from(">HH", data, at)
        end = at + 2 + length
        if marker < min(_JPEG_FRAMES) or marker in _JPEG_BARE:
            raise ValueError(f"a JPEG's header must be made of segments, got {marker:#x}")
        if marker == 0xFFDA:  # of a scan; pixels follow
            last = data.index(b"\xff\xd9", at) + 2
            if data.count(b"\xff\xda", at, last) > MAX_SCANS:
                raise ValueError(f"a JPEG must have at most {MAX_SCANS} scans")
            if data[at + 4] < colours:  # the others follow in scans of their own, as in a progressive one
                kind = "progressive JPEG"
            return _File(kind, size, b"".join([*kept, data[at:last]]), exif)
        if marker in _JPEG_FRAMES:
            if size != (0, 0):
                raise ValueError("a JPEG must have one frame, got two")
            if marker not in _JPEG_KINDS:
                raise InkError("This picture is a JPEG of a rare kind. Choose a photo or a screenshot of digits.")
            kind = _JPEG_KINDS[marker]
            height, width, colours = struct.unpack_from(">HHB", data, at + 5)
            size = width, height
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
        values = np.asarray(image)
        grey = np.empty(values.shape, np.uint8)
        np.multiply(values, np.float32(255 / max(int(values.max()), 1)), out=grey, casting="unsafe")
        image = Image.fromarray(grey)
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    small = np.asarray(image.resize((64, 64), Image.Resampling.BOX), np.float32)
    alpha = small[..., 3] + 1e-6
    light = float((small[..., :3].mean(2) * alpha).sum() / alpha.sum())
    paper = Image.new("RGB", image.size, "white" if light < 128 else "black")
    paper.paste(image, mask=image.getchannel("A"))
    return paper
