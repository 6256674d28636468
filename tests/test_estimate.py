"""About how long: before a run, while it waits."""

import numpy as np
import pytest

from core import estimate
from core.events import Progress
from core.recipe import PRESETS, summary
from core.run import State
from core.runs import Ledger

RECIPE = PRESETS["ten-lines"]


def test_multiply_adds_are_parameters_times_the_places_they_are_used_at() -> None:
    assert RECIPE.multiply_adds == RECIPE.parameters
    conv, pool, *_ = summary(PRESETS["simple-cnn"])
    assert (conv.parameters, conv.output_shape, pool.parameters) == (320, (26, 26, 32), 0)
    assert PRESETS["simple-cnn"].multiply_adds == 320 * 26 * 26 + 18_496 * 11 * 11 + 16_010


@pytest.mark.parametrize("preset", ["ten-lines", "keras-intro", "simple-cnn", "first-network", "express-mlp", "sprint"])
def test_estimate_is_what_the_shipped_model_took_or_thereabouts(preset: str) -> None:
    from core import library

    took = library.card(preset).seconds
    assert took / 2.5 < estimate.seconds(PRESETS[preset]) < 2.5 * took + estimate.AROUND_SECONDS


def test_pen_drawings_are_as_many_as_a_training_adds() -> None:
    from core import library
    from core.training import augment

    _, of_each_way = augment.rare(1, np.random.default_rng(0))
    assert len(of_each_way) * augment.RARE == estimate.GENERATED
    assert f" {estimate.RECORDED // augment.COPIES:,} drawings by " in library.card("reader").trained_on


def test_limit_of_seconds_is_the_estimate() -> None:
    recipe = PRESETS["simple-cnn"].with_changes(seconds=20, epochs=200)
    assert estimate.seconds(recipe) == 20 + estimate.AROUND_SECONDS


def test_waiting_runs_start_when_those_before_them_have_ended(ledger: Ledger) -> None:
    running, first, second = (ledger.submit(RECIPE, "ten-lines") for _ in range(3))
    ledger.claim()
    told = {"loss": 1, "accuracy": 0.5, "images_per_second": 1e4, "seconds": 1.0, "seconds_left": 7.0}
    ledger.record(running, 1, Progress(epoch=1, images=32, **told))
    each = estimate.seconds(RECIPE)
    waits = estimate.until_start(ledger, slots=1)
    assert waits == {first: 7 + estimate.AROUND_SECONDS, second: 7 + estimate.AROUND_SECONDS + each}
    assert estimate.until_start(ledger, slots=2)[first] == 0


def test_waiting_run_starts_when_a_long_one_has_had_its_turn(ledger: Ledger) -> None:
    hours = PRESETS["simple-cnn"].with_changes(epochs=200)
    ledger.submit(hours, "simple-cnn", "a")
    ledger.claim()
    own = ledger.submit(RECIPE, "ten-lines", "a")
    assert estimate.until_start(ledger, slots=1)[own] > 1000
    others = ledger.submit(hours, "simple-cnn", "b"), ledger.submit(RECIPE, "ten-lines", "c")
    waits = estimate.until_start(ledger, slots=1)
    assert [waits[other] for other in others] == [pytest.approx(300, abs=10), pytest.approx(600, abs=10)]


def test_estimate_of_an_owner_s_second_run_is_the_end_of_the_first_though_a_trainer_is_free(ledger: Ledger) -> None:
    ledger.submit(RECIPE, "ten-lines", "a")
    second = ledger.submit(RECIPE, "ten-lines", "a")
    ledger.claim()
    assert estimate.until_start(ledger, slots=2)[second] == estimate.seconds(RECIPE)


def test_nobody_s_turn_ends_for_a_run_that_could_not_begin(ledger: Ledger) -> None:
    hours = PRESETS["simple-cnn"].with_changes(epochs=200)
    for owner in "ab":
        ledger.submit(hours, "simple-cnn", owner)
    assert ledger.claim()
    assert ledger.claim()
    second = ledger.submit(RECIPE, "ten-lines", "a")
    assert estimate.until_start(ledger, slots=2)[second] > 1000


def test_lab_that_is_slower_than_two_cores_says_so(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("core.runs.time.time", lambda: now)
    run_id = ledger.submit(RECIPE, "ten-lines")
    ledger.claim()
    now += 3 * estimate.seconds(RECIPE)
    ledger.finish(run_id, 1, State.DONE)
    assert estimate.correction(ledger.recent()) == pytest.approx(3)
    assert estimate.correction([]) == 1


def test_clock_that_is_set_back_makes_no_wait_longer(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 10_000.0
    monkeypatch.setattr("core.runs.time.time", lambda: now)
    running = ledger.submit(PRESETS["simple-cnn"].with_changes(epochs=200), "simple-cnn", "a")
    ledger.claim()
    waiting = ledger.submit(RECIPE, "ten-lines", "b")
    now -= 3600
    assert estimate.until_start(ledger, slots=1)[waiting] == pytest.approx(300, abs=10)
    ledger.finish(running, 1, State.DONE)
    assert estimate.correction(ledger.recent()) == 1
