"""From pen strokes to the 28x28 image MNIST would hold: the drawing is ink, not pixels."""

from core.ink.canvas import strokes_from_canvas
from core.ink.painting import Step, steps, to_mnist
from core.ink.picture import Photo, image_to_digits
from core.ink.segments import has_dots, in_reading_order, is_minus, segment, without_strays
from core.ink.strokes import InkError, Picture, Stroke

__all__ = [
    "InkError",
    "Photo",
    "Picture",
    "Step",
    "Stroke",
    "has_dots",
    "image_to_digits",
    "in_reading_order",
    "is_minus",
    "segment",
    "steps",
    "strokes_from_canvas",
    "to_mnist",
    "without_strays",
]
