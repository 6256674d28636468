"""Who is looking: a browser's own id, given to it in a cookie with its first page."""

import re
from datetime import UTC, tzinfo
from secrets import token_hex
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "digit-lab-visitor"
_ID = re.compile(r"[0-9a-f]{32}")
_YEAR = 365 * 24 * 3600  # seconds
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")  # all of ASCII's; CommonMark, "Backslash escapes"
_LINKING = re.compile(r"(?=[.:@])")  # without them there is no address to make a link of
_JOINER = "\N{WORD JOINER}"  # is not seen


class Introduce:
    """ASGI middleware: a browser that comes without an id gets one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _known(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")):
            await self.app(scope, receive, send)
            return

        async def introduce(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    cookie = f"{COOKIE}={token_hex(16)}; Max-Age={_YEAR}; Path=/; HttpOnly; SameSite=Lax"
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, introduce)


def _known(cookies: str) -> bool:
    return _ID.fullmatch(cookie_parser(cookies).get(COOKIE, "")) is not None  # as Streamlit reads them


def time_zone() -> tzinfo:
    """Where this visitor's browser says it is; UTC if it says nothing that is known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):  # whatever a browser says
        return UTC


def visitor() -> str:
    """This browser's id; one of this tab's own where cookies are refused."""
    given = str(st.context.cookies.get(COOKIE, ""))
    if _ID.fullmatch(given):
        return given
    here: str = st.session_state.setdefault("visitor", token_hex(16))
    return here


def plain(name: str) -> str:
    """A visitor's name as Markdown that shows it letter by letter, whatever is in it."""
    return _PUNCTUATION.sub(r"\\\g<0>", _LINKING.sub(_JOINER, name))


def may_control(owner: str) -> bool:
    """Whether this visitor may stop, pause or change somebody's run: their own, and nobody's."""
    return owner in ("", visitor())
