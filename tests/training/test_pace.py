"""The clock of a training, with a clock that the tests turn."""

import math
from types import SimpleNamespace

import pytest

from core.training import pace
from core.training.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(pace, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def test_training_without_a_limit_has_room_for_all(clock: SimpleNamespace):
    its = Pace(limit=0)
    clock.now += 1e6
    assert its.seconds_left == math.inf
    assert not its.is_over(10**9, 4096)
    its.measure(1000, 1000, 1.0, slow=False)
    its.measure(2000, 1000, 1.0, slow=False)
    assert its.most_images is None


def test_calls_take_as_many_steps_as_last_a_fifth_of_a_second(clock: SimpleNamespace):
    its, steps = Pace(limit=0), []
    for _ in range(6):
        its.adapt(its.steps_a_call, its.steps_a_call * 0.01)
        steps.append(its.steps_a_call)
    assert steps == [4, 16, 20, 20, 20, 20]
    its.adapt(3, 1.0)  # an epoch's end, shorter than a call
    assert its.steps_a_call == 20
    its.adapt(20, 100.0)
    assert its.steps_a_call == 1


def test_limit_becomes_a_number_of_images_once_it_is_measured_without_the_call_that_compiled(clock: SimpleNamespace):
    its = Pace(limit=10)
    clock.now += 2
    assert its.measure(100, 100, 2.0, slow=False) == 50
    assert its.most_images is None
    clock.now += 1
    assert its.measure(1100, 1000, 1.0, slow=False) == 1000
    assert its.most_images == 1100 + 7 * 1000
    assert (its.room(8000), its.is_over(8000, 100), its.is_over(8000, 101)) == (100, False, True)


def test_slow_motion_measures_nothing(clock: SimpleNamespace):
    its = Pace(limit=10)
    for images in (100, 200):
        its.measure(images, 100, 1.0, slow=True)
    assert its.most_images is None
    its.waited(3.0)
    assert its.measure(300, 100, 1.0, slow=True) == 200 / 5


def test_training_that_goes_on_has_the_seconds_that_were_left(clock: SimpleNamespace):
    its = Pace(limit=10)
    its.go_on(9.5, most_images=None)
    assert (its.seconds, its.seconds_left) == (9.5, 0.5)
    clock.now += 0.5
    assert its.is_over(0, 1)
