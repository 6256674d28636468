"""A recipe's network drawn: images as stacks of maps, dense layers as columns of neurons, blue what learns."""

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from math import prod
from textwrap import wrap

from core.charts import BLUE
from core.layers import OUTPUT, Conv, Dense, Dropout, Layer, MaxPool
from core.recipe import Recipe, summary

HEIGHT = 226  # of the whole drawing, in its own units, like every length below
MIDDLE = 84  # where the stages are centred
PIXEL = 2.2  # side of an image's pixel
SHEETS = 5  # drawn of a stack, however many maps it has
NEURONS = 10  # drawn of a column, however many units it has
DOT = 14  # from neuron to neuron
FIRST_LINE = 176  # where the words begin
_SEVEN = ((0.3, 0.28), (0.7, 0.28), (0.56, 0.52), (0.46, 0.78))  # a stroke in the unit square


@dataclass(frozen=True)
class _Stage:
    """One drawn stage: where it stands and what later lines attach to."""

    title: str
    shape: tuple[int, ...]
    layer: Layer | None  # None: the input image
    x: float  # left edge of the drawn part
    parameters: int = 0

    @property
    def color(self) -> str:
        return BLUE if self.parameters else "currentColor"

    @property
    def is_image(self) -> bool:
        return len(self.shape) == 3

    @property
    def side(self) -> float:
        return max(10, self.shape[0] * PIXEL)

    @property
    def sheets(self) -> int:
        return min(self.shape[-1], SHEETS)

    @property
    def width(self) -> float:
        return self.side + 4 * (self.sheets - 1) if self.is_image else 12

    @property
    def centre(self) -> float:
        return self.x + self.width / 2

    @property
    def dots(self) -> list[float]:
        """Heights of the neurons drawn; more than ten are eight with a gap between."""
        units = self.shape[-1]
        shown = units if units <= NEURONS else NEURONS
        top = MIDDLE - (shown - 1) * DOT / 2
        return [top + i * DOT for i in range(shown) if units <= NEURONS or i not in (4, 5)]

    @property
    def ends(self) -> tuple[float, float]:
        """Top and bottom of what is drawn."""
        if self.is_image:
            half = (self.side + 4 * (self.sheets - 1)) / 2
            return MIDDLE - half, MIDDLE + half
        return self.dots[0] - 6, self.dots[-1] + 6


def network_svg(recipe: Recipe) -> str:
    """The network from the 28x28 image to its ten outputs, or to the last layer there is, as HTML with one inline SVG.

    It takes the page's text colour, shrinks to nine tenths and then scrolls sideways.
    """
    stages = _stages(recipe)
    width = stages[-1].x + 66
    name = escape(_spoken(stages, recipe))
    body = "".join(_joined(before, stage) for before, stage in pairwise(stages))
    body += "".join(
        _drawn(stage, last=stage is stages[-1] and stage.layer == OUTPUT) + _words(stage) for stage in stages
    )
    return (
        '<div style="overflow-x:auto">'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {HEIGHT}" role="img" aria-label="{name}" '
        f'font-family="inherit" font-size="11.5" text-anchor="middle" fill="none" stroke-width="1" '
        f'style="display:block;width:100%;min-width:{0.9 * width:.0f}px;max-width:{1.25 * width:.0f}px">'
        f"<title>{name}</title>{body}</svg></div>"
    )


def _stages(recipe: Recipe) -> list[_Stage]:
    first = _Stage("Input", (28, 28, 1), None, 22)
    stages = [first]
    for row, layer in zip(summary(recipe), recipe.layers, strict=True):
        before = stages[-1]
        probe = _Stage(row.title, row.output_shape, layer, 0, row.parameters)
        gap = max(36, 90 - (before.width + probe.width) / 2)  # or the words below would touch
        x = before.x + before.width + gap
        stages.append(_Stage(row.title, row.output_shape, layer, x, row.parameters))
    return stages


def _spoken(stages: list[_Stage], recipe: Recipe) -> str:
    parts = ", ".join(f"{stage.title} giving {_shape(stage.shape)}" for stage in stages[1:])
    return f"Network: a 28x28 image, {parts}; {recipe.parameters:,} parameters"


def _shape(shape: tuple[int, ...]) -> str:
    return "x".join(str(size) for size in shape)


def _drawn(stage: _Stage, last: bool) -> str:
    if stage.is_image:
        return _stack(stage)
    return _column(stage, [str(digit) for digit in range(10)] if last else [])


