"""How many drawings that are no digits are refused, and how many digits are.

    python bench/likeness.py [FILE]

FILE holds pen strokes as `core.drawings` reads them; of its drawings only the held-out writers' count. The families
marked "trained" were trained on, here drawn with another seed; the others the network has never seen.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import drawings, library, likeness, mnist
from core.training import examples, nondigits

DRAWN, SEED = 200, 2026  # drawings of each family
TURNED, SLANTED = (-30, -20, 20, 30), (-0.5, -0.3, 0.3, 0.5)  # degrees; shares of the height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="pen strokes (.npz)")
    options = parser.parse_args()
    random = np.random.default_rng(SEED)

    print(f"threshold {likeness.threshold():.4f}\n\n{'digits':<34}{'refused':>9}")
    _row("MNIST test digits", mnist.digits().x_test / np.float32(255))
    if options.file:
        pen = drawings.read(options.file)
        _row("drawings by held-out writers", examples.painted(pen.by(drawings.HELD_OUT).strokes))
        for writer in drawings.HELD_OUT:
            _row(f"  writer {writer}", examples.painted(pen.by([writer]).strokes))
        for degrees in TURNED:
            _row(f"  turned by {degrees} degrees", _turned(pen, degrees))
        for slant in SLANTED:
            _row(f"  slanted by {slant:.0%} of the height", _turned(pen, slant=slant))
    _row("digits in rare ways, generated", examples.styled(DRAWN // 4, random).images)

    print(f"\n{'no digits':<34}{'refused':>9}")
    reader = library.load("simple-cnn").predict
    test = mnist.digits()
    some = examples.Examples(mnist.scaled(test.x_test), test.y_test)
    _row("MNIST test digits mangled *", examples.mangled(some, reader, random).images)
    if options.file:
        _row("drawings broken off *", examples.halves(pen.by(drawings.HELD_OUT), reader, random).images)
    held_out = {name: examples.family(name, DRAWN, random).images for name in nondigits.HELD_OUT}
    trained = {name: examples.family(name, DRAWN, random).images for name in nondigits.TRAINED}
    _row("all families never trained on", np.concatenate(list(held_out.values())))
    _row("all families trained on", np.concatenate(list(trained.values())))
    print()
    for name, images in held_out.items():
        _row(name, images)
    for name, images in trained.items():
        _row(f"{name} (trained)", images)
    print("\n* of which simple-cnn is less than 70 % sure: many a half digit is still a digit, as half a 0 is a 1")


def _turned(pen: drawings.Drawings, degrees: float = 0, slant: float = 0) -> examples.Images:
    """The held-out writers' drawings, turned clockwise and leaning to the left."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    shape = np.array([[1, 0], [slant, 1]]) @ turn
    return examples.painted([stroke @ shape for stroke in strokes] for strokes in pen.by(drawings.HELD_OUT).strokes)


def _row(name: str, images: examples.Images) -> None:
    refused = likeness.digit_likeness(images) < likeness.threshold()
    print(f"{name:<34}{refused.mean():>9.2%}  {refused.sum():>6,} of {len(images):,}", flush=True)


if __name__ == "__main__":
    main()
