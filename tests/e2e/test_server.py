"""What browsers get from the server beside pages."""

import gzip
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Server, draw, serving

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


def test_open_board_is_answered_by_a_server_that_was_started_again(browser: Browser, tmp_path: Path) -> None:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        answer = page.locator(".dl-answer [role=status]")
        with serving(tmp_path / "first") as server:
            page.goto(server.url)
            draw(page, [(100, 60), (100, 330)])
            expect(answer).to_contain_text("Most likely 1")
            page.reload()  # and the canvas has the drawing from the server
            expect(answer).to_contain_text("Most likely 1")
            page.wait_for_timeout(1000)
        lost = page.get_by_role("dialog")
        expect(lost).to_be_visible()
        with serving(tmp_path / "second", port=urlsplit(server.url).port):
            expect(lost).to_be_hidden(timeout=60_000)
            page.wait_for_timeout(1000)
            draw(page, [(220, 100), (330, 100), (260, 330)])
            expect(answer).to_contain_text("Most likely 17")
