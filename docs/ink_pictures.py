"""Make the picture of docs/ink.md: the steps of some drawings.

    python docs/ink_pictures.py [FILE]

FILE is docs/images/ink-steps.png unless another is named.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from core import ink

IMAGE = Path(__file__).parent / "images" / "ink-steps.png"
SIDE, BRUSH, ZOOM, GAP = 400, 22, 4, 8  # canvas pixels, canvas pixels, times, pixels
DRAWINGS = [
    [[(110, 90), (290, 90), (230, 210), (180, 330)], [(140, 215), (260, 205)]],  # a 7 with a bar
    [[(60, 300), (75, 285), (95, 290), (92, 310), (78, 316), (95, 325), (96, 345), (70, 352), (58, 344)]],  # a small 3
    [[(320, 40), (290, 200)]],  # a slanted 1
    [[(130, 60), (90, 200), (300, 190)], [(250, 100), (235, 370)]],  # a 4 of two strokes
]


def main() -> None:
    """One row a drawing, one column a step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", default=IMAGE, metavar="FILE")
    options = parser.parse_args()
    rows = []
    for drawing in DRAWINGS:
        steps = ink.steps([np.array(stroke, float) for stroke in drawing], SIDE, BRUSH)
        cells = [np.kron(step.picture, np.ones((ZOOM, ZOOM))) for step in steps]
        rows.append(np.concatenate([np.pad(cell, GAP, constant_values=0.35) for cell in cells], axis=1))
    sheet = (np.concatenate(rows) * 255).round().astype(np.uint8)
    Image.fromarray(sheet).save(options.file, optimize=True)


if __name__ == "__main__":
    main()
