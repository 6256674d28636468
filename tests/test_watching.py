"""What those who watch share, and how they make room for each other."""

from collections import OrderedDict

import pytest

from core.events import Progress
from core.history import History
from core.recipe import PRESETS
from core.run import Run, State
from core.runs import Ledger
from pages.parts.train import watching


@pytest.fixture
def run(ledger: Ledger) -> Run:
    run = ledger.get(ledger.submit(PRESETS["ten-lines"], "ten-lines"))
    assert run is not None
    return run


def test_few_look_often_and_many_together_no_oftener(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(watching.time, "monotonic", lambda: now)
    monkeypatch.setattr(watching, "_looked", {str(tab): 0.0 for tab in range(29)})
    assert watching.pace(run) == pytest.approx(30 * watching.LOOK_EVERY / watching.AT_EASE)
    now = watching.GONE_AFTER + 1.0
    assert watching.pace(run) == watching.LOOK_EVERY
    assert list(watching._looked) == [""]


def told(images: int) -> Progress:
    return Progress(epoch=1, images=images, loss=1, accuracy=0.5, images_per_second=9, seconds=1, seconds_left=9)


def test_runs_nobody_looked_at_for_long_make_room_and_are_read_anew(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "ledger", lambda: ledger)
    monkeypatch.setattr(watching, "_kept", OrderedDict())
    monkeypatch.setattr(watching, "MOST_EVENTS", 26)
    monkeypatch.setattr(watching, "A_RUN", 10)
    runs = []
    for _ in range(3):
        run_id = ledger.submit(PRESETS["ten-lines"], "ten-lines")
        assert ledger.claim() is not None
        assert all(ledger.record(run_id, 1, told(images)) for images in (1, 2, 3))
        runs.append(ledger.get(run_id))
    first, second, third = (run for run in runs if run)
    whole = watching.catch_up(first)
    watching.catch_up(second)
    assert watching.catch_up(first) is whole  # what was told once is not read twice
    for run in (second, third, second, third):
        watching.catch_up(run)
    assert list(watching._kept) == [(second.id, 1), (third.id, 1)]
    again = watching.catch_up(first)
    assert again is not whole
    assert again.progress == whole.progress


def test_first_point_is_looked_for_oftener(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(run.id, 1)
    monkeypatch.setattr(watching, "catch_up", lambda run: history)
    running = run.model_copy(update={"state": State.RUNNING})
    assert watching.pace(running) == watching.LOOK_FIRST
    assert watching.pace(running.model_copy(update={"uploaded": True})) == watching.LOOK_EVERY
    history.hear([(1, told(9))])
    assert watching.pace(running) == watching.LOOK_EVERY
