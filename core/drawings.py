"""Handwritten digits that were recorded as pen strokes, from a file.

E. Alpaydin, F. Alimoglu, "Pen-Based Recognition of Handwritten Digits", UCI, CC BY 4.0.
"""

import io
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.ink import Stroke
from core.settings import settings

UCI = "the UCI pen digits (E. Alpaydin, F. Alimoglu, CC BY 4.0)"
KNOWN = {(7494, 304_216): UCI}  # by drawings and points; any other file is called by its name
HELD_OUT = (4, 8, 12, 16, 20, 24, 28)  # every fourth writer: nobody trains on these, everybody is scored on them


@dataclass(frozen=True)
class Drawings:
    """Digits as strokes; `labels` (n,) uint8 0 to 9 and `writers` (n,) int32 belong to `strokes` one by one."""

    strokes: list[list[Stroke]]
    labels: NDArray[np.uint8]
    writers: NDArray[np.int32]
    source: str  # where they are from, in words

    def __len__(self) -> int:
        return len(self.strokes)

    @property
    def whose(self) -> str:
        """The writers in words."""
        writers = sorted(set(self.writers.tolist()))
        named = f"writer {writers[0]}" if len(writers) == 1 else f"writers {', '.join(map(str, writers))}"
        return f"{named} of {self.source}"

    def by(self, writers: Collection[int]) -> "Drawings":
        """The drawings of these writers."""
        return self._where(np.isin(self.writers, list(writers)))

    def without(self, writers: Collection[int]) -> "Drawings":
        """The drawings of all other writers."""
        return self._where(~np.isin(self.writers, list(writers)))

    def _where(self, chosen: NDArray[np.bool_]) -> "Drawings":
        strokes = [drawing for drawing, keep in zip(self.strokes, chosen, strict=True) if keep]
        return Drawings(strokes, self.labels[chosen], self.writers[chosen], self.source)


@cache
def recorded() -> Drawings | None:
    """The drawings that models are scored on here, read once a process; None if there is no such file."""
    file = settings().strokes
    return read(file) if file.exists() else None


def read(file: Path) -> Drawings:
    """Read pen drawings, whichever of two forms they are in.

    An npz file holds the arrays `points` (N, 2) x right and y down, `points_per_stroke`, `strokes_per_drawing`,
    `label` and `writer`. UNIPEN text is as the UCI archive has it: `.SEGMENT DIGIT` with the digit in quotes,
    `.COMMENT` with digit, writer and number, then `.PEN_DOWN`, a point a line with y up, `.PEN_UP`.

    Raises:
        OSError: If it cannot be read.
        ValueError: If it is neither, or holds something that does not fit.

    Source: I. Guyon et al., "UNIPEN project of on-line data exchange and recognizer benchmarks", ICPR 1994.
    """
    data = file.read_bytes()
    return _npz(data, file) if data.startswith(b"PK") else _unipen(data.decode("latin-1"), file)


def _npz(data: bytes, file: Path) -> Drawings:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            points = stored["points"].astype(np.float64)
            per_stroke, per_drawing = stored["points_per_stroke"], stored["strokes_per_drawing"]
            labels, writers = stored["label"], stored["writer"]
    except (KeyError, BadZipFile, EOFError) as error:
        raise ValueError(f"{file} must hold pen drawings as arrays, got something else: {error}") from None
    counts = len(labels), len(writers), per_stroke.size, len(points)
    if counts != (len(per_drawing), len(per_drawing), per_drawing.sum(), per_stroke.sum()):
        raise ValueError(f"the arrays of {file} must fit each other, got lengths {counts}")
    strokes = np.split(points, np.cumsum(per_stroke)[:-1])
    ends = np.cumsum(per_drawing)
    drawings = [strokes[end - count : end] for end, count in zip(ends, per_drawing, strict=True)]
    return Drawings(drawings, labels, writers, KNOWN.get((len(labels), len(points)), file.name))


def _unipen(text: str, file: Path) -> Drawings:
    drawings: list[list[Stroke]] = []
    labels: list[int] = []
    writers: list[int] = []
    stroke: list[tuple[float, float]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        try:
            match words:
                case [".SEGMENT", "DIGIT", *_, label]:
                    labels.append(int(label.strip('"')))
                    drawings.append([])
                    writers.append(0)  # until its comment says who
                case [".COMMENT", _, writer, _] if drawings:
                    writers[-1] = int(writer)
                case [".PEN_DOWN"]:
                    stroke = []
                case [".PEN_UP"]:
                    drawings[-1].append(np.array(stroke, np.float64).reshape(-1, 2))
                case [x, y] if not x.startswith("."):
                    stroke.append((float(x), -float(y)))
        except (ValueError, IndexError):
            raise ValueError(f"line {number} of {file} is not UNIPEN as the UCI pen digits have it: {line!r}") from None
    if not drawings or not all(sum(map(len, strokes)) for strokes in drawings):
        raise ValueError(f"{file} must hold pen drawings (.npz, or UNIPEN text), got none or an empty one")
    points = sum(len(stroke) for strokes in drawings for stroke in strokes)
    source = KNOWN.get((len(labels), points), file.name)
    return Drawings(drawings, np.array(labels, np.uint8), np.array(writers, np.int32), source)
