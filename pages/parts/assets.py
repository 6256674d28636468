"""What pages fetch beside themselves: Plotly's JavaScript, from the installed package, and pictures of units.

Charts need no internet, and a browser keeps both.
"""

import gzip
import threading
from functools import cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.insight import anatomy

LOOKS_URL = "/assets/looks"
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
