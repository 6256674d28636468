"""Streamlit holds what visitors upload in memory, until they leave: not without end."""

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

MOST_HELD = 1_000_000_000  # bytes, of all visitors together
MOST_EACH = 100_000_000  # bytes, of one tab
UNSAID = 26_000_000  # bytes that a file may have whose size was not said; Streamlit refuses larger ones


class Bounded:
    """ASGI middleware: while too much is held or on its way, another file is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._coming: dict[str, int] = {}  # bytes by tab, of files that are on their way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "PUT":  # a browser puts nothing else
            await self.app(scope, receive, send)
            return
        tab, size = scope["path"].rstrip("/").split("/")[-2:][0], _size(Headers(scope=scope))
        here, its = held(Runtime.instance().uploaded_file_mgr, tab)
        mine = self._coming.get(tab, 0)
        if here + sum(self._coming.values()) + size > MOST_HELD or its + mine + size > MOST_EACH:
            mine_alone = its + mine + size > MOST_EACH
            why = (
                "This tab holds too many files; reload the page." if mine_alone else "Too many files; try again later."
            )
            refusal = PlainTextResponse(why, 507)
            await refusal(scope, receive, send)
            return
        self._coming[tab] = mine + size
        try:
            await self.app(scope, receive, send)
        finally:
            left = self._coming.pop(tab) - size
            if left:
                self._coming[tab] = left


def _size(headers: Headers) -> int:
    said = headers.get("content-length", "")
    return int(said) if said.isdecimal() else UNSAID


def held(files: object, tab: str) -> tuple[int, int]:
    """How many bytes of files a Streamlit server holds: of all tabs, and of one."""
    if not isinstance(files, MemoryUploadedFileManager):
        return 0, 0
    return files._total_bytes, sum(len(file.data) for file in list(files.file_storage.get(tab, {}).values()))