def _stack(stage: _Stage) -> str:
    """Square maps, the front one at the lower left; the input shows a handwritten seven."""
    top, bottom = stage.ends
    dash = ' stroke-dasharray="3 2"' if isinstance(stage.layer, Dropout) else ""
    sheets = [
        f'<rect x="{stage.x + 4 * i:g}" y="{bottom - stage.side - 4 * i:g}" width="{stage.side:g}" '
        f'height="{stage.side:g}" rx="2" stroke="{stage.color}" stroke-opacity="0.75"{dash} '
        f'fill="{stage.color}" fill-opacity="0.12"/>'
        for i in reversed(range(stage.sheets))
    ]
    if stage.layer is None:
        points = " ".join(f"{stage.x + x * stage.side:g},{top + y * stage.side:g}" for x, y in _SEVEN)
        stroke = 'stroke="currentColor" stroke-width="5" stroke-linecap="round" stroke-linejoin="round"'
        sheets.append(f'<polyline points="{points}" {stroke}/>')
    return "".join(sheets)


def _column(stage: _Stage, marks: list[str]) -> str:
    """Neurons are filled, plain values hollow, and dropout leaves every second one out."""
    x = stage.centre
    parts = []
    for number, y in enumerate(stage.dots):
        dash = ' stroke-dasharray="2 2"' if isinstance(stage.layer, Dropout) and number % 2 else ""
        full = 0.85 if isinstance(stage.layer, Dense) else 0 if dash else 0.15
        style = f'stroke="{stage.color}"{dash} fill="{stage.color}" fill-opacity="{full}"'
        parts.append(f'<circle cx="{x:g}" cy="{y:g}" r="4.5" {style}/>')
    if stage.shape[-1] > NEURONS:
        parts += [f'<circle cx="{x:g}" cy="{MIDDLE + d}" r="1.3" fill="{stage.color}"/>' for d in (-6, 0, 6)]
    for mark, y in zip(marks, stage.dots, strict=False):
        parts.append(f'<text x="{x + 15:g}" y="{y + 4:g}" fill="currentColor">{mark}</text>')
    return "".join(parts)


def _joined(before: _Stage, stage: _Stage) -> str:
    """All the weights between two dense columns, the window a convolution or pooling slides, or two outer lines."""
    if isinstance(stage.layer, Dense) and not before.is_image:
        path = "".join(
            f"M{before.centre + 5:g} {a:g}L{stage.centre - 5:g} {b:g}" for a in before.dots for b in stage.dots
        )
        return f'<path d="{path}" stroke="{BLUE}" stroke-opacity="0.3" stroke-width="0.7"/>'
    if isinstance(stage.layer, Conv | MaxPool):
        return _window(before, stage)
    (top, bottom), (to_top, to_bottom) = before.ends, stage.ends
    right, left = before.x + before.width + 3, stage.x - 3
    path = f"M{right:g} {top:g}L{left:g} {to_top:g}M{right:g} {bottom:g}L{left:g} {to_bottom:g}"
    return f'<path d="{path}" stroke="{stage.color}" stroke-opacity="0.35"/>'


def _window(before: _Stage, stage: _Stage) -> str:
    """A square on the front map whose corners meet in one value of the next."""
    assert isinstance(stage.layer, Conv | MaxPool)
    side = PIXEL * (stage.layer.kernel if isinstance(stage.layer, Conv) else stage.layer.size)
    right = before.x + before.side
    x, y = right - side - 3, before.ends[1] - side - 3
    to_x, to_y = stage.x + 3, stage.ends[1] - 4
    square = f"M{x:g} {y:g}h{side:g}v{side:g}h-{side:g}Z"
    lines = f"M{x + side:g} {y:g}L{to_x:g} {to_y:g}L{x + side:g} {y + side:g}"
    return f'<path d="{square}{lines}" stroke="currentColor" stroke-opacity="0.7"/>'


def _words(stage: _Stage) -> str:
    """Name, output shape and, where values were images, how many they are now."""
    shape = "28x28" if stage.layer is None else _shape(stage.shape)
    title = stage.title.replace("normalisation", "norm")  # the only word wider than its place
    lines = [(line, 1.0) for line in wrap(title, 12)]
    lines.append((shape, 0.65))
    if stage.layer is None:
        lines.append((f"{prod(stage.shape)} values", 0.65))
    return "".join(
        f'<text x="{stage.centre:g}" y="{FIRST_LINE + 15 * i}" fill="currentColor" fill-opacity="{opacity}">'
        f"{escape(line)}</text>"
        for i, (line, opacity) in enumerate(lines)
    )
