"""How long pages take, in a real browser on a server of its own: python bench/pages.py [--times N]

Usable: from asking for the address, as a new visitor, until the page has its heading and nothing on it is still coming.
A change: from a click, or a key, to the first new thing on the screen where the answer is expected.
The server is warm: every page was asked for once before, and works out for nobody else.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, sync_playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.browser import SETTLED, launch, serving

PATIENCE = 180_000  # ms
# The first change below one of these nodes, in milliseconds after the press; -1 if none comes.
WATCH = """selector => {
  window.seen = new Promise(resolve => {
    let pressed
    for (const kind of ['pointerdown', 'keydown'])
      addEventListener(kind, () => (pressed = performance.now()), { capture: true, once: true })
    const watch = new MutationObserver(() => {
      if (pressed === undefined) return
      watch.disconnect()
      requestAnimationFrame(() => resolve(performance.now() - pressed))
    })
    for (const node of document.querySelectorAll(selector))
      watch.observe(node.parentElement, { childList: true, subtree: true, characterData: true, attributes: true })
    setTimeout(() => resolve(-1), 20000)
  })
}"""


class Visit(NamedTuple):
    """A page, something to change there, and where the change shows."""

    name: str
    path: str
    control: Callable[[Page], Locator] | None = None
    shows: str = ""  # CSS
    key: str | None = None  # pressed instead of a click


def button(name: str) -> Callable[[Page], Locator]:
    return lambda page: page.get_by_role("button", name=name, exact=True).first


def radio(name: str) -> Callable[[Page], Locator]:
    return lambda page: page.get_by_role("radio", name=name, exact=True).first


def slider(page: Page) -> Locator:
    return page.get_by_role("slider").first


VISITS = (
    Visit("Draw", "/"),
    Visit("Train", "/train?recipe=your-own", button("Add a layer"), ".dl-table"),
    Visit("Compare", "/compare"),
    Visit("Models, all", "/models"),
    Visit("Models, one", "/models?view=One+model&model=simple-cnn", radio("Percent of the row"), ".dl-confusion"),
    Visit("Models, side by side", "/models?view=Side+by+side&models-digit=3", button("Another"), ".dl-verdict"),
    Visit("Models, robustness", "/models?view=Robustness&robust-models=first-network", button("Another"), ".dl-robust"),
    Visit("Inside, layers", "/inside?digit=3&model=simple-cnn", button("Another"), ".nv-bands"),
    Visit("Inside, evidence", "/inside?digit=3&model=simple-cnn&inside-view=Evidence", button("Another"), ".in-tiles"),
    Visit(
        "Inside, what would change it",
        "/inside?digit=3&model=simple-cnn&inside-view=What+would+change+it",
        button("Another"),
        ".in-pair",
    ),
    Visit(
        "Inside, relatives",
        "/inside?digit=3&model=simple-cnn&inside-view=Relatives",
        button("Another"),
        ".in-relatives",
    ),
    Visit("Inside, map", "/inside?digit=3&model=simple-cnn&inside-view=Map", button("Another"), ".live-chart"),
    Visit("Digits", "/digits", button("Next twenty"), ".st-key-digits-grid"),
    Visit("Digits, classes", "/digits?digits-view=Classes"),
    Visit("Learn", "/learn"),
    Visit("Lesson: neuron", "/learn?lesson=neuron", slider, ".live-chart", "ArrowRight"),
    Visit("Lesson: layers", "/learn?lesson=layers", slider, ".live-chart", "ArrowRight"),
    Visit("Lesson: softmax", "/learn?lesson=softmax", slider, ".live-chart", "ArrowRight"),
    Visit("Lesson: batches", "/learn?lesson=batches", slider, ".live-chart", "ArrowRight"),
    Visit("Lesson: overfitting", "/learn?lesson=overfitting", slider, ".live-chart", "ArrowLeft"),
    Visit("Lesson: convolution", "/learn?lesson=convolution", slider, ".live-chart", "ArrowLeft"),
    Visit("Lesson: dropout", "/learn?lesson=dropout", button("Draw again"), ".live-chart"),
)


def usable(browser: Browser, url: str, visit: Visit) -> tuple[Page, float]:
    """The page of a new visitor, and the seconds until it was usable."""
    page = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900}).new_page()
    began = time.perf_counter()
    page.goto(visit.path)
    page.wait_for_function(SETTLED, timeout=PATIENCE)
    seconds = time.perf_counter() - began
    page.wait_for_timeout(1500)  # what is only decoration comes later
    return page, seconds


def changed(page: Page, visit: Visit) -> float | None:
    """Seconds from the press to the first change; None if nothing changed, or there is nothing to press."""
    if visit.control is None:
        return None
    control = visit.control(page)
    page.evaluate(WATCH, visit.shows)
    if visit.key:
        control.focus()
        page.keyboard.press(visit.key)
    else:
        control.click()
    milliseconds: float = page.evaluate("window.seen")
    return milliseconds / 1000 if milliseconds >= 0 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    table = Table("page", "usable, s", "longest", "a change, ms", "longest")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, sync_playwright() as playwright:
        browser = launch(playwright)
        for visit in track(VISITS, "warming up"):
            usable(browser, server.url, visit)[0].context.close()
        for visit in track(VISITS, "measuring"):
            times, changes = [], []
            for _ in range(asked.times):
                page, seconds = usable(browser, server.url, visit)
                times.append(seconds)
                changes.append(changed(page, visit))
                page.context.close()
            seen = [1000 * change for change in changes if change is not None]
            told = (f"{statistics.median(seen):.0f}", f"{max(seen):.0f}") if seen else ("", "")
            table.add_row(visit.name, f"{statistics.median(times):.2f}", f"{max(times):.2f}", *told)
        browser.close()
    Console().print(table)


if __name__ == "__main__":
    main()
