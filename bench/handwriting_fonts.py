"""How well the models read the digits of handwriting fonts; how many of these, and of letters, are taken for no digit.

    python bench/handwriting_fonts.py FOLDER [--model NAME ...] [--mistakes FILE]

Each font is some designer's hand, and none of them was trained on. FOLDER holds font files (.woff, .ttf, .otf), such
as Google Fonts' category "handwriting": `npm pack @fontsource/caveat` fetches one of them, with
`files/caveat-latin-400-normal.woff` in it. FILE gets a picture of what the first model misreads.
"""

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import ink, library, likeness

LETTERS = "AEHKMNRWXh"  # none of which looks like a digit
HIGH, SIDE = 200, 480  # pixels: a digit's field, the picture
SHOWN, COLUMNS = 84, 16  # pixels a digit of the picture of mistakes; digits a row


class Digits(NamedTuple):
    images: NDArray[np.float32]  # (n, 28, 28)
    labels: NDArray[np.uint8]  # (n,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="font files")
    parser.add_argument("--model", nargs="+", default=library.names(), metavar="NAME", help="default: every model here")
    parser.add_argument(
        "--mistakes", type=Path, metavar="FILE", help="a picture (.png) of what the first model misreads"
    )
    options = parser.parse_args()
    fonts = sorted(file for file in options.folder.iterdir() if file.suffix in {".woff", ".woff2", ".ttf", ".otf"})
    if not fonts:
        parser.error(f"no font files in {options.folder}")
    digits = _digits(fonts)
    print(f"{len(digits.labels):,} digits of {len(fonts)} fonts\n")
    print(f"{'':<26}{'right':>8}" + "".join(f"{digit:>8}" for digit in range(10)))
    for name in options.model:
        read = library.load(name).predict(digits.images).argmax(1)
        _row(name, read == digits.labels, digits.labels)
        if options.mistakes and name == options.model[0]:
            _sheet(digits, read).save(options.mistakes)
    _row("taken for no digit", likeness.digit_likeness(digits.images) < likeness.threshold(), digits.labels)
    letters = [image for font in map(_opened, fonts) for letter in LETTERS for image in _images(font, letter)]
    refused = likeness.digit_likeness(np.stack(letters)) < likeness.threshold()
    print(f"\n{len(letters):,} letters, {LETTERS}: {refused.mean():.2%} taken for no digit")


def _digits(fonts: Sequence[Path]) -> Digits:
    """Each font's ten digits, drawn large and read as a picture is."""
    found = [
        (image, digit) for font in map(_opened, fonts) for digit in range(10) for image in _images(font, str(digit))
    ]
    images, labels = zip(*found, strict=True)
    return Digits(np.stack(images), np.array(labels, np.uint8))


def _opened(file: Path) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), HIGH)


def _images(font: ImageFont.FreeTypeFont, character: str) -> list[ink.Picture]:
    """What the network sees of a character; nothing if the font does not have it."""
    paper = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(paper).text((SIDE / 2, SIDE / 2), character, font=font, fill=20, anchor="mm")
    file = io.BytesIO()
    paper.save(file, "PNG")
    return ink.image_to_digits(file.getvalue()).digits[:1]


def _row(name: str, hits: NDArray[np.bool_], labels: NDArray[np.uint8]) -> None:
    each = "".join(f"{hits[labels == digit].mean():>8.1%}" for digit in range(10))
    print(f"{name:<26}{hits.mean():>8.2%}{each}", flush=True)


def _sheet(digits: Digits, read: NDArray[np.intp]) -> Image.Image:
    wrong = np.flatnonzero(read != digits.labels)
    sheet = Image.new("L", (COLUMNS * SHOWN, -(-len(wrong) // COLUMNS) * (SHOWN + 14)), 255)
    for place, which in enumerate(wrong):
        x, y = place % COLUMNS * SHOWN, place // COLUMNS * (SHOWN + 14)
        ink_of_it = Image.fromarray(np.asarray(255 - 255 * digits.images[which], np.uint8))
        sheet.paste(ink_of_it.resize((SHOWN - 4, SHOWN - 4)), (x, y))
        ImageDraw.Draw(sheet).text((x, y + SHOWN - 4), f"{digits.labels[which]} as {read[which]}", fill=0)
    return sheet


if __name__ == "__main__":
    main()
