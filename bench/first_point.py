"""From the click on "Start training" to the first point of the curve: python bench/first_point.py [--runs N]

In a real browser, on a server of its own: with a trainer that is warm, and at once after the server's start, when its
trainer still loads TensorFlow.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.browser import launch, serving

PATIENCE = 120_000  # ms
AHEAD = 30_000  # ms in which the trainer, with nothing to do, compiles the published recipes
LINE = ".live-chart path.js-line"
# JavaScript: the page notes when it is clicked, and, looked at before every frame, how long after that it has a curve.
NOTE_CLICK = "addEventListener('click', () => (window.clicked = performance.now()), { capture: true, once: true })"
SINCE_CLICK = "line => document.querySelector(line) && performance.now() - window.clicked"


def first_point(page: Page) -> float:
    """Seconds from the click to a curve on the page; the run is waited for."""
    page.goto("/train?recipe=keras-intro")
    button = page.get_by_role("button", name="Start training")
    button.wait_for(timeout=PATIENCE)
    page.wait_for_timeout(1000)
    page.evaluate(NOTE_CLICK)
    button.click()
    # Not `wait_for`: it looks every half second in the end, and that was half of what it measured.
    since = page.wait_for_function(SINCE_CLICK, arg=LINE, polling="raf", timeout=PATIENCE)
    seconds = float(since.json_value()) / 1000
    page.get_by_text("Test accuracy", exact=True).wait_for(timeout=PATIENCE)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), ahead=True) as server,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = browser.new_context(base_url=server.url, viewport={"width": 1280, "height": 900}).new_page()
        cold = first_point(page)
        page.wait_for_timeout(AHEAD)
        warm = [first_point(page) for _ in range(asked.runs)]
        browser.close()
    print(f"right after the server's start: {cold:.2f} s")
    print(f"with a warm trainer, {len(warm)} runs: median {statistics.median(warm):.2f} s, longest {max(warm):.2f} s")


if __name__ == "__main__":
    main()
