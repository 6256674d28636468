"""What browsers get from the server beside pages."""

import gzip
import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import Server

pytestmark = pytest.mark.browser


def test_scripts_and_styles_come_compressed_to_who_takes_that(page: Page, server: Server) -> None:
    page.goto("/")
    page.get_by_role("heading", name="Draw a digit").wait_for()
    asked = page.evaluate("performance.getEntriesByType('resource').map(entry => new URL(entry.name).pathname)")
    scripts = [path for path in asked if path.startswith("/static/") and path.endswith((".js", ".css"))]
    assert len(scripts) > 20
    until = time.monotonic() + 60
    with closing(HTTPConnection(urlsplit(server.url).netloc)) as line:
        for path in scripts[:5]:
            while True:  # as long as the server, which has just begun, still compresses
                line.request("GET", path, headers={"Accept-Encoding": "gzip"})
                answer = line.getresponse()
                packed = answer.read()
                if answer.headers["Content-Encoding"] or time.monotonic() > until:
                    break
                time.sleep(0.2)
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "immutable" in answer.headers["Cache-Control"]
            line.request("GET", path)
            plain = line.getresponse()
            assert plain.headers["Content-Encoding"] is None
            assert plain.read() == gzip.decompress(packed)
        line.request("GET", "/static/js/../../../secret.js", headers={"Accept-Encoding": "gzip"})
        assert line.getresponse().headers["Content-Encoding"] is None
