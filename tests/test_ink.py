import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.ink import InkError, Stroke, painting, steps, strokes_from_canvas, to_mnist
from core.ink.lines import distances

# What Fabric 7.4 sent for a pen that went (60, 60), (60, 200), (200, 120), (210, 300), (120, 330); without its style.
SENT = {
    "type": "Path",
    "originX": "center",
    "originY": "center",
    "left": 123.5034,
    "top": 195.0197,
    "width": 127.0468,
    "height": 270.0007,
    "strokeWidth": 20,
    "scaleX": 1,
    "scaleY": 1,
    "angle": 0,
    "flipX": False,
    "flipY": False,
    "skewX": 0,
    "skewY": 0,
    "path": [
        ["M", 59.98, 60.02],
        ["Q", 60, 60, 60, 130],
        ["Q", 60, 200, 130, 160],
        ["Q", 200, 120, 160, 225],
        ["L", 119.98, 330.02],
    ],
}
CLICK = {**SENT, "left": 300, "top": 200, "path": [["M", 299.98, 200], ["L", 300.02, 200]]}


def canvas(*objects: object) -> dict[str, Any]:
    return {"version": "7.4.0", "objects": list(objects)}


def path(*commands: object) -> dict[str, Any]:
    return canvas({"type": "Path", "path": list(commands)})


def mnist(strokes: list[Stroke]) -> NDArray[np.float32]:
    picture = to_mnist(strokes)
    assert picture is not None
    return picture


def centre_of_mass(picture: NDArray[np.float32]) -> tuple[float, float]:
    rows, columns = np.indices(picture.shape)
    return float((picture * columns).sum() / picture.sum()), float((picture * rows).sum() / picture.sum())


def ink_box(picture: NDArray[np.float32]) -> tuple[int, int]:
    return int(np.ptp(np.flatnonzero(picture.any(0)))) + 1, int(np.ptp(np.flatnonzero(picture.any(1)))) + 1


@st.composite
def drawings(draw: st.DrawFn) -> list[Stroke]:
    """One to three pen strokes with smooth and sharp turns, 60 to 600 canvas pixels large."""
    strokes = []
    for _ in range(draw(st.integers(1, 3))):
        corners = np.array(draw(st.lists(st.tuples(*[st.floats(0, 1)] * 2), min_size=2, max_size=6)))
        between = draw(st.integers(1, 12))
        at = np.linspace(0, len(corners) - 1, (len(corners) - 1) * between + 1)
        strokes.append(np.stack([np.interp(at, np.arange(len(corners)), axis) for axis in corners.T], axis=1))
    extent = np.ptp(np.concatenate(strokes), axis=0).max()
    assume(extent > 0.01)
    return [stroke * draw(st.floats(60, 600)) / extent for stroke in strokes]


def same(one: list[Stroke], other: list[Stroke]) -> bool:
    return float(np.abs(mnist(one) - mnist(other)).mean()) <= 1e-3


few = settings(max_examples=40, deadline=None)


@few
@given(drawings(), st.floats(-2000, 2000), st.floats(-2000, 2000))
def test_stroke_is_centred_wherever_it_was_drawn(drawing: list[Stroke], x: float, y: float) -> None:
    assert same(drawing, [stroke + np.array([x, y]) for stroke in drawing])


@few
@given(drawings(), st.floats(60, 600))
def test_size_on_the_canvas_does_not_matter(drawing: list[Stroke], size: float) -> None:
    extent = np.ptp(np.concatenate(drawing), axis=0).max()
    assert same(drawing, [stroke * size / extent for stroke in drawing])


@few
@given(drawings(), st.data())
def test_lifting_the_pen_within_a_stroke_does_not_matter(drawing: list[Stroke], data: st.DataObject) -> None:
    first, *others = drawing
    cut = data.draw(st.integers(0, len(first) - 1))
    assert same(drawing, [first[: cut + 1], first[cut:], *others])


