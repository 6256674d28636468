import io
import struct
import time
import tomllib
import tracemalloc
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageFilter

from core import library, mnist
from core.ink import InkError, image_to_digits, to_mnist
from core.ink.upload import ENOUGH, MAX_BYTES, opened
from core.packing import MOST_BYTES

ROOT = Path(__file__).parent.parent
Line = Sequence[tuple[float, float]]
SEVEN: list[Line] = [[(0.3, 0.2), (0.7, 0.2), (0.45, 0.8)]]  # shares of the picture's side
FIVE: list[Line] = [[(0.42, 0.25), (0.4, 0.45), (0.6, 0.5), (0.62, 0.7), (0.4, 0.8)], [(0.46, 0.2), (0.7, 0.2)]]


def mask(lines: Sequence[Line] = SEVEN, side: int = 300, pen: float = 0.03) -> Image.Image:
    """The ink, 255 where it is full."""
    image = Image.new("L", (side, side))
    brush = ImageDraw.Draw(image)
    for line in lines:
        corners = [(x * side, y * side) for x, y in line]
        brush.line(corners, fill=255, width=round(pen * side))
        for corner in corners:
            brush.circle(corner, pen * side / 2, fill=255)
    return image


def paper(lines: Sequence[Line] = SEVEN, side: int = 300, pen: float = 0.03) -> Image.Image:
    """Black ink on white paper."""
    return ImageChops.invert(mask(lines, side, pen))


