"""Runs beside each other: what their curves average to, what differs between recipes, how their chart is made."""

import json
import math
import random
from collections.abc import Sequence
from itertools import combinations
from typing import get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from pydantic import BaseModel

from core.charts import Metric
from core.charts.compare import PALETTE, SYMBOLS, By, Compared, compared_curves
from core.comparing import MOST_RUNS, History, Row, differences, names, results, smoothed
from core.events import Control, EpochEnd, Progress
from core.layers import LAYERS, OUTPUT, Conv, Flatten
from core.recipe import PRESETS, Augmentation, Recipe
from core.run import Run, State


def progress(images: int, loss: float = 1.0, accuracy: float = 0.5) -> Progress:
    return Progress(
        epoch=1,
        images=images,
        loss=loss,
        accuracy=accuracy,
        images_per_second=1,
        seconds=images / 10,
        seconds_left=1,
    )


def epoch_end(epoch: int, images: int, val: float | None = None) -> EpochEnd:
    return EpochEnd(
        epoch=epoch, images=images, loss=1, accuracy=0.5, val_loss=val, val_accuracy=val, seconds=images / 10
    )


def history(run_id: str = "a", *told: Progress | EpochEnd) -> History:
    heard = History(run_id, attempt=1)
    heard.hear(enumerate(told, 1))
    return heard


def run(run_id: str = "a", recipe: Recipe = PRESETS["sprint"], **changes: object) -> Run:
    row = {"id": run_id, "title": run_id, "recipe": recipe, "state": State.DONE, "attempt": 1, "created": 0.0}
    return Run.model_validate({**row, "control": Control(), **changes})


def test_smoothing_of_equal_weights_is_pandas_ewm() -> None:
    values = [math.sin(i) + 2 for i in range(50)]
    points = [(100 * (i + 1), value) for i, value in enumerate(values)]
    expected = pd.Series(values).ewm(alpha=1 - math.exp(-100 / 450), adjust=True).mean()
    assert [value for _, value in smoothed(points, 450)] == pytest.approx(expected.tolist())


def test_smoothing_weights_each_value_by_its_images() -> None:
    draw = random.Random(1)
    ends = np.cumsum([draw.randint(1, 900) for _ in range(60)])
    values = [draw.random() for _ in ends]
    by_image = pd.Series(np.repeat(values, np.diff(ends, prepend=0)))  # one entry an image, as if each had been told
    fading = np.exp(-(ends[-1] - np.repeat(ends, np.diff(ends, prepend=0))) / 5000)
    assert smoothed(list(zip(ends.tolist(), values, strict=True)), 5000)[-1][1] == pytest.approx(
        float(np.average(by_image, weights=fading))
    )


def test_no_smoothing_leaves_the_curve_as_measured() -> None:
    points = [(100, 2.0), (150, math.nan), (400, 0.5)]
    assert smoothed(points, 0) == points


def test_constant_curve_stays_constant_however_it_is_smoothed() -> None:
    for span in (1e-9, 1, 1e9):
        curve = smoothed([(1, 0.25), (7, 0.25), (60_000, 0.25)], span)
        assert [value for _, value in curve] == pytest.approx([0.25] * 3)


def test_value_that_is_no_number_leaves_a_gap_and_does_not_spread() -> None:
    (_, first), (_, gap), (_, last) = smoothed([(100, 2.0), (200, math.inf), (300, 1.0)], 1000)
    assert first == 2.0
    assert math.isinf(gap)
    assert 1 < last < 2


def test_negative_span_is_refused() -> None:
    with pytest.raises(ValueError, match="got -1"):
        smoothed([(1, 1.0)], -1)


def test_equal_recipes_differ_in_nothing() -> None:
    assert differences({"a": PRESETS["sprint"], "b": PRESETS["sprint"]}) == []
    assert differences({"a": PRESETS["sprint"]}) == []


def test_only_the_settings_that_differ_are_told() -> None:
    base = PRESETS["sprint"]
    changed = base.with_changes(learning_rate=0.02, schedule="constant", training_images=5000)
    assert differences({"a": base, "b": changed, "c": base}) == [
        Row("Learning rate", ("0.004", "0.02", "0.004")),
        Row("Schedule", ("one-cycle", "constant", "one-cycle")),
        Row("Training images", ("60,000", "5,000", "60,000")),
    ]


def test_no_limit_is_told_as_none() -> None:
    limited = PRESETS["first-network"].with_changes(seconds=30)
    assert differences({"a": limited, "b": PRESETS["first-network"]}) == [Row("Limit of seconds", ("30", "none"))]