@few
@given(drawings())
def test_direction_and_order_of_strokes_do_not_matter(drawing: list[Stroke]) -> None:
    assert same(drawing, [stroke[::-1] for stroke in reversed(drawing)])


@few
@given(drawings())
def test_picture_is_float32_in_0_to_1_and_centred_where_its_edge_allows(drawing: list[Stroke]) -> None:
    picture = mnist(drawing)
    assert picture.shape == (28, 28)
    assert picture.dtype == np.float32
    assert picture.min() == 0
    assert picture.max() <= 1
    at_edge = picture[[0, -1]].any() or picture[:, [0, -1]].any()
    assert at_edge or centre_of_mass(picture) == pytest.approx((14, 14), abs=0.1)


@few
@given(drawings())
def test_ink_fills_the_20_pixel_box(drawing: list[Stroke]) -> None:
    assert max(ink_box(mnist(drawing))) in (19, 20, 21)


def test_lopsided_drawing_is_moved_no_farther_than_the_edge_of_the_field() -> None:
    blot = np.stack([np.tile([0, 80], 30), np.linspace(0, 390, 60)], axis=1)
    picture = mnist([blot, np.array([[0, 195], [400, 195]], float)])
    assert ink_box(picture)[0] in (19, 20, 21)
    assert picture[:, 27].any()
    assert centre_of_mass(picture) == (pytest.approx(12, abs=1.5), pytest.approx(14, abs=0.05))


def test_brush_width_does_not_matter() -> None:
    thin, thick = canvas({**SENT, "strokeWidth": 1}), canvas({**SENT, "strokeWidth": 60})
    assert np.array_equal(mnist(strokes_from_canvas(thin)), mnist(strokes_from_canvas(thick)))


def test_centre_of_mass_is_at_14() -> None:
    seven = np.array([[0, 0], [100, 0], [40, 200]], float)
    assert centre_of_mass(mnist([seven])) == pytest.approx((14, 14), abs=0.02)


@pytest.mark.parametrize("drawing", [[], [np.empty((0, 2))]], ids=["no stroke", "an empty stroke"])
def test_nothing_drawn_gives_none(drawing: list[Stroke]) -> None:
    assert to_mnist(drawing) is None


def test_dot_stays_a_dot() -> None:
    dot = mnist([np.array([[200.0, 300.0]])])
    assert max(ink_box(dot)) <= 5
    assert dot[14, 14] == 1
    assert np.array_equal(dot, dot.T)
    assert centre_of_mass(dot) == pytest.approx((14, 14))


def test_trembling_dot_is_not_blown_up() -> None:
    tremble = np.array([[200, 300], [202, 301], [199, 303], [201, 299]], float)
    assert max(ink_box(mnist([tremble]))) <= 8


def test_repeated_points_change_nothing() -> None:
    line = np.array([[0, 0], [50, 80], [90, 10]], float)
    assert same([line], [np.repeat(line, 5, axis=0)])


def test_straight_line_keeps_its_length_and_thickness() -> None:
    upright = mnist([np.array([[50, 20], [50, 320]], float)])
    width, height = ink_box(upright)
    assert height in (19, 20, 21)
    assert upright[14].sum() == pytest.approx(painting.PEN, abs=0.5)
    assert width <= math.ceil(painting.PEN + painting.EDGE) + 1
    level = mnist([np.array([[20, 50], [320, 50]], float)])
    assert np.allclose(level, upright.T, atol=1e-5)


def test_slanted_one_stays_slanted() -> None:
    picture = mnist([np.array([[100, 0], [0, 200]], float)])
    columns = [picture[row] @ np.arange(28) / picture[row].sum() for row in range(8, 21)]
    assert np.allclose(np.diff(columns), -0.5, atol=0.1)


def test_ink_is_full_in_the_middle_of_a_line() -> None:
    assert mnist([np.array([[0, 0], [0, 200]], float)])[14].max() == 1


def test_many_points_are_painted_like_few() -> None:
    ends = np.array([[0, 0], [200, 100]], float)
    many = np.linspace(*ends, 20_000)
    assert same([ends], [many])


