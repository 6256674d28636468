"""Several digits in one drawing: which strokes belong together, by plain geometry."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.ink.lines import along, distances, outlines, outward, travelled
from core.ink.strokes import Stroke, checked

# Lengths in heights of the tallest stroke; how these were chosen: docs/ink.md.
TOUCH = 0.01  # pieces that come no nearer than this stay apart
GAP = 0.15  # between the boxes of two parts of a digit, at most
BELOW = 0.25  # between them if one is below the other, at most; farther down is another row
SHARED = 0.5  # of the height of both together: what shares more stands side by side, as two digits do
MARK = 0.2  # longer side of a dot or a tremble, at most; what is larger may be a digit

STRAY = MARK  # longer side of a tap or of a slip of the hand, at most
STRAY_AWAY = 0.25  # from all larger strokes; a tap that is nearer is the dot of something

AGAIN = 0.06  # from the line that a stroke goes over once more, at most
AGAIN_SHARE = 0.9  # of the stroke that is so near to it, at least
ON = 0.04  # from the end of a stroke to the beginning of the one that goes on from there, at most
SAME_WAY = 0.7  # cosine of the angle between them, at least

# The flag of a 1 that is a stroke of its own, in heights of the other.
FLAG = 0.15  # between their upper ends, at most
FLAG_HEIGHT = 0.4, 0.85  # least and most; a lower one is a part as others are
FLAG_ANGLE = math.radians(15)  # between them, at least; two 1s are parallel
FLAG_STRAIGHT = 0.8  # from end to end, of the pen's way, at least

# Lengths in the longer side of both strokes' box.
MEET = 0.15  # between the ends of two strokes that are the halves of a ring, at most
BULGE = 0.3  # between their middles, at least; two lines side by side have their middles as near as their ends

MINUS = 0.25  # times as high as wide, at most
MINUS_OFF = 0.25  # of the height of the digit behind it, from that one's middle, at most

ROW = 0.3  # of the lower one's height that two digits of one row have beside each other, at least

BANDS = 48  # of equal height, from the top of the drawing to its bottom
_HALF, _SOME, _MANY = np.array([0.5]), np.linspace(0, 1, 32), np.linspace(0, 1, 200)  # shares of a stroke's way
_FEW = 8  # one of so many points of `_SOME` is looked at first


def without_strays(strokes: Sequence[Stroke]) -> list[Stroke]:
    """A drawing without the taps and slips of a hand that rested on the board: small, and far from all that is larger.

    Args:
        strokes: Pen strokes, each shape (n, 2), canvas pixels.

    Returns:
        The others, in their order; the largest is always among them.

    Raises:
        ValueError: As `segment`.
    """
    drawn = checked(strokes)
    if not drawn:
        return []
    width, height = np.max([np.ptp(stroke, axis=0) for stroke in drawn], axis=0)
    unit = height or width or 1.0
    sizes = [np.ptp(stroke, axis=0).max() / unit for stroke in drawn]
    large = [stroke for stroke, size in zip(drawn, sizes, strict=True) if size > MARK]
    return [
        stroke
        for stroke, size in zip(drawn, sizes, strict=True)
        if size > STRAY or not large or min(distances(stroke[:1], line)[0] for line in large) < STRAY_AWAY * unit
    ]


def has_dots(strokes: Sequence[Stroke]) -> bool:
    """Whether a drawing holds strokes as small as a point or a comma, beside larger ones."""
    sizes = np.array([np.ptp(stroke, axis=0).max() for stroke in checked(strokes)])
    return bool(len(sizes) and (sizes <= MARK * sizes.max()).any())


def segment(strokes: Sequence[Stroke], apart: bool = False) -> list[list[Stroke]]:
    """Group the strokes of a drawing into digits.

    Strokes that touch or reach around each other are one piece, and so are a line and what goes over it again or goes
    on where it ended, the two halves of a ring, and a 1 and its long flag. Of the other pieces, the nearest are joined
    first, as long as one is above the other rather than beside it. At last every dot goes to the digit beside it.

    Args:
        strokes: Pen strokes, each shape (n, 2): x to the right, y down, canvas pixels.
        apart: Do not join parts that do not touch, such as the bar of a 5.

    Returns:
        The digits as `in_reading_order`, each with its strokes in the order they were drawn; every stroke that holds a
        point is in one of them. Place and size of the drawing, order and direction of the strokes do not matter.

    Raises:
        ValueError: If a stroke has another shape or a coordinate is not finite or absurdly far away.
    """
    drawn = checked(strokes)
    if not drawn:
        return []
    order = np.array(sorted(range(len(drawn)), key=lambda stroke: drawn[stroke].min(0).tolist()))
    pieces = _Pieces([drawn[stroke] for stroke in order])
    pieces.join_touching()
    pieces.join_retraced()
    pieces.join_continued()
    pieces.join_rings()
    pieces.join_flags()
    if not apart:
        pieces.join_parts()
    pieces.join_marks()
    return in_reading_order(
        [[drawn[stroke] for stroke in np.sort(order[pieces.owner == digit])] for digit in np.unique(pieces.owner)]
    )


def in_reading_order(digits: Sequence[list[Stroke]]) -> list[list[Stroke]]:
    """Digits from left to right; row by row if there are rows, one below the other.

    Args:
        digits: Each one's strokes, as `segment` gives them.
    """
    points = [np.concatenate(digit) for digit in digits]
    low, high = (np.array([edge(of, axis=0) for of in points]) for edge in (np.min, np.max))
    beside = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)  # (n, n, 2): how far boxes overlap
    height = high[:, 1] - low[:, 1]
    rows = _connected(beside[..., 1] >= ROW * np.minimum(height[:, None], height))
    if not ((rows[:, None] != rows) & (beside[..., 0] > 0)).any():  # none is below another: high and low in one row
        rows[:] = 0
    tops = [low[rows == row, 1].min() for row in rows]
    order = sorted(range(len(digits)), key=lambda digit: (tops[digit], *(low[digit] + high[digit])))
    return [digits[digit] for digit in order]


def is_minus(first: Sequence[Stroke], second: Sequence[Stroke]) -> bool:
    """Whether the first of two pieces is a minus sign to the second: a bar to the left of its middle."""
    pieces = _Pieces([np.concatenate(first), np.concatenate(second)])
    return bool(pieces.minus(np.array([0]), np.array([1]))[0, 0])


def _connected(linked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Of n things, some of them linked, (n, n), the number of the group that each is in, (n,)."""
    group = np.arange(len(linked))
    for one, other in zip(*np.nonzero(linked), strict=True):
        group[group == group[other]] = group[one]
    return group