def test_layers_are_told_in_words_one_a_line() -> None:
    (layers, *_) = differences({"a": PRESETS["ten-lines"], "b": PRESETS["simple-cnn"]})
    assert layers.title == "Layers"
    assert layers.values[0] == "Dense 10 sigmoid\nDense 10 softmax"
    assert layers.values[1].splitlines()[:2] == ["Conv 32 3x3 relu", "Max-pool 2x2"]


@pytest.mark.parametrize("kind", LAYERS.values(), ids=LAYERS)
def test_every_setting_of_a_layer_is_told(kind: type[BaseModel]) -> None:
    for name, field in kind.model_fields.items():
        if name != "kind":
            choices = [choice for choice in get_args(field.annotation) if choice != field.default]
            other = choices[0] if choices else field.default / 2 if field.annotation is float else 2 * field.default
            layers = {"a": kind(), "b": kind.model_validate({name: other})}
            recipes = {run: Recipe.model_construct(layers=(layer, OUTPUT)) for run, layer in layers.items()}
            assert differences(recipes), f"{name} of {kind.__name__} makes no difference"


def test_padding_is_told_although_a_layer_s_title_leaves_it_out() -> None:
    valid, same = (
        Recipe(layers=(Conv(filters=4, padding=padding), Flatten(), OUTPUT)) for padding in ("valid", "same")
    )
    (row,) = differences({"a": valid, "b": same})
    assert [words.splitlines()[0] for words in row.values] == ["Conv 4 3x3 relu", "Conv 4 3x3 relu, padded"]


def test_augmentation_is_told_whole_against_none_and_by_its_parts_against_another() -> None:
    none, some = PRESETS["sprint"], PRESETS["sprint"].with_changes(augmentation=Augmentation())
    (row,) = differences({"a": none, "b": some})
    assert row.values[0] == "none"
    assert "rotation 10\n" in row.values[1]
    other = some.with_changes(augmentation=Augmentation(rotation=12))
    assert differences({"a": some, "b": other}) == [Row("Augmentation: rotation", ("10", "12"))]


def test_any_two_presets_differ_in_what_their_fields_say() -> None:
    for one, other in combinations(PRESETS.values(), 2):
        fields = {name for name in Recipe.model_fields if getattr(one, name) != getattr(other, name)}
        told = {row.title.partition(":")[0] for row in differences({"a": one, "b": other})}
        assert told == {name.replace("_", " ").capitalize() for name in fields}


def test_shared_titles_get_a_part_of_the_id() -> None:
    assert names({"abcdef": "sprint", "123456": "sprint", "777777": "reader"}) == {
        "abcdef": "sprint abcd",
        "123456": "sprint 1234",
        "777777": "reader",
    }


def test_results_mark_the_best_scores_and_say_where_an_unfinished_run_is() -> None:
    done = run("a", test_accuracy=0.98, test_loss=0.06)
    better = run("b", test_accuracy=0.99, test_loss=0.03)
    going = run("c", state=State.RUNNING)
    heard = history("c", progress(100), epoch_end(1, 100))
    accuracy, loss, seconds, parameters, epochs = results([(done, history()), (better, history()), (going, heard)])
    assert accuracy == Row("Test accuracy", ("98.00%", "99.00%", "still training"), frozenset({1}))
    assert loss == Row("Test loss", ("0.0600", "0.0300", "-"), frozenset({1}))
    assert seconds.values == ("-", "-", "10.0")
    assert set(parameters.values) == {f"{PRESETS['sprint'].parameters:,}"}
    assert epochs.values[2] == "1 of 4"


def test_losses_of_different_kinds_have_no_best() -> None:
    squared = PRESETS["sprint"].with_changes(loss="mean_squared_error")
    one, other = run("a", test_loss=0.06, test_accuracy=0.9), run("b", squared, test_loss=0.01, test_accuracy=0.9)
    _, loss, *_ = results([(one, history()), (other, history())])
    assert loss.best == frozenset()


def test_run_that_began_with_a_model_says_so() -> None:
    *_, row = results([(run("a"), history()), (run("b", start="reader"), history())])
    assert row == Row("Began with", ("new weights", "reader"))


def test_history_hears_curves_and_passes_over_other_events() -> None:
    heard = History("a", attempt=1)
    heard.hear([(3, progress(10)), (5, "something new"), (8, epoch_end(1, 10))])
    assert (len(heard.progress), len(heard.epochs), heard.seq) == (1, 1, 8)