@pytest.mark.parametrize(
    "stroke",
    [
        np.zeros(4),
        np.zeros((4, 3)),
        np.zeros((2, 2, 2)),
        np.array([[0, math.nan]]),
        np.array([[0, math.inf]]),
        np.array([[0, 1e300]]),
    ],
    ids=["flat", "three coordinates", "three axes", "nan", "infinite", "absurdly far"],
)
def test_what_is_not_a_stroke_is_a_bug_of_the_caller(stroke: Stroke) -> None:
    with pytest.raises(ValueError, match="must be"):
        to_mnist([stroke])


@pytest.mark.parametrize("blank", [None, {"objects": []}, {"version": "7.4.0", "objects": [], "background": ""}])
def test_blank_canvas_gives_no_strokes(blank: dict[str, Any] | None) -> None:
    assert strokes_from_canvas(blank) == []


def test_freshly_drawn_stroke_comes_out_where_it_was_drawn() -> None:
    (stroke,) = strokes_from_canvas(canvas(SENT))
    for point in ([59.98, 60.02], [60, 200], [200, 120], [119.98, 330.02]):
        assert np.abs(stroke - point).max(1).min() < 1e-3
    assert np.hypot(*np.diff(stroke, axis=0).T).max() < 50, "round the corners, the line is smooth"


def by_fabric(places: NDArray[np.float64]) -> list[list[Any]]:
    """The path that Fabric makes of the places where a pen was, but for the fiftieth of a pixel at its ends."""
    midway = (places[:-1] + places[1:]) / 2
    curves = np.concatenate([places[:-1], midway], axis=1).tolist()
    return [["M", *places[0]], *(["Q", *curve] for curve in curves), ["L", *places[-1]]]


SEVEN = np.array([[60, 60], [180, 64], [300, 60], [230, 180], [160, 320]], float)


def test_few_places_of_a_quick_pen_are_all_on_its_stroke() -> None:
    (stroke,) = strokes_from_canvas(path(*by_fabric(SEVEN)))
    assert np.hypot(*(SEVEN[:, None] - stroke).transpose(2, 0, 1)).min(1).max() < 1e-9
    low, high = stroke.min(0), stroke.max(0)
    assert (low > SEVEN.min(0) - 10).all()
    assert (high < SEVEN.max(0) + 10).all()


def test_line_through_few_places_is_the_centripetal_catmull_rom_curve() -> None:
    (stroke,) = strokes_from_canvas(path(*by_fabric(SEVEN)))
    p0, p1, p2, p3 = SEVEN[1:]
    t0, t1, t2, t3 = np.cumsum([0, *np.sqrt(np.hypot(*np.diff(SEVEN[1:], axis=0).T))])
    for t in np.linspace(t1, t2, 9):  # Barry and Goldman's pyramid
        a1, a2, a3 = (
            ((end - t) * p + (t - start) * q) / (end - start)
            for p, q, start, end in ((p0, p1, t0, t1), (p1, p2, t1, t2), (p2, p3, t2, t3))
        )
        b1, b2 = ((t2 - t) * a1 + (t - t0) * a2) / (t2 - t0), ((t3 - t) * a2 + (t - t1) * a3) / (t3 - t1)
        point = ((t2 - t) * b1 + (t - t1) * b2) / (t2 - t1)
        assert distances(point[None], stroke)[0] < 0.1


@pytest.mark.parametrize("scale", [0.25, 1, 2])
def test_many_places_leave_the_stroke_as_it_was_seen(scale: float) -> None:
    places = scale * np.stack([np.interp(np.arange(0, 5, 0.1), np.arange(5), axis) for axis in SEVEN.T], axis=1)
    (stroke,) = strokes_from_canvas(path(*by_fabric(places)))
    corner = scale * SEVEN[2]
    cut = (places[19] / 2 + places[20] * 3 + places[21] / 2) / 4  # of Fabric's curve, half way
    assert distances(cut[None], stroke)[0] < 0.1
    assert distances(corner[None], stroke)[0] > 0.5 * scale


