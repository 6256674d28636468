"""What pages fetch beside themselves: scripts and styles, each compressed once, and pictures of units.

Nothing comes from the internet, and a browser keeps all of it.
"""

import gzip
import threading
from functools import cache
from pathlib import Path
from typing import ClassVar

import plotly
import streamlit
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.insight import anatomy

LOOKS_URL = "/assets/looks"
PLOTLY_URL = f"/assets/plotly-{plotly.__version__}.min.js"

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_STREAMLIT = Path(streamlit.__file__).parent / "static" / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_once = threading.Lock()  # a whole class opens the app in the same second


@cache
def compressed(file: Path) -> bytes:
    """A file, gzipped; the first call takes a moment."""
    return gzip.compress(file.read_bytes(), mtime=0)


class Compressed:
    """ASGI middleware: Streamlit's own scripts and styles out of memory, compressed, once `read_all` has run.

    Streamlit leaves compressing to a proxy. A class on one wireless network has none, and a browser needs sixty files
    of 2.5 MB before a page says a word; compressed they are 0.8 MB.
    """

    ready: ClassVar[dict[str, Path]] = {}  # by folder and name, which holds a hash of what is in the file

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @classmethod
    def read_all(cls) -> None:
        """Compress what a browser may ask for, in about a second."""
        for file in _STREAMLIT.glob("*/*"):
            if file.suffix in _TYPES:
                compressed(file)
                cls.ready[f"{file.parent.name}/{file.name}"] = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["path"].partition("/static/")[2] if scope["type"] == "http" and scope["method"] == "GET" else ""
        if (file := self.ready.get(asked)) and _accepts_gzip(Headers(scope=scope)):
            await _gzipped(file)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _accepts_gzip(headers: Headers) -> bool:
    offers = (offer.replace(" ", "").partition(";") for offer in headers.get("accept-encoding", "").split(","))
    return any(name == "gzip" and weight not in ("q=0", "q=0.0") for name, _, weight in offers)


def _gzipped(file: Path) -> Response:
    headers = {**_HEADERS, "Content-Encoding": "gzip"}
    return Response(compressed(file), headers=headers, media_type=_TYPES[file.suffix])


def plotly_js(request: Request) -> Response:
    """The library; a plain function, so that Starlette runs it in a thread."""
    if not _accepts_gzip(request.headers):
        return Response(PLOTLY.read_bytes(), headers=_HEADERS, media_type="text/javascript")
    with _once:
        return _gzipped(PLOTLY)


def looks_png(request: Request) -> Response:
    """What the units of a model's layer look for."""
    try:
        content = anatomy.looks(request.path_params["model"], request.path_params["layer"])
    except (FileNotFoundError, ValueError):
        return Response(status_code=404)
    return Response(content, headers={"Cache-Control": "public, max-age=86400"}, media_type="image/png")


# The second one of each is for `server.baseUrlPath`, which Streamlit puts before its own routes only.
routes = [
    Route(base + path, answer)
    for path, answer in ((PLOTLY_URL, plotly_js), (LOOKS_URL + "/{model}/{layer:int}.png", looks_png))
    for base in ("", "/{base:path}")
]