class _Pieces:
    """What a drawing is made of, every stroke a piece at first; lengths in heights of the tallest stroke.

    `left`, `right`: Shape (BANDS, n), where the ink of each piece begins and ends in each band; inf and -inf without.
    `low`, `high`: Shape (2, n), the upper left and the lower right corner of each piece's box.
    `owner`: Shape (n,), the piece that each stroke is part of. A piece that was joined to another has no ink left.
    """

    def __init__(self, drawn: Sequence[Stroke]) -> None:
        points, lengths = np.concatenate(drawn), np.array([len(stroke) for stroke in drawn])
        starts = np.cumsum(lengths) - lengths
        self.low, self.high = (edge.reduceat(points, starts).T for edge in (np.minimum, np.maximum))
        width, height = (self.high - self.low).max(1)
        unit, corner = height or width or 1.0, self.low.min(1, keepdims=True)
        self.low, self.high = (self.low - corner) / unit, (self.high - corner) / unit
        self.left, self.right = outlines((points - corner.T) / unit, lengths, BANDS)
        self.strokes = [(stroke - corner.T) / unit for stroke in drawn]
        self.owner = np.arange(len(drawn))

    def join_touching(self) -> None:
        for piece in range(len(self.owner)):
            if self.owner[piece] == piece:
                self._absorb(piece, self._touching(piece))

    def join_retraced(self) -> None:
        """Join strokes that go over another once more."""
        low, high = (np.array([edge(stroke, axis=0) for stroke in self.strokes]) for edge in (np.min, np.max))
        some, many = ([along(stroke, shares) for stroke in self.strokes] for shares in (_SOME, _MANY))
        for one, points in enumerate(some):
            around = (low < low[one] + AGAIN).all(1) & (high > high[one] - AGAIN).all(1)
            for other in np.flatnonzero(around & (self.owner != self.owner[one])):
                if (distances(points[::_FEW], many[other]) >= AGAIN).all():  # quickly said, and true of most
                    continue
                if (distances(points, many[other]) < AGAIN).mean() >= AGAIN_SHARE:
                    self._join(one, int(other))

    def join_continued(self) -> None:
        """Join strokes that go on, the same way, where another ended."""
        tails = [stroke[::way] for way in (1, -1) for stroke in self.strokes]
        ends, out = np.array([tail[0] for tail in tails]), np.array([outward(tail) for tail in tails])
        apart = np.hypot(*(ends[:, None] - ends).transpose(2, 0, 1))
        owner = np.tile(self.owner, 2)
        near = np.triu((apart < ON) & (out @ out.T < -SAME_WAY) & (owner[:, None] != owner))
        ones, others = np.nonzero(near)
        for one, other in zip(ones % len(self.strokes), others % len(self.strokes), strict=True):
            self._join(int(one), int(other))

    def join_rings(self) -> None:
        """Join two strokes that were begun and ended at the same two places, with room between them."""
        drawn = self.strokes
        ends = np.array([stroke[[0, -1]] for stroke in drawn])
        middles = np.array([along(stroke, _HALF)[0] for stroke in drawn])
        low, high = (np.array([edge(stroke, axis=0) for stroke in drawn]) for edge in (np.min, np.max))
        for one in range(len(drawn) - 1):
            others = slice(one + 1, None)
            apart = np.hypot(*(ends[one, :, None] - ends[others, None]).transpose(3, 0, 1, 2))  # (others, 2, 2)
            straight, crossed = apart[:, [0, 1], [0, 1]].max(1), apart[:, [0, 1], [1, 0]].max(1)
            size = (np.maximum(high[one], high[others]) - np.minimum(low[one], low[others])).max(1)
            bulge = np.hypot(*(middles[one] - middles[others]).T)
            halves = (np.minimum(straight, crossed) < MEET * size) & (bulge > BULGE * size)
            for other in np.flatnonzero(halves) + one + 1:
                self._join(one, int(other))

    def join_flags(self) -> None:
        """Join two straight strokes that come together at the top, the left one shorter: a 1 and its flag."""
        ends = np.array([stroke[[0, -1]] for stroke in self.strokes])
        feet, tops = np.take_along_axis(ends, ends[..., 1].argsort(1)[:, ::-1, None], 1).transpose(1, 0, 2)
        (across, height), long = (feet - tops).T, np.array([travelled(stroke)[-1] for stroke in self.strokes])
        straight, angle = np.hypot(across, height) >= FLAG_STRAIGHT * long, np.arctan2(-across, height)
        meet = np.hypot(*(tops[:, None] - tops).transpose(2, 0, 1)) <= FLAG * height
        lower, higher = (share * height for share in FLAG_HEIGHT)
        flags = (lower <= height[:, None]) & (height[:, None] <= higher) & (angle[:, None] - angle >= FLAG_ANGLE)
        for flag, stem in np.argwhere(flags & meet & straight & straight[:, None]):
            self._join(int(flag), int(stem))

    def join_parts(self) -> None:
        """Join the parts of digits that do not touch, the nearest first."""
        parts = np.unique(self.owner)
        costs = self._costs(parts, parts)
        while costs.flat[least := int(costs.argmin())] < np.inf:
            one, other = divmod(least, len(parts))
            gone = np.isin(parts, self._absorb(parts[one], parts[[other]]))
            costs[gone] = costs[:, gone] = np.inf
            costs[one] = costs[:, one] = self._costs(parts[[one]], parts)[0]

    def join_marks(self) -> None:
        """Join every mark to the nearest digit; a drawing of nothing but marks is one digit."""
        sizes = self._sizes()
        digits = np.flatnonzero(sizes > MARK) if (sizes > MARK).any() else np.array([sizes.argmax()])
        marks = np.setdiff1d(self.owner, digits)
        away = np.hypot(*self._gaps(marks, digits).clip(0))
        self._rename(marks, digits[away.argmin(1)])

    def _join(self, one: int, other: int) -> None:
        """Join the pieces that two strokes are part of."""
        if self.owner[one] != self.owner[other]:
            self._absorb(int(self.owner[one]), self.owner[[other]])

    def _absorb(self, piece: int, others: NDArray[np.intp]) -> list[int]:
        """Join others to a piece, and whatever it touches then; returns all that were joined to it."""
        gone: list[int] = []
        while others.size:
            every = np.append(others, piece)
            for low in (self.left, self.low):
                low[:, piece], low[:, others] = low[:, every].min(1), np.inf
            for high in (self.right, self.high):
                high[:, piece], high[:, others] = high[:, every].max(1), -np.inf
            self._rename(others, piece)
            gone += others.tolist()
            others = self._touching(piece)
        return gone

    def _rename(self, pieces: NDArray[np.intp], names: int | NDArray[np.intp]) -> None:
        renamed = np.arange(len(self.owner))
        renamed[pieces] = names
        self.owner = renamed[self.owner]

    def _touching(self, piece: int) -> NDArray[np.intp]:
        """The other pieces that stay clear of a piece on neither side, in the bands where both have ink."""
        across = np.maximum(self.low[0] - self.high[0, piece], self.low[0, piece] - self.high[0])
        across[piece] = np.inf
        near = np.flatnonzero(across <= TOUCH)
        to_right = self.left[:, near] - self.right[:, [piece]]
        to_left = self.left[:, [piece]] - self.right[:, near]
        return np.asarray(near[np.maximum(to_right.min(0), to_left.min(0)) <= TOUCH])

    def _costs(self, some: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.float64]:
        """How far across some pieces are from others, shape (some, others); inf if they cannot be one digit."""
        across, down = self._gaps(some, others)
        top, bottom, large = self.low[1], self.high[1], self._sizes() > MARK
        shared = np.minimum(bottom[some, None], bottom[others]) - np.maximum(top[some, None], top[others])
        together = np.maximum(bottom[some, None], bottom[others]) - np.minimum(top[some, None], top[others])
        parts = large[some, None] & large[others] & (some[:, None] != others)
        parts &= (across < GAP) & (down < BELOW) & (shared < SHARED * together)
        parts &= ~(self.minus(some, others) | self.minus(others, some).T)
        return np.where(parts, across, np.inf)

    def minus(self, some: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of some pieces are minus signs to which of others, shape (some, others)."""
        (left, top), (right, bottom) = self.low, self.high
        with np.errstate(invalid="ignore"):  # pieces without ink
            bar = bottom - top <= MINUS * (right - left)
            off = np.abs((top + bottom)[some, None] - (top + bottom)[others]) / 2
        beside = right[some, None] < left[others]
        return np.asarray(bar[some, None] & beside & (off <= MINUS_OFF * (bottom - top)[others]))

    def _gaps(self, some: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.float64]:
        """Between the boxes of some pieces and others, across and down, shape (2, some, others); negative if inside."""
        low, high = self.low[:, some, None], self.high[:, some, None]
        return np.asarray(np.maximum(self.low[:, None, others] - high, low - self.high[:, None, others]))

    def _sizes(self) -> NDArray[np.float64]:
        """The longer side of each piece's box, shape (n,); -inf without ink."""
        return np.asarray((self.high - self.low).max(0))
