"""Streamlit holds what visitors upload in memory, until they leave: not without end."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

MOST_HELD = 1_000_000_000  # bytes, of all visitors together


class Bounded:
    """ASGI middleware: while too much is held, another file is refused."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        uploads = scope["type"] == "http" and scope["method"] == "PUT"  # a browser puts nothing else
        if uploads and held(Runtime.instance().uploaded_file_mgr) > MOST_HELD:
            refusal = PlainTextResponse("Too many files are being looked at; try again in some minutes.", 507)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def held(files: object) -> int:
    """How many bytes of files a Streamlit server holds."""
    return files._total_bytes if isinstance(files, MemoryUploadedFileManager) else 0
