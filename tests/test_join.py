"""The address that a class is shown is one that others can open."""

from urllib.parse import urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import join


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("http://localhost:8501", "http://192.168.1.20:8501/"),
        ("http://127.0.0.1:8501/train?run=7", "http://192.168.1.20:8501/train?run=7"),
        ("http://[::1]/learn", "http://192.168.1.20/learn"),
        ("http://0.0.0.0:8501/", "http://192.168.1.20:8501/"),
        ("http://10.0.0.7:8501/digits", "http://10.0.0.7:8501/digits"),
        ("https://digits.example.org/?model=reader", "https://digits.example.org/?model=reader"),
    ],
)
def test_own_names_of_a_machine_become_its_address(page: str, address: str) -> None:
    assert join.reachable(urlsplit(page), "0.0.0.0", "192.168.1.20") == address


@pytest.mark.parametrize(("bound", "machine"), [("127.0.0.1", "192.168.1.20"), ("0.0.0.0", "127.0.0.1")])
def test_server_that_nobody_else_can_reach_has_no_address(bound: str, machine: str) -> None:
    assert join.reachable(urlsplit("http://localhost:8501/"), bound, machine) is None


def shown(address: str | None, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The dialog of a page that others find at this address."""
    monkeypatch.setattr(join, "reachable", lambda *_: address)
    at = AppTest.from_string("from pages.parts import join\njoin.offer()").run()
    assert not at.get("html")
    at.button[0].click().run()
    assert not at.exception
    return at


def test_dialog_shows_the_address_and_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    [words] = shown("http://192.168.1.20:8501/train?run=7&run=8", monkeypatch).get("html")
    assert "http://192.168.1.20:8501/train?run=7&amp;run=8" in words.proto.body
    assert 'src="data:image/svg+xml' in words.proto.body


def test_address_too_long_for_a_code_is_shown_without(monkeypatch: pytest.MonkeyPatch) -> None:
    at = shown("http://192.168.1.20:8501/train?recipe=" + "x" * 4000, monkeypatch)
    [words] = at.get("html")
    assert "x" * 4000 in words.proto.body
    assert "<img" not in words.proto.body
    assert "too long" in at.caption[0].value


def test_dialog_says_how_a_server_comes_to_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "HOST=0.0.0.0" in shown(None, monkeypatch).info[0].value
