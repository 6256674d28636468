"""Browsers get an id of their own with their first page, and keep it."""

import asyncio
import re

import pytest
from starlette.types import Message, Receive, Scope, Send

from pages.parts.visitor import COOKIE, Introduce


def cookie_given(cookie: str = "", content: bytes = b"text/html; charset=utf-8") -> str:
    """What a browser with this cookie is told to keep; empty for nothing."""
    answers: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", content)]})

    async def keep(message: Message) -> None:
        answers.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    headers = [(b"cookie", cookie.encode("latin-1"))] if cookie else []
    asyncio.run(Introduce(app)({"type": "http", "headers": headers}, receive, keep))
    return dict(answers[0]["headers"]).get(b"set-cookie", b"").decode()


def test_first_page_brings_an_id_that_scripts_cannot_read() -> None:
    cookie = cookie_given()
    assert re.match(rf"{COOKIE}=[0-9a-f]{{32}}; ", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_known_browser_keeps_its_id_and_files_bring_none() -> None:
    assert not cookie_given(cookie_given().partition(";")[0])
    assert not cookie_given(content=b"text/javascript")


@pytest.mark.parametrize("foreign", ["flag", "version=2", 'x={"a": [1]}', "a[b]=1", '"', "=;="])
def test_other_cookies_of_this_address_change_nothing(foreign: str) -> None:
    mine = cookie_given().partition(";")[0]
    assert not cookie_given(f"{foreign}; {mine}")
    assert not cookie_given(f"{mine}; {foreign}")


@pytest.mark.parametrize("forged", ["nonsense", "0" * 31, '"', "\x7f;;=,"])
def test_forged_id_is_replaced(forged: str) -> None:
    assert cookie_given(f"{COOKIE}={forged}")


def test_two_browsers_have_two_ids() -> None:
    assert cookie_given() != cookie_given()