@pytest.mark.parametrize("change", ["a curve that ends elsewhere", "a line between", "no last line", "a cubic"])
def test_path_that_no_pen_makes_is_read_as_it_stands(change: str) -> None:
    commands = by_fabric(SEVEN)
    if change == "a curve that ends elsewhere":
        commands[2][3] += 1
    elif change == "a line between":
        commands[3] = ["L", *commands[3][3:]]
    elif change == "no last line":
        commands.pop()
    else:
        commands[3] = ["C", *commands[3][1:3], *commands[3][1:]]
    (stroke,) = strokes_from_canvas(path(*commands))
    for command in commands:
        assert distances(np.array([command[-2:]], float), stroke)[0] < 1e-9
    assert distances(SEVEN[1:2], stroke)[0] > 0.5


def test_click_gives_a_dot() -> None:
    strokes = strokes_from_canvas(canvas(CLICK))
    assert len(strokes) == 1
    assert np.abs(strokes[0] - (300, 200)).max() < 0.1
    assert max(ink_box(mnist(strokes))) <= 5


@pytest.mark.parametrize(
    "commands",
    [
        [["M", 5, 6]],
        [["M", 5, 6], ["L", 5, 6]],
        [["M", 5, 6], ["Q", 5, 6, 5, 6]],
        [["M", 5, 6], ["C", 5, 6, 5, 6, 5, 6]],
        [["M", 5, 6], ["Z"]],
    ],
    ids=["M", "L", "Q", "C", "Z"],
)
def test_pen_that_did_not_move_leaves_a_dot(commands: list[list[Any]]) -> None:
    (stroke,) = strokes_from_canvas(canvas({"type": "path", "path": commands, "left": 5, "top": 6}))
    assert np.allclose(stroke, (5, 6))


def test_each_m_begins_a_stroke() -> None:
    one, two = strokes_from_canvas(path(["M", 0, 0], ["L", 9, 9], ["M", 20, 0], ["L", 20, 5]))
    assert np.array_equal(one, [[0, 0], [9, 9]])
    assert np.array_equal(two, [[20, 0], [20, 5]])


def test_z_closes_the_stroke() -> None:
    (stroke,) = strokes_from_canvas(path(["M", 0, 0], ["L", 9, 0], ["L", 9, 9], ["Z"]))
    assert np.array_equal(stroke, [[0, 0], [9, 0], [9, 9], [0, 0]])


@pytest.mark.parametrize("name", ["Q", "C"])
def test_curves_are_flattened_to_a_tenth_of_a_pixel(name: str) -> None:
    control = np.array([[0, 0], [40, 90], [80, 0]] if name == "Q" else [[0, 0], [10, 90], [90, 60], [80, 0]], float)
    (stroke,) = strokes_from_canvas(path(["M", 0, 0], [name, *control[1:].ravel().tolist()]))
    curve = bezier(control, np.linspace(0, 1, 2001))
    a, b = stroke[:-1], stroke[1:]
    share = np.clip(((curve[:, None] - a) * (b - a)).sum(2) / ((b - a) ** 2).sum(1), 0, 1)
    off = np.linalg.norm(curve[:, None] - a - share[..., None] * (b - a), axis=2).min(1)
    assert off.max() <= 0.1