def file(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def digit(data: bytes) -> NDArray[np.float32]:
    (picture,) = image_to_digits(data).digits
    return picture


def alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return bool(np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(name: bytes, body: bytes, times: int = 1) -> bytes:
    png = file(paper())
    return png[:33] + chunk(name, body) * times + png[33:]


def with_segment(marker: int, body: bytes, times: int = 1) -> bytes:
    jpeg = file(paper(), "JPEG")
    return jpeg[:2] + (struct.pack(">HH", marker, len(body) + 2) + body) * times + jpeg[2:]


def huge_png(side: int) -> bytes:
    """Black, one bit a pixel: its pixels are tiny as a file."""
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def hidden_frame() -> bytes:
    """A JPEG whose frame is passed over by whoever takes the marker before it for one with a length."""
    at = JPEG.index(b"\xff\xc0")
    return JPEG[:at] + b"\xff\xd0\0\x0f" + JPEG[at:]


def hidden_scan() -> bytes:
    """A JPEG in colours with the header of a scan of one colour, hidden in the same way before its own."""
    jpeg = file(coloured((0, 0, 0), (255, 255, 255)), "JPEG")
    at = jpeg.index(b"\xff\xda")
    return jpeg[:at] + b"\xff\xd0\0\x0c" + ONE_COLOUR + jpeg[at:]


def a_scan_for_each_colour(side: int) -> bytes:
    """The beginning of one: its first scan has only one of three colours."""
    jpeg = file(Image.new("RGB", (side, side)), "JPEG")
    at = jpeg.index(b"\xff\xda")
    return jpeg[:at] + ONE_COLOUR + jpeg[at + 14 :]


def many_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated."""
    jpeg = file(Image.new("L", (2000, 2000), 128), "JPEG", progressive=True)
    last = jpeg[jpeg.rfind(b"\xff\xc4", 0, jpeg.rfind(b"\xff\xda")) : -2]
    return jpeg[:-2] + last * 5000 + jpeg[-2:]


def phone_photo(width: int, height: int, form: str = "L", **options: object) -> bytes:
    """A seven in the middle of a large JPEG."""
    photo = Image.new("L", (width, height), 230)
    side = min(width, height) // 300 * 300
    photo.paste(paper().resize((side, side)), ((width - side) // 2, (height - side) // 2))
    return file(photo.convert(form), "JPEG", **options)


def coloured(ink: tuple[int, int, int], sheet: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", (300, 300), sheet)
    image.paste(ink, mask=mask())
    return image


def only_alpha(value: int) -> Image.Image:
    image = Image.new("RGBA", (300, 300), (value, value, value, 0))
    image.putalpha(mask())
    return image


def shaded() -> Image.Image:
    light = np.linspace(1, 0.3, 300)[None, :, None] * np.ones((300, 300, 3))
    return Image.fromarray((np.asarray(paper().convert("RGB")) * light).astype(np.uint8))


def noisy() -> Image.Image:
    noise = np.random.default_rng(0).normal(0, 20, (300, 300))
    return Image.fromarray(np.clip(60 + 0.5 * np.asarray(paper()) + noise, 0, 255).astype(np.uint8))


def ruled(squared: bool) -> Image.Image:
    image = Image.new("L", (300, 300), 235)
    brush = ImageDraw.Draw(image)
    for at in range(10, 300, 24):
        brush.line([(0, at), (300, at + 4)], fill=170, width=2)
        if squared:
            brush.line([(at, 0), (at - 4, 300)], fill=170, width=2)
    image.paste(30, mask=mask())
    return image


def on_a_table() -> Image.Image:
    table = Image.new("RGB", (420, 400), (90, 60, 40))
    table.paste(paper().convert("RGB"), (60, 50))
    return table


def with_specks() -> Image.Image:
    image = paper()
    for x, y in [(40, 40), (60, 250), (150, 150), (260, 200), (90, 150)]:
        ImageDraw.Draw(image).circle((x, y), 4, fill=0)
    return image


def sixteen_bits() -> Image.Image:
    return Image.fromarray(np.asarray(paper(), np.uint16) * 200)


SAME = {
    "JPEG": file(paper(), "JPEG"),
    "progressive JPEG": file(paper(), "JPEG", progressive=True),
    "JPEG of quality 20": file(paper(), "JPEG", quality=20),
    "CMYK JPEG": file(paper().convert("CMYK"), "JPEG"),
    "light on dark": file(mask()),
    "one bit": file(paper().convert("1")),
    "palette": file(coloured((20, 20, 120), (250, 240, 200)).quantize(16)),
    "palette with transparency": file(paper().convert("P"), transparency=255),
    "grey with alpha": file(paper().convert("LA")),
    "sixteen bits": file(sixteen_bits()),
    "black in the alpha channel": file(only_alpha(0)),
    "white in the alpha channel": file(only_alpha(255)),
    "interlaced colours of one light": file(coloured((200, 40, 40), (40, 122, 40))),
    "pale yellow on white": file(coloured((255, 240, 120), (255, 255, 255))),
    "pencil": file(coloured((205, 205, 205), (235, 235, 235)), "JPEG"),
    "half in shadow": file(shaded(), "JPEG"),
    "noise": file(noisy(), "JPEG"),
    "out of focus": file(paper().filter(ImageFilter.GaussianBlur(4)), "JPEG"),
    "lined paper": file(ruled(squared=False), "JPEG"),
    "squared paper": file(ruled(squared=True), "JPEG"),
    "sheet on a table": file(on_a_table(), "JPEG"),
    "specks": file(with_specks()),
    "thin pen": file(paper(pen=0.012)),
    "marker": file(paper(pen=0.07)),
    "large photo": file(paper(side=2000), "JPEG"),
    "thumbnail": file(paper().resize((40, 40), Image.Resampling.LANCZOS)),
    "text, profile and comment": file(paper(), icc_profile=b"x" * 3000, comment=b"a digit"),
    "a megabyte of text that unpacks to much more": with_chunk(
        b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)), times=20
    ),
    "a profile that unpacks to much more": with_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000))),
    "broken Exif": with_segment(0xFFE1, b"Exif\0\0II*\0\xff\xff\xff\xff"),
    "Exif that ends early": with_segment(0xFFE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x01"),
    "a second picture said to be inside": with_segment(0xFFE2, b"MPF\0" + bytes(20)),
}


@pytest.mark.parametrize("data", SAME.values(), ids=SAME.keys())
def test_digit_is_found_however_it_was_drawn_photographed_and_saved(data: bytes) -> None:
    assert alike(digit(data), digit(file(paper())))


def test_digit_looks_as_if_it_had_been_drawn_on_the_canvas() -> None:
    drawn = to_mnist([np.array(line) * 300 for line in SEVEN])
    assert drawn is not None
    assert np.abs(digit(file(paper())) - drawn).mean() < 0.01


def test_picture_is_float32_in_0_to_1_centred_in_a_box_of_20_pixels() -> None:
    picture = digit(file(paper()))
    assert picture.shape == (28, 28)
    assert picture.dtype == np.float32
    assert (picture.min(), picture.max()) == (0, 1)
    rows, columns = np.indices((28, 28))
    assert [(picture * at).sum() / picture.sum() for at in (columns, rows)] == pytest.approx([14, 14], abs=0.1)
    assert max(np.ptp(np.flatnonzero(picture.any(axis))) + 1 for axis in (0, 1)) in (19, 20, 21)


def test_small_digit_in_a_large_photo_is_as_sharp_as_a_large_one() -> None:
    photo = Image.new("L", (2000, 1500), 230)
    photo.paste(paper(side=200), (1500, 200))
    assert alike(digit(file(photo, "JPEG")), digit(file(paper())))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_photo_is_turned_upright_as_the_camera_was_held(turn: int, form: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif[ExifTags.Base.Orientation] = turn
    lying = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    image = paper().transpose(lying[turn]) if turn in lying else paper()
    assert alike(digit(file(image, form, exif=exif)), digit(file(paper())))


def test_detached_bar_stays_with_its_five() -> None:
    picture = digit(file(paper(FIVE)))
    drawn = to_mnist([np.array(line) * 300 for line in FIVE])
    assert drawn is not None
    assert alike(picture, drawn)


@pytest.mark.parametrize("box", [(0, 0, 212, 300), (86, 0, 300, 300), (0, 55, 300, 300), (0, 0, 300, 242)])
def test_digit_may_touch_the_edge(box: tuple[int, int, int, int]) -> None:
    assert alike(digit(file(paper().crop(box))), digit(file(paper())))


def test_mnist_digits_are_read_as_before() -> None:
    digits = mnist.digits().x_test[:40]
    model = library.load("simple-cnn")
    before = model.predict(digits.astype(np.float32) / 255).argmax(1)
    for inked in (digits, 255 - digits):
        pictures = np.stack([digit(file(Image.fromarray(image))) for image in inked])
        assert np.count_nonzero(model.predict(pictures).argmax(1) != before) <= 1


def grain(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).normal(200, 12, (height, width)).clip(0, 255).astype(np.uint8))


BLANK = {
    "white": file(Image.new("L", (300, 200), 255)),
    "black": file(Image.new("RGB", (300, 200))),
    "one pixel": file(Image.new("L", (1, 1))),
    "a line of one pixel's height": file(Image.new("L", (3000, 1), 200)),
    "nothing but transparency": file(Image.new("RGBA", (300, 200))),
    "grain": file(grain(600, 400), "JPEG"),
    "a slope of light": file(Image.fromarray(np.full((300, 300), np.linspace(250, 75, 300)).astype(np.uint8))),
    "one speck": file(ImageChops.invert(mask([[(0.5, 0.5)]], pen=0.02))),
    "sixteen bits of nothing": file(Image.fromarray(np.zeros((20, 20), np.uint16))),
}


@pytest.mark.parametrize("data", BLANK.values(), ids=BLANK.keys())
def test_blank_paper_gives_no_digit(data: bytes) -> None:
    assert image_to_digits(data).digits == []


def frames(form: str) -> bytes:
    return file(paper(), form, save_all=True, append_images=[mask()])


PNG, JPEG = file(paper()), file(paper(), "JPEG")
ONE_COLOUR = b"\xff\xda\0\x08\1\1\0\0\x3f\0"  # the header of a scan
REFUSED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: b"a digit",
    "PDF": lambda: file(paper(), "PDF"),
    "GIF": lambda: file(paper(), "GIF"),
    "WebP": lambda: file(paper(), "WEBP"),
    "TIFF": lambda: file(paper(), "TIFF"),
    "BMP": lambda: file(paper(), "BMP"),
    "animated PNG": lambda: frames("PNG"),
    "signature of a PNG": lambda: PNG[:8],
    "header of a PNG": lambda: PNG[:33],
    "half a PNG": lambda: PNG[: len(PNG) // 2],
    "PNG without its last chunk": lambda: PNG[:-12],
    "PNG without pixels": lambda: PNG[:33] + PNG[-12:],
    "PNG with another chunk first": lambda: PNG[:8] + chunk(b"tEXt", b"a\0b") + PNG[8:],
    "PNG of no size": lambda: PNG[:8] + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 9, 8, 0, 0, 0, 0)) + PNG[33:],
    "PNG of 400,000 chunks": lambda: with_chunk(b"prVt", b"", 400_000),
    "start of a JPEG": lambda: JPEG[:3],
    "half a JPEG": lambda: JPEG[: len(JPEG) // 2],
    "JPEG without its end": lambda: JPEG[:-2],
    "JPEG of no size": lambda: JPEG.replace(struct.pack(">HH", 300, 300), bytes(4), 1),
    "JPEG with two frames": lambda: with_segment(
        0xFFC0, bytes([8]) + struct.pack(">HH", 60_000, 60_000) + b"\1\1\x11\0"
    ),
    "JPEG of a million segments": lambda: with_segment(0xFFFE, b"", 1_000_000),
    "JPEG of 5,000 scans": many_scans,
    "JPEG with a hidden frame": hidden_frame,
    "JPEG with a hidden scan": hidden_scan,
    "lossless JPEG": lambda: JPEG.replace(b"\xff\xc0", b"\xff\xc3", 1),
    "JPEG with an arithmetic code": lambda: JPEG.replace(b"\xff\xc0", b"\xff\xc9", 1),
    "more than 15 MB": lambda: PNG + bytes(15_000_000),
    "more than 9 megapixels": lambda: file(Image.new("L", (3001, 3000), 255)),
    "more than 13 megapixels as progressive JPEG": lambda: phone_photo(3606, 3606, progressive=True),
    "more than 13 megapixels as JPEG with a scan for each colour": lambda: a_scan_for_each_colour(3606),
    "more than 51 megapixels as JPEG": lambda: file(Image.new("L", (8501, 6000), 255), "JPEG"),
    "a large photo that ends early": lambda: phone_photo(4000, 3000)[:-2],
    "100 megapixels": lambda: huge_png(10_000),
    "900 megapixels": lambda: huge_png(30_000),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_anything_but_a_whole_still_picture_of_reasonable_size_is_refused_with_advice(
    make: Callable[[], bytes],
) -> None:
    data = make()
    start = time.perf_counter()
    with pytest.raises(InkError, match=r"^This (picture )?.+\. Choose .*\.$"):
        image_to_digits(data)
    assert time.perf_counter() - start < 1


def test_huge_picture_is_refused_before_its_pixels_are_unpacked() -> None:
    data = huge_png(10_000)
    assert len(data) < 200_000
    tracemalloc.start()
    try:
        with pytest.raises(InkError, match="megapixels"):
            image_to_digits(data)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("turn", "size", "form"),
    [(1, (2000, 1500), "RGB"), (6, (1500, 2000), "RGB"), (1, (2000, 1500), "L"), (1, (2000, 1500), "CMYK")],
)
def test_photo_of_a_phone_is_decoded_at_a_part_of_its_size_and_upright(
    turn: int, size: tuple[int, int], form: str
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    photo = phone_photo(8000, 6000, form, exif=exif)
    picture = opened(photo)
    assert (picture.mode, picture.size) == ("RGB", size)
    turned = picture.rotate(90, expand=True) if turn == 6 else picture
    assert alike(digit(file(turned)), digit(file(paper())))


@pytest.mark.parametrize(("width", "height"), [(65_000, 70), (70, 65_000), (2001, 2000), (7140, 7140)])
def test_jpeg_of_any_shape_is_decoded_to_no_more_than_enough_pixels(width: int, height: int) -> None:
    picture = opened(file(Image.new("L", (width, height), 255), "JPEG"))
    assert 0 < picture.width * picture.height <= ENOUGH


def test_screenshot_of_a_large_phone_and_a_progressive_photo_keep_their_digit() -> None:
    screen = Image.new("RGB", (1440, 3200), (250, 250, 250))
    screen.paste(paper(side=900), (270, 1100))
    for data in (file(screen), phone_photo(4000, 3000, progressive=True)):
        assert alike(digit(data), digit(PNG))


def test_server_takes_files_as_large_as_those_who_look_at_them() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert max(MAX_BYTES, MOST_BYTES) <= config["server"]["maxUploadSize"] * 2**20 <= 2 * max(MAX_BYTES, MOST_BYTES)


def test_second_header_does_not_make_a_picture_larger() -> None:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 10_000, 10_000, 8, 0, 0, 0, 0))
    assert alike(digit(PNG[:33] + header + PNG[33:]), digit(PNG))


def test_largest_permitted_photo_takes_less_than_a_second() -> None:
    photo = grain(3000, 3000)
    photo.paste(20, mask=mask(side=3000))
    large = photo.resize((7140, 7140), Image.Resampling.NEAREST)
    for data in (file(large, "JPEG", quality=80), file(photo.convert("RGBA").quantize(64), compress_level=1)):
        start = time.perf_counter()
        assert alike(digit(data), digit(PNG))
        assert time.perf_counter() - start < 1


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([file(mask(side=40), "PNG"), file(mask(side=40), "JPEG"), SAME["CMYK JPEG"], SAME["sixteen bits"]]),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4),
    st.none() | st.floats(0, 1),
    st.binary(max_size=40),
)
def test_whatever_is_sent_gives_digits_or_an_ink_error(
    whole: bytes, flips: list[tuple[float, int]], cut: float | None, noise: bytes
) -> None:
    spoilt = bytearray(whole)
    for place, bits in flips:
        spoilt[int(place * len(spoilt))] ^= bits
    end = len(spoilt) if cut is None else int(cut * len(spoilt))
    for data in (noise, bytes(spoilt[:end]), bytes(spoilt[:end]) + noise, whole[:33] + noise + whole[33:]):
        try:
            photo = image_to_digits(data)
        except InkError:
            continue
        assert all(picture.shape == (28, 28) and np.isfinite(picture).all() for picture in photo.digits)


ROW: list[Line] = [[(x / 3 + shift, y / 3 + 0.35) for x, y in line] for shift in (0.05, 0.36, 0.67) for line in SEVEN]
TWO_ROWS: list[Line] = [[(x, y + shift) for x, y in line] for shift in (-0.2, 0.2) for line in ROW[:2]]


def test_several_digits_are_found_in_reading_order_and_each_is_looked_at_alone() -> None:
    lines = [*ROW[:1], *[[(x / 2 + 0.25, y / 2 + 0.25) for x, y in line] for line in FIVE], *ROW[2:]]
    photo = image_to_digits(file(paper(lines, 900, 0.015), "JPEG"))
    seven, five = digit(file(paper())), digit(file(paper(FIVE)))
    assert len(photo.digits) == 3
    assert all(map(alike, photo.digits, (seven, five, seven)))
    assert not alike(seven, five)


@pytest.mark.parametrize(("lines", "count"), [(ROW, 3), (TWO_ROWS, 4), (SEVEN, 1), ([], 0)])
def test_every_digit_has_its_frame_on_the_small_picture(lines: list[Line], count: int) -> None:
    photo = image_to_digits(file(paper(lines, 1600, 0.012)))
    assert len(photo.digits) == len(photo.boxes) == count
    assert max(photo.small.size) <= 640
    for left, top, right, bottom in photo.boxes:
        inside = photo.small.crop((round(left), round(top), round(right), round(bottom)))
        assert np.asarray(inside.convert("L")).min() < 100
        assert 40 < bottom - top < 500
        photo.small.paste("white", (int(left) - 3, int(top) - 3, int(right) + 4, int(bottom) + 4))
    assert np.asarray(photo.small.convert("L")).min() > 150


def test_specks_a_signature_and_small_print_beside_a_digit_are_not_read() -> None:
    dots = [[(x, 0.1)] for x in np.linspace(0.1, 0.9, 8)]
    print_below = [[(x, 0.93), (x + 0.02, 0.96)] for x in np.linspace(0.1, 0.9, 12)]
    line = [[(0.1, 0.9), (0.9, 0.88)]]
    for more in (dots, print_below, line):
        (found,) = image_to_digits(file(paper([*SEVEN, *more]))).digits
        assert alike(found, digit(file(paper())))


def test_page_full_of_digits_is_refused_with_advice_before_each_is_looked_at() -> None:
    page = [[(x / 12 + i / 10, y / 12 + j / 10) for x, y in SEVEN[0]] for i in range(10) for j in range(10)]
    with pytest.raises(InkError, match="more than 40 marks"):
        image_to_digits(file(paper(page, 1500, 0.004)))
    assert len(image_to_digits(file(paper(page, 1500, 0.004)), most=100).digits) == 100


def test_bar_of_a_screenshot_is_not_taken_for_the_digit() -> None:
    picture = paper()
    picture.paste(20, (0, 10, 290, 34))
    assert alike(digit(file(picture)), digit(file(paper())))
