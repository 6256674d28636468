"""How soon the bars answer a stroke: from pen-up to the bars' first change, in a real browser.

    python bench/draw_latency.py [--strokes 20] [--training]

Starts an app of its own, with the shipped models, and stops it at the end. The times are taken inside the page: they
hold the canvas's own wait, the way to the server and back, the prediction and the chart, but not the screen's frame.
"""

import argparse
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as Expired

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.browser import THREE, draw, launch, serving

TARGET = 200  # ms, median
WARM_UP = 3  # drawings that are not counted: the page, the model and the chart's library are loaded by then
SETTLED = 700  # ms after which bars have glided to their places
PATIENCE = 3_000  # ms; a stroke that leaves all ten bars as they were is not counted

Point = tuple[float, float]
# Digits stroke by stroke, in canvas pixels.
SEVEN: list[list[Point]] = [[(110, 90), (290, 90), (230, 210), (180, 330)], [(140, 215), (260, 205)]]
FOUR: list[list[Point]] = [[(170, 70), (140, 150), (110, 220), (290, 220)], [(240, 130), (240, 340)]]
FIVE: list[list[Point]] = [
    [(150, 80), (140, 190), (200, 170), (265, 220), (250, 300), (180, 330), (120, 300)],
    [(150, 80), (270, 75)],
]
TWO: list[list[Point]] = [[(120, 130), (160, 80), (230, 80), (265, 130), (230, 210), (120, 320), (290, 320)]]
ONE: list[list[Point]] = [[(150, 120), (205, 70), (205, 330)], [(140, 330), (270, 330)]]
DIGITS: list[list[list[Point]]] = [[THREE], SEVEN, FOUR, FIVE, TWO, ONE]

WATCH = """() => {
  let lifted = null
  const onCanvas = event => event.composedPath().some(node => node.matches?.("canvas.upper-canvas"))
  addEventListener("pointerup", event => {
    if (onCanvas(event)) { lifted = performance.now(); window.answered = null }
  }, true)
  new MutationObserver(changes => {
    if (lifted === null || !changes.some(change => change.target.closest(".live-chart .bars"))) return
    window.answered = performance.now() - lifted
    lifted = null
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["d"] })
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=int, default=20, metavar="N", help="strokes to count (default: 20)")
    parser.add_argument("--training", action="store_true", help="once more while a network is trained")
    options = parser.parse_args()
    if options.strokes < 2:
        parser.error(f"--strokes must be at least 2, got {options.strokes}")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        print(f"The very first stroke, not counted below: {_first(browser, server.url)}\n")
        print(f"{'pen-up to bars, ms':<34}{'median':>8}{'10 %':>8}{'90 %':>8}{'strokes':>9}")
        alone = _row("nothing else to do", latencies(browser, server.url, options.strokes))
        if options.training:
            with training(browser, server.url):
                beside = _row("while simple-cnn is trained", latencies(browser, server.url, options.strokes))
            print(f"\nwhile training / alone: {beside / alone:.2f}")
    print(f"\nThe median should be at most {TARGET} ms.")


def latencies(browser: Browser, url: str, strokes: int) -> list[float]:
    """Milliseconds from pen-up to the bars' first change, for each of so many strokes."""
    page = _visit(browser, url)
    taken: list[float] = []
    for number, digit in enumerate(cycle(DIGITS)):
        for stroke in digit:
            time = _latency(page, stroke)
            if number >= WARM_UP and time is not None:
                taken.append(time)
            if len(taken) == strokes:
                page.close()
                return taken
        page.get_by_role("button", name="Clear").click()
        page.locator(".dl-invite").wait_for()
        page.wait_for_timeout(SETTLED)
    raise AssertionError("digits go round for ever")


def _visit(browser: Browser, url: str) -> Page:
    page = browser.new_page(base_url=url, viewport={"width": 1280, "height": 900})
    page.goto("/")
    page.evaluate(WATCH)
    return page


def _first(browser: Browser, url: str) -> str:
    """The first stroke after the app's start, in words: model and chart are loaded for it."""
    with _visit(browser, url) as page:
        time = _latency(page, THREE)
    return f"more than {PATIENCE} ms" if time is None else f"{time:.0f} ms"


def _latency(page: Page, stroke: list[Point]) -> float | None:
    """Draw one stroke; None if no bar changed."""
    draw(page, stroke)
    try:
        page.wait_for_function("window.answered", timeout=PATIENCE)
    except Expired:
        return None
    page.wait_for_timeout(SETTLED)
    return float(page.evaluate("window.answered"))


@contextmanager
def training(browser: Browser, url: str) -> Iterator[None]:
    """While a run is learning; says so if it ended too early for the times to be worth anything."""
    page = browser.new_page(base_url=url)
    page.goto("/train?recipe=simple-cnn")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile("run="))
    page.get_by_text(re.compile(r"^Epoch \d+")).wait_for(timeout=90_000)
    address = page.url
    page.goto("about:blank")  # this computer also runs the browser: watching must not weigh on what is measured
    yield
    page.goto(address)
    stop, ended = page.get_by_role("button", name="Stop", exact=True), page.get_by_text("Test accuracy", exact=True)
    stop.or_(ended).first.wait_for()
    if ended.is_visible():
        print("The run ended before the last stroke: ask for fewer strokes.")
    else:
        stop.click()
        page.get_by_role("button", name="Throw it away").click()
        page.get_by_text(re.compile("^Stopped after")).wait_for(timeout=90_000)


def _row(name: str, times: list[float]) -> float:
    """Print a line of the table; returns the median."""
    tenths = statistics.quantiles(times, n=10, method="inclusive")
    print(f"{name:<34}{tenths[4]:>8.0f}{tenths[0]:>8.0f}{tenths[8]:>8.0f}{len(times):>9}", flush=True)
    return tenths[4]


if __name__ == "__main__":
    main()
