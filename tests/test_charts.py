"""Figures Plotly accepts, that tell what they were given."""

import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from core.charts import Figure, confusion_matrix, counted, digit_bars, percentage, probability_bars
from core.charts.curves import MOST_POINTS, live_curves, thinned
from core.charts.inside import digit_map, evidence_steps, power_of_e
from core.charts.slow import MOST_BATCHES, batch_curve, latest_batches
from core.events import EpochEnd, Progress

COUNTS = [[10 * (row == column) + (row == 4) for column in range(10)] for row in range(9)] + [[0] * 10]
MOSTLY_SEVEN = [0.02, 0.0004, 0.003, 0.0, 0.01, 0.05, 0.0066, 0.9, 0.005, 0.005]


def progress(images: int, loss: float, accuracy: float = 0.5) -> Progress:
    return Progress(
        epoch=1, images=images, loss=loss, accuracy=accuracy, images_per_second=1, seconds=1, seconds_left=1
    )


def epoch_end(epoch: int, val_loss: float | None = None, val_accuracy: float | None = None) -> EpochEnd:
    return EpochEnd(
        epoch=epoch, images=100, loss=1, accuracy=0.5, val_loss=val_loss, val_accuracy=val_accuracy, seconds=1
    )


def curves(train: list[Progress], epochs: list[EpochEnd], metric: str = "loss") -> Figure:
    return live_curves(train, epochs, metric, total_images=1000, total_epochs=10)  # type: ignore[arg-type]


def test_slow_motion_shows_the_batches_that_were_told_one_by_one() -> None:
    events = [progress(images, 1.0) for images in (640, 704, 768, 1000)]  # the last one of the epoch is smaller
    events[-1] = events[-1].model_copy(update={"images": 800})
    events.append(progress(864, 1.0).model_copy(update={"epoch": 2}))
    batches = latest_batches(events, batch_size=64, images_an_epoch=800)
    assert [(batch.number, batch.of, batch.images) for batch in batches] == [
        (11, 13, 64),
        (12, 13, 64),
        (13, 13, 32),
        (1, 13, 64),
    ]
    figure = batch_curve(batches, "loss")
    assert figure["data"][0]["x"] == [11, 12, 13, 14]
    assert "markers" in figure["data"][0]["mode"]
    assert latest_batches([*events, progress(4000, 1.0)], 64, 800) == []
    assert len(latest_batches([progress(64 * step, 1.0) for step in range(1, 99)], 64, 60_000)) == MOST_BATCHES


def test_zoomed_curves_show_what_happens_near_the_end() -> None:
    shared = {"total_images": 1000, "total_epochs": 10.0, "zoomed": True}
    events = [progress(100, 2.3, 0.5), progress(200, 0.04, 0.97)]
    loss, accuracy = (live_curves(events, [], metric, **shared)["layout"]["yaxis"] for metric in ("loss", "accuracy"))  # type: ignore[arg-type]
    low, high = (10**power for power in loss["range"])
    assert (loss["type"], accuracy["range"]) == ("log", [0.9, 1])
    assert 0.02 < low <= 0.04 < 2.3 <= high < 5
    assert live_curves(events[:1], [], "accuracy", **shared)["layout"]["yaxis"]["range"] == [0, 1]  # type: ignore[arg-type]
    go.Figure(live_curves([], [], "loss", **shared))  # type: ignore[arg-type]


def test_one_measurement_alone_can_be_seen() -> None:
    assert curves([progress(50, 2.3)], [])["data"][0]["mode"] == "lines+markers"
    assert curves([progress(50 * place, 2.3) for place in (1, 2, 3)], [])["data"][0]["mode"] == "lines"


@pytest.mark.parametrize(
    "figure",
    [
        probability_bars(MOSTLY_SEVEN),
        probability_bars([0.0] * 10),
        curves([], []),
        curves([progress(50, 2.3)], []),
        curves([progress(100, 2.3), progress(200, math.nan)], [epoch_end(1, 1.9, 0.4)]),
        curves([progress(100, 2.3, 0.1)], [epoch_end(1, 1.9, 0.4)], "accuracy"),
        batch_curve(latest_batches([progress(64, 2.3)], 64, 60_000), "loss"),
        digit_bars(COUNTS),
        confusion_matrix(COUNTS),
        evidence_steps({"Empty page": -0.5, "Ink for it": 3.0}),
        digit_map(np.zeros((2, 2), np.float32), [7, 2], np.zeros((1, 2), np.float32)),
    ],
)
def test_figure_is_one_for_plotly_and_for_json(figure: Figure) -> None:
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)


def test_only_the_best_bar_is_marked() -> None:
    bars = probability_bars(MOSTLY_SEVEN)["data"][0]
    colours = bars["marker"]["color"]
    assert colours.count(colours[7]) == 1
    assert len(set(colours)) == 2
    assert bars["text"][7] == "<b>90%</b>"
    assert sum("<b>" in text for text in bars["text"]) == 1


def test_every_bar_has_its_length_and_its_percentage_in_order_of_the_digits() -> None:
    figure = probability_bars(MOSTLY_SEVEN)
    bars = figure["data"][0]
    assert bars["y"] == list(range(10))
    assert bars["x"] == pytest.approx(MOSTLY_SEVEN, abs=1e-4)
    assert bars["text"][:4] == ["2%", "<0.1%", "0.3%", "<0.1%"]
    assert figure["layout"]["xaxis"]["range"] == [0, 1]


def test_digit_that_was_not_there_has_no_share_and_one_never_read_right_has_none_percent() -> None:
    counts = [[10 * (row == column) for column in range(10)] for row in range(9)] + [[0] * 10]
    counts[3] = counts[4]
    assert digit_bars(counts)["data"][0]["text"] == [*["100%"] * 3, "0%", *["100%"] * 5, "-"]