def bezier(control: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    order = len(control) - 1
    weights = [math.comb(order, k) * at**k * (1 - at) ** (order - k) for k in range(order + 1)]
    return np.stack(weights, axis=1) @ control


def oracle(item: dict[str, Any]) -> NDArray[np.float64]:
    """Where the pen's places are seen: Fabric's box by sampling, its transform by complex numbers."""
    here, samples, places = np.zeros(2), [], []
    for command in item["path"]:
        numbers = np.reshape(command[1:], (-1, 2)).astype(float)
        if command[0] == "Q":
            samples.append(bezier(np.array([here, numbers[0], numbers[0], numbers[1]]), np.linspace(0, 1, 20_001)))
        else:
            samples.append(numbers)
        here = numbers[-1]
        places.append(numbers[0])
    del places[1]  # the first once more, a fiftieth of a pixel beside it
    seen = np.concatenate(samples)
    low, high = seen.min(0), seen.max(0)
    mirror = np.array([-1 if item["flipX"] else 1, -1 if item["flipY"] else 1])
    scale = np.array([item["scaleX"], item["scaleY"]])
    turn = np.exp(1j * np.deg2rad(item["angle"]))
    corner = {"left": 1, "center": 0, "right": -1, "top": 1, "bottom": -1}
    to_centre = np.array([corner[item["originX"]], corner[item["originY"]]]) * (high - low + item["strokeWidth"]) / 2
    flat = (np.array(places) - (low + high) / 2) * scale * mirror + to_centre * scale
    points = (flat[:, 0] + 1j * flat[:, 1]) * turn + item["left"] + 1j * item["top"]
    return np.stack([points.real, points.imag], axis=1)


@few
@given(
    st.fixed_dictionaries(
        {
            "left": st.floats(-500, 500),
            "top": st.floats(-500, 500),
            "scaleX": st.floats(0.1, 5),
            "scaleY": st.floats(0.1, 5),
            "angle": st.floats(-360, 360),
            "flipX": st.booleans(),
            "flipY": st.booleans(),
            "originX": st.sampled_from(["left", "center", "right"]),
            "originY": st.sampled_from(["top", "center", "bottom"]),
        }
    )
)
def test_moved_scaled_and_turned_object_comes_out_where_it_is_seen(change: dict[str, Any]) -> None:
    item = {**SENT, **change}
    (stroke,) = strokes_from_canvas(canvas(item))
    distance = np.linalg.norm(oracle(item)[:, None] - stroke, axis=2)
    assert distance.min(1).max() < 1e-3
    assert np.array_equal(np.argsort(distance.argmin(1)), np.arange(4))  # in the order they were drawn


def test_skewed_object_leans() -> None:
    item = {"type": "Path", "left": 0, "top": 0, "skewX": 45, "path": [["M", -10, -10], ["L", 10, 10]]}
    assert np.allclose(strokes_from_canvas(canvas(item)), [[[-20, -10], [20, 10]]])


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


LINE = {"type": "Path", "path": [["M", 0, 0], ["L", 9, 9]], "left": 0, "top": 0}
REFUSED: dict[str, Any] = {
    "a list": [],
    "a string": "drawing",
    "a number": 7,
    "no objects": {"drawing": "x"},
    "objects is a mapping": {"objects": {}},
    "objects is a string": {"objects": "MLQ"},
    "objects is None": {"objects": None},
    "object is a string": canvas("Path"),
    "object is None": canvas(None),
    "a rectangle": canvas({"type": "Rect", "left": 0, "top": 0, "width": 5, "height": 5}),
    "type is a list": canvas({**LINE, "type": ["Path"]}),
    "no path": canvas({"type": "Path"}),
    "path is a string": canvas({"type": "Path", "path": "M 0 0 L 9 9"}),
    "path is empty": path(),
    "path begins without M": path(["L", 9, 9]),
    "unknown command": path(["M", 0, 0], ["A", 9, 9]),
    "command is a list": path([["M"], 0, 0]),
    "command is a number": path(["M", 0, 0], 5),
    "command is empty": path(["M", 0, 0], []),
    "number missing": path(["M", 0, 0], ["L", 9]),
    "number too many": path(["M", 0, 0, 0], ["L", 9, 9]),
    "number is a string": path(["M", "0", 0]),
    "number is None": path(["M", None, 0]),
    "number is a bool": path(["M", True, 0]),
    "number is a list": path(["M", [0], 0]),
    "nan": path(["M", math.nan, 0]),
    "infinity": path(["M", 0, -math.inf]),
    "absurdly far": path(["M", 1e7, 0]),
    "farther when rounded": path(["M", 1e6, 100], ["Q", 1e6, 3, 1e6, 3]),
    "an endless integer": path(["M", 10**5000, 0]),
    "angle is nan": canvas({**LINE, "angle": math.nan}),
    "angle is a string": canvas({**LINE, "angle": "90"}),
    "left is a bool": canvas({**LINE, "left": True}),
    "left is absurd": canvas({**LINE, "left": 1e300}),
    "scale is None": canvas({**LINE, "scaleX": None}),
    "scale is absurd": canvas({**LINE, "scaleX": 1e6}),
    "skew is a right angle": canvas({**LINE, "skewX": 90}),
    "flip is a number": canvas({**LINE, "flipX": 1}),
    "origin is unknown": canvas({**LINE, "originX": "middle"}),
    "origin is a list": canvas({**LINE, "originY": []}),
    "brush is a string": canvas({**LINE, "strokeWidth": "20"}),
    "501 strokes": canvas(*[LINE] * 501),
    "501 strokes in one object": path(*[["M", 0, 0]] * 501),
    "20,001 points": path(["M", 0, 0], *[["L", 9, 9]] * 20_000),
    "20,001 points in two objects": canvas(*[{"type": "Path", "path": [["M", 0, 0], *[["L", 9, 9]] * 10_000]}] * 2),
    "a long string": {"objects": [LINE], "note": "x" * 2_000_001},
    "a long key": {"objects": [LINE], "x" * 2_000_001: 0},
    "a long list": {"objects": [LINE], "note": [0] * 2_000_000},
    "many objects": {"objects": [None] * 1_000_000},
    "deep nesting": {"objects": [LINE], "note": nested(100_000)},
    "deep nesting in a path": path(["M", nested(100_000), 0]),
}


@pytest.mark.parametrize("json_data", REFUSED.values(), ids=REFUSED.keys())
def test_anything_but_a_drawing_is_refused_with_advice(json_data: Any) -> None:
    with pytest.raises(InkError, match=r"Clear the board and .*\.$"):
        strokes_from_canvas(json_data)


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["M", "L", "Q", "C", "Z", "Path", ""]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["objects", "path", "type", "left", "top", "angle"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(anything, st.dictionaries(st.sampled_from([*SENT]), anything, max_size=3))
def test_whatever_is_sent_gives_strokes_or_an_ink_error(whole: Any, part: dict[str, Any]) -> None:
    for json_data in (whole, canvas(whole), canvas({**SENT, **part})):
        try:
            strokes = strokes_from_canvas(json_data)
        except InkError:
            continue
        to_mnist(strokes)


def test_largest_permitted_drawing_is_read() -> None:
    scribble = [["Q", *point] for point in np.random.default_rng(0).uniform(0, 400, (19_999, 4)).round(2).tolist()]
    strokes = strokes_from_canvas(path(["M", 0, 0], *scribble))
    assert sum(map(len, strokes)) == 20_000
    assert to_mnist(strokes) is not None
    assert len(strokes_from_canvas(canvas(*[LINE] * 500))) == 500


def test_steps_lead_from_the_canvas_to_what_the_network_sees() -> None:
    small_and_low = [np.array([[30.0, 330], [60, 330], [40, 380]])]
    shown = steps(small_and_low, side=400, brush=22)
    assert [step.name for step in shown] == ["As drawn", "Scaled", "Repainted", "Centred"]
    drawn, scaled, repainted, centred = (step.picture for step in shown)
    assert all(picture.shape == (28, 28) and picture.dtype == np.float32 for _, picture in shown)
    assert drawn.sum() < 40, "shrunk, the small drawing is hardly there"
    assert drawn[:20].sum() == 0, "and stays where it was drawn"
    assert scaled.sum() > repainted.sum(), "scaled up, its line is far too thick"
    assert np.array_equal(centred, mnist(small_and_low))


def test_blank_canvas_has_no_steps() -> None:
    assert steps([], side=400, brush=22) == []
