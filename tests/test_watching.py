"""What those who watch share, and how they make room for each other."""

import pytest

from pages.parts import watching


def test_few_look_often_and_many_together_no_oftener(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(watching.time, "monotonic", lambda: now)
    monkeypatch.setattr(watching, "_looked", {str(tab): 0.0 for tab in range(29)})
    assert watching.pace() == pytest.approx(30 * watching.LOOK_EVERY / watching.AT_EASE)
    now = watching.GONE_AFTER + 1.0
    assert watching.pace() == watching.LOOK_EVERY
    assert list(watching._looked) == [""]