def test_ten_zeros_mark_and_write_nothing() -> None:
    bars = probability_bars([0.0] * 10)["data"][0]
    assert set(bars["text"]) == {""}
    assert len(set(bars["marker"]["color"])) == 1


def test_bars_without_ten_values_are_refused() -> None:
    with pytest.raises(ValueError, match="got 9"):
        probability_bars([0.1] * 9)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "<0.1%"),
        (0.00099, "<0.1%"),
        (0.001, "0.1%"),
        (0.0094, "0.9%"),
        (0.0096, "1%"),
        (0.5, "50%"),
        (0.9949, "99%"),
        (0.997, "99.7%"),
        (0.9996, ">99.9%"),
        (1.0, ">99.9%"),
    ],
)
def test_percentage_has_as_many_digits_as_matter(share: float, text: str) -> None:
    assert percentage(share) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0%"), (0.0004, "<0.1%"), (0.25, "25%"), (0.9999, ">99.9%"), (1, "100%")]
)
def test_counted_share_may_be_nothing_or_all(share: float, text: str) -> None:
    assert counted(share) == text


def test_a_long_run_has_at_most_300_points_and_the_same_mean() -> None:
    ends = [7 * i + i % 5 for i in range(1, 5000)]
    values = [(end, 2 / (1 + i)) for i, end in enumerate(ends)]
    points = thinned(values, ends[-1])
    assert 200 < len(points) <= MOST_POINTS
    assert points[-1][0] == ends[-1]
    assert weighted_sum(points) == pytest.approx(weighted_sum(values))


def weighted_sum(pairs: list[tuple[int, float]]) -> float:
    starts = [0, *(end for end, _ in pairs)]
    return sum((end - start) * value for start, (end, value) in zip(starts, pairs, strict=False))


def test_a_growing_curve_keeps_the_points_it_has() -> None:
    values = [(end, math.sin(end)) for end in range(3, 3000, 3)]
    early, late = thinned(values[:400], 3000), thinned(values, 3000)
    assert late[: len(early) - 1] == early[:-1]


def test_few_values_stay_as_they_are() -> None:
    values = [(100, 2.0), (150, 1.0), (400, 0.5)]
    assert thinned(values, 1000) == values


def test_curves_run_over_epochs_and_the_whole_run_has_its_place_from_the_start() -> None:
    begun, ended = (curves([progress(end, 1.0)], [])["layout"]["xaxis"]["range"] for end in (50, 1000))
    assert begun == ended == pytest.approx([0, 10], abs=0.2)
    assert curves([progress(50, 1.0), progress(250, 0.9)], [])["data"][0]["x"] == [0.5, 2.5]


def test_legend_appears_with_the_first_validation() -> None:
    assert not curves([progress(100, 1.0)], [epoch_end(1)])["layout"]["showlegend"]
    figure = curves([progress(100, 1.0)], [epoch_end(1, 0.8)])
    assert figure["layout"]["showlegend"]
    assert (figure["data"][1]["x"], figure["data"][1]["y"]) == ([1], [0.8])


def test_loss_axis_begins_at_zero_and_has_room_for_the_highest_value() -> None:
    low, high = curves([progress(100, 2.31), progress(200, 0.4)], [epoch_end(1, 2.4)])["layout"]["yaxis"]["range"]
    assert low == 0
    assert 2.4 < high < 3


def test_accuracy_axis_is_always_the_whole_one() -> None:
    assert curves([progress(100, 1, 0.2)], [], "accuracy")["layout"]["yaxis"]["range"] == [0, 1]


def test_a_loss_that_is_no_number_leaves_a_gap() -> None:
    assert curves([progress(100, 1.0), progress(200, math.inf)], [])["data"][0]["y"] == [1.0, None]


def test_figures_leave_the_page_s_colours_to_the_page() -> None:
    for figure in (probability_bars(MOSTLY_SEVEN), curves([progress(100, 1.0)], [epoch_end(1, 0.8)])):
        told = json.dumps(figure["layout"])
        assert "color" not in told


def test_map_names_only_the_digits_that_are_on_it() -> None:
    figure = digit_map(np.array([[0, 0], [1, 2], [3, 4]], np.float32), [7, 7, 2], np.zeros((1, 2), np.float32))
    json.dumps(figure, allow_nan=False)
    assert [words["text"] for words in figure["layout"]["annotations"]] == ["<b>2</b>", "<b>7</b>"]


def test_confusion_matrix_writes_each_count_once_and_no_zeros() -> None:
    counts = [[0] * 10 for _ in range(10)]
    counts[3][3], counts[3][5] = 40, 2
    right, wrong = (trace["text"] for trace in confusion_matrix(counts)["data"])
    assert (right[3][3], wrong[3][3], right[3][5], wrong[3][5]) == ("40", "", "", "2")
    assert sum(text != "" for rows in (right, wrong) for row in rows for text in row) == 2


@pytest.mark.parametrize("exponent", [-30.0, -20.0, -1.0, 0.0, 5.0, 20.0, 22.0, 300.0, 700.0])
def test_power_of_e_is_written_in_a_few_figures(exponent: float) -> None:
    words = power_of_e(exponent)
    assert float(words.replace(",", "")) == pytest.approx(math.exp(exponent), rel=0.01)
    assert len(words) <= len("485,165,195")


def test_power_of_e_that_no_float_can_hold_is_written_too() -> None:
    assert power_of_e(5000) == "2.97e+2171"
    assert power_of_e(-5000) == "3.37e-2172"
