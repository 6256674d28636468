"""Plotly's JavaScript, served from the installed package: charts need no internet, and pages load it once."""

import gzip
import threading
from functools import cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PLOTLY_URL = f"/assets/plotly-{plotly.__version__}.min.js"

_FILE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_once = threading.Lock()  # a whole class opens the app in the same second


@cache
def compressed() -> bytes:
    """Plotly's JavaScript, gzipped; the first call takes a moment."""
    return gzip.compress(_FILE.read_bytes(), compresslevel=9, mtime=0)


def _accepts_gzip(request: Request) -> bool:
    offers = (offer.replace(" ", "").partition(";") for offer in request.headers.get("accept-encoding", "").split(","))
    return any(name == "gzip" and weight not in ("q=0", "q=0.0") for name, _, weight in offers)


def plotly_js(request: Request) -> Response:
    """The library, 1.4 MB for browsers that take gzip; a plain function, so that Starlette runs it in a thread."""
    if not _accepts_gzip(request):
        return Response(_FILE.read_bytes(), headers=_HEADERS, media_type="text/javascript")
    with _once:
        content = compressed()
    return Response(content, headers={**_HEADERS, "Content-Encoding": "gzip"}, media_type="text/javascript")


# The second one is for `server.baseUrlPath`, which Streamlit puts before its own routes only.
routes = [Route(PLOTLY_URL, plotly_js), Route("/{base:path}" + PLOTLY_URL, plotly_js)]
