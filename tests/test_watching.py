"""What those who watch share, and how they make room for each other."""

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


def test_first_point_is_looked_for_oftener(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(run.id, 1)
    monkeypatch.setattr(watching, "catch_up", lambda run: history)
    running = run.model_copy(update={"state": State.RUNNING})
    assert watching.pace(running) == watching.LOOK_FIRST
    assert watching.pace(running.model_copy(update={"uploaded": True})) == watching.LOOK_EVERY
    progress = Progress(
        epoch=1, images=9, images_in_all=99, loss=1, accuracy=0.5, images_per_second=9, seconds=1, seconds_left=9
    )
    history.hear([(1, progress)])
    assert watching.pace(running) == watching.LOOK_EVERY
