"""The address that a class is shown is one that others can open."""

from urllib.parse import urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import join

TOLD = "http://192.168.1.20:8501/train?run=7&run=8"


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


@pytest.mark.parametrize("address", [TOLD, None])
def test_dialog_shows_the_address_or_how_to_have_one(address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(join, "reachable", lambda *_: address)
    at = AppTest.from_string("from pages.parts import join\njoin.offer()").run()
    assert not at.info
    at.button[0].click().run()
    assert not at.exception
    if address is None:
        assert "HOST=0.0.0.0" in at.info[0].value
    else:
        [shown] = [element.proto.body for element in at.get("html")]
        assert "http://192.168.1.20:8501/train?run=7&amp;run=8" in shown
        assert 'src="data:image/svg+xml' in shown
