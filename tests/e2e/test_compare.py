"""Two runs laid over each other in a real browser, while one of them still trains."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.recipe import PRESETS
from core.run import State
from core.runs import Ledger
from tests.e2e.browser import Server

pytestmark = pytest.mark.browser

PATIENCE = 90_000  # ms; the first run waits for the trainer to warm up


@pytest.fixture
def ledger(server: Server) -> Iterator[Ledger]:
    """The server's own ledger, which its engine reads."""
    ledger = Ledger(f"sqlite:///{server.folder / 'state' / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


def wait(ledger: Ledger, run_id: str, state: State) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while (run := ledger.get(run_id)) is not None and run.state != state:
        assert time.monotonic() < until, run
        time.sleep(0.1)


def test_running_run_is_followed_beside_an_ended_one_by_a_link_that_can_be_shared(page: Page, ledger: Ledger) -> None:
    done = ledger.submit(PRESETS["ten-lines"].with_changes(epochs=2), "ten-lines")
    wait(ledger, done, State.DONE)
    going = ledger.submit(PRESETS["simple-cnn"], "simple-cnn")
    wait(ledger, going, State.RUNNING)
    page.goto("/compare")
    line = page.locator(".live-chart").first.locator("path.js-line")
    expect(line.nth(1)).to_be_visible(timeout=PATIENCE)
    page.wait_for_url(re.compile(f"runs={going}(,|%2C){done}"))
    expect(page.locator(".dl-compare").first).to_contain_text("still training")

    page.evaluate("window.chart = document.querySelector('.live-chart')")
    before = line.first.get_attribute("d")
    expect(line.first).not_to_have_attribute("d", before or "", timeout=PATIENCE)
    assert page.evaluate("window.chart === document.querySelector('.live-chart')")

    page.get_by_text("seconds", exact=True).first.click()
    expect(page.get_by_text("Loss by seconds of training")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_text("Loss by seconds of training")).to_be_visible(timeout=15_000)
    expect(other.locator(".dl-compare").first).to_contain_text("still training")
    other.close()

    ledger.request_stop(going)
    expect(page.locator(".dl-compare").first).to_contain_text("stopped", timeout=PATIENCE)