def curves(
    histories: Sequence[History], metric: Metric = "loss", by: By = "images", span: float = 0, log: bool = False
) -> list[dict[str, object]]:
    runs = [Compared(each.run_id, each, 1000) for each in histories]
    figure = compared_curves(runs, metric, by, span=span, logarithmic=log)
    go.Figure(figure)
    json.dumps(figure, allow_nan=False)
    assert "color" not in json.dumps(figure["layout"])
    return figure["data"]


TWO = (
    history("a", progress(100, 2.0, 0.2), progress(200, 1.0, 1.0), epoch_end(1, 200, 0.75)),
    history("b", progress(150, math.nan, 0.4), progress(250, 0.0, 0.9)),
)


@pytest.mark.parametrize("metric", ["loss", "accuracy"])
@pytest.mark.parametrize("by", ["images", "seconds"])
@pytest.mark.parametrize("span", [0, 30_000])
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("histories", [(), (history(),), TWO])
def test_chart_of_any_choice_is_one_for_plotly_and_for_json(
    histories: tuple[History, ...], metric: Metric, by: By, span: float, log: bool
) -> None:
    curves(histories, metric, by, span, log)


def test_validation_has_the_colour_of_its_training_and_only_training_stands_in_the_legend() -> None:
    training, validation, other = curves(TWO)
    assert (training["name"], validation["name"], other["name"]) == ("a", "a, validation", "b")
    assert training["line"]["color"] == validation["line"]["color"] != other["line"]["color"]  # type: ignore[index]
    assert training["legendgroup"] == validation["legendgroup"] != other["legendgroup"]
    assert validation["showlegend"] is False
    assert validation["x"] == [200]


def test_curves_run_over_images_or_over_seconds() -> None:
    assert curves(TWO)[0]["x"] == [100, 200]
    assert curves(TWO, by="seconds")[0]["x"] == [10, 20]
    assert curves(TWO, by="seconds")[1]["x"] == [20]


def test_smoothed_curve_leaves_the_measured_one_faint_behind_it() -> None:
    measured, training, *_ = curves(TWO, span=1000)
    assert measured["y"] == [2.0, 1.0]
    assert measured["hoverinfo"] == "skip"
    assert training["y"][0] == 2.0  # type: ignore[index]
    assert 1 < training["y"][1] < 2  # type: ignore[index]


def test_logarithmic_accuracy_counts_errors_and_tells_accuracy() -> None:
    training, *_ = curves(TWO, "accuracy", log=True)
    assert training["y"] == [0.8, 0.0001]  # the last stretch had no error at all; it lies on the axis's edge
    assert training["customdata"] == [0.2, 1.0]


def test_every_run_has_a_colour_and_a_mark_of_its_own() -> None:
    assert len(set(PALETTE)) == len(set(SYMBOLS)) == MOST_RUNS


def linear(color: str) -> "np.ndarray":
    encoded = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("page", ["#ffffff", "#12151d"])
def test_colours_have_a_contrast_of_three_to_the_page(page: str) -> None:
    light = [float(linear(color) @ (0.2126, 0.7152, 0.0722)) + 0.05 for color in (page, *PALETTE)]
    for color in light[1:]:
        assert max(light[0], color) / min(light[0], color) >= 3


# Machado, Oliveira, Fernandes (2009), severity 1: how those without a kind of cones see linear RGB.
SIGHT = {
    "all cones": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
}
# Ottosson (2020): linear RGB to cone responses to OKLab, in which 0.02 is a just noticeable difference.
CONES = [[0.41222147, 0.53633254, 0.05144599], [0.2119035, 0.6806995, 0.10739696], [0.08830246, 0.28171884, 0.6299787]]
OKLAB = [[0.21045426, 0.7936178, -0.00407205], [1.9779985, -2.4285922, 0.4505937], [0.0259040, 0.78277177, -0.80867577]]


@pytest.mark.parametrize("sight", SIGHT)
def test_any_two_colours_are_told_apart_by_everybody(sight: str) -> None:
    seen = [np.clip(np.array(SIGHT[sight]) @ linear(color), 0, 1) for color in PALETTE]
    lab = [np.array(OKLAB) @ np.cbrt(np.array(CONES) @ color) for color in seen]
    assert min(np.linalg.norm(one - other) for one, other in combinations(lab, 2)) > 0.08
