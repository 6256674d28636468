"""Take the pictures of every page.

    python docs/screenshots.py [FOLDER]

FOLDER is docs/images unless another is named. Starts an app of its own, with the shipped models, trains a little in it
and stops it at the end. Each page is taken at full length on a computer and on a phone, light and dark:
`<page>-<width>-<theme>.png`. A training is filmed: `run-film.gif`.
"""

import argparse
import io
import math
import re
import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, StorageState, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.e2e.browser import SETTLED, draw, launch, serving

HEIGHTS = {1280: 720, 390: 844}  # pixels: width of a screen, and the least height of its picture
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
STILL = 1_000  # ms until fonts are loaded, bars have glided and charts are drawn
PATIENCE = 120_000  # ms for a trainer to warm up and learn
FILM: ViewportSize = {"width": 960, "height": 720}
FRAME_MS, LAST_MS, MOST_FRAMES = 500, 4000, 40
QUIET = {  # pages that show what a link says
    "models": "/models",
    "models-one": "/models?view=One+model&model=simple-cnn",
    "models-together": "/models?view=Side+by+side&models-digit=247",
    "models-robustness": "/models?view=Robustness&robust-by=Rotation",
    "inside": "/inside?digit=0&model=simple-cnn",
    "inside-evidence": "/inside?digit=8&model=simple-cnn&inside-view=Evidence",
    "inside-change": "/inside?digit=8&model=simple-cnn&inside-view=What+would+change+it",
    "inside-relatives": "/inside?digit=8&model=simple-cnn&inside-view=Relatives",
    "inside-map": "/inside?digit=8&model=simple-cnn&inside-view=Map",
    "digits": "/digits",
    "digits-classes": "/digits?digits-view=Classes",
    "learn": "/learn",
    "learn-neuron": "/learn?lesson=neuron",
    "learn-convolution": "/learn?lesson=convolution",
    "learn-ten-lines": "/learn?lesson=ten-lines",
}
COLOURS = 128  # of a picture: enough for text and curves, a third of the bytes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = Path(__file__).parent / "images"
    parser.add_argument("folder", type=Path, nargs="?", default=folder, metavar="FOLDER")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        serving(Path(state)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        Photographer(browser, server.url, folder).every_page()


class Photographer:
    """Goes through the app and takes pictures."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self.browser, self.url, self.folder = browser, url, folder
        self.visitor: StorageState | None = None  # whose runs are on the pictures

    def every_page(self) -> None:
        """Take all pictures; the runs come before the pages that list them."""
        self.take("draw-empty", "/", lambda page: page.locator(".dl-invite").wait_for())
        self.take("draw", "/", drawn)
        with self.browser.new_page(base_url=self.url) as page:
            done = started(page, "ten-lines")
            page.get_by_text("Test accuracy", exact=True).wait_for(timeout=PATIENCE)
            self.visitor = page.context.storage_state()
            self.take("run-done", done, curves)
            self.take("train", "/train?recipe=simple-cnn", form)
            self.take("train-own", "/train?recipe=your-own", form)
            live = started(page, "simple-cnn")
            page.get_by_text(re.compile("^Epoch 3 of")).wait_for(timeout=PATIENCE)
            self.take("run-live", live, curves)
            page.get_by_role("button", name="Stop", exact=True).click()
            page.get_by_role("button", name="Throw it away").click()
            page.get_by_text(re.compile("^Stopped after")).wait_for(timeout=PATIENCE)
            second = started(page, "keras-intro")
            page.get_by_text("Test accuracy", exact=True).wait_for(timeout=PATIENCE)
            runs = ",".join(address.partition("run=")[2] for address in (done, second))
            self.take("compare", f"/compare?runs={runs}", curves)
        for name, path in QUIET.items():
            self.take(name, path, settled)
        self.take("inside-replay", "/inside?inside-view=Replay", replayed)
        self.film("first-network")

    def film(self, recipe: str) -> None:
        """A training from the click to the result, as an animated picture."""
        with self.browser.new_page(base_url=self.url, viewport=FILM) as page:
            started(page, recipe)
            frames = []
            while len(frames) < MOST_FRAMES and not page.get_by_text("Test accuracy", exact=True).is_visible():
                frames.append(page.screenshot())
                page.wait_for_timeout(FRAME_MS)
            page.get_by_text("Test accuracy", exact=True).wait_for(timeout=PATIENCE)
            page.wait_for_timeout(STILL)
            frames.append(page.screenshot())
        pictures = [small(frame) for frame in frames]
        durations = [FRAME_MS] * (len(pictures) - 1) + [LAST_MS]
        pictures[0].save(
            self.folder / "run-film.gif", save_all=True, append_images=pictures[1:], duration=durations, loop=0,
            optimize=True,
        )  # fmt: skip

    def take(self, name: str, path: str, prepare: Callable[[Page], None]) -> None:
        """Open a path as a new visitor on every kind of screen and keep what it shows once it is prepared."""
        for (width, height), theme in product(HEIGHTS.items(), THEMES):
            context = self.browser.new_context(
                base_url=self.url,
                viewport={"width": width, "height": height},
                color_scheme=theme,
                storage_state=self.visitor,
            )
            page = context.new_page()
            page.goto(path)
            prepare(page)
            page.mouse.move(0, 0)
            page.wait_for_timeout(STILL)
            content = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, content)})
            page.wait_for_timeout(STILL)
            save(page.screenshot(), self.folder / f"{name}-{width}-{theme}.png")
            context.close()


def drawn(page: Page) -> None:
    """A three on the board, and its answer."""
    draw(page, [*bowl(195, 137, 62, -155, 80), *bowl(195, 262, 70, -80, 155)])
    page.get_by_text("Most likely 3").wait_for()


def bowl(x: float, y: float, radius: float, start: int, end: int) -> list[tuple[float, float]]:
    """An arc around (x, y) in canvas pixels, clockwise; degrees, 0 to the right."""
    angles = [math.radians(degrees) for degrees in range(start, end + 1, 10)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def settled(page: Page) -> None:
    """Everything that was on its way."""
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE)
    page.wait_for_function(SETTLED, timeout=PATIENCE)


def replayed(page: Page) -> None:
    """A three, some moments before it is finished."""
    draw(page, [*bowl(195, 137, 62, -155, 80), *bowl(195, 262, 70, -80, 155)])
    film = page.get_by_role("slider", name="Moment of the drawing")
    film.wait_for()
    film.fill("18")


def form(page: Page) -> None:
    """The form, with its network drawn."""
    page.get_by_role("button", name="Start training").wait_for()
    page.get_by_role("table").wait_for()


def curves(page: Page) -> None:
    """A run's two charts."""
    page.locator(".live-chart path.js-line").nth(1).wait_for()


def started(page: Page, recipe: str) -> str:
    """Start a recipe; returns the address of its run."""
    page.goto(f"/train?recipe={recipe}")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile("run="))
    return page.url


def save(picture: bytes, path: Path) -> None:
    """Write a screenshot as a small PNG."""
    small(picture).save(path, optimize=True)


def small(picture: bytes) -> Image.Image:
    """A screenshot with few colours."""
    return Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    main()
