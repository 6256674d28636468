"""Nobody is kept out: axe-core on every page, and the keyboard alone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pages.parts.lessons.course import LESSONS
from tests.e2e.browser import PAGES, SETTLED, draw

pytestmark = pytest.mark.browser

INSIDE = ("Layers", "Evidence", "What+would+change+it", "Relatives", "Map", "Replay")
PATIENCE = 30_000  # ms; some pages look through thousands of digits first

PATHS = [
    *PAGES,
    "/train?recipe=your-own",
    "/models?view=One+model&model=simple-cnn",
    "/models?view=Side+by+side",
    "/models?view=Robustness&robust-models=ten-lines",
    *(f"/inside?digit=3&model=ten-lines&inside-view={view}" for view in INSIDE),
    *(f"/learn?lesson={lesson.name}" for lesson in LESSONS),
]


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody from using the page."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['help']}; {node['html'][:200]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("path", PATHS)
def test_page_has_no_serious_fault_and_fits_a_phone(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
    page.wait_for_function(SETTLED, timeout=PATIENCE)
    page.wait_for_timeout(500)
    assert serious(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_drawing_page_has_no_serious_fault_and_its_answer_is_heard(page: Page) -> None:
    page.goto("/")
    draw(page)
    heard = page.get_by_role("status").filter(has_text="Most likely 3")
    expect(heard).to_have_attribute("aria-live", "polite")
    assert serious(page) == []


def test_layers_are_walked_through_by_keyboard(page: Page) -> None:
    page.goto("/inside?digit=0&model=ten-lines")
    band = page.get_by_role("listbox").first
    expect(band).to_be_visible(timeout=PATIENCE)
    band.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".nv-panel")).to_contain_text("Unit 3")
