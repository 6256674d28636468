"""What holds for every page."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import PAGES, ROOT, Server, draw

pytestmark = pytest.mark.browser

PATHS = [*PAGES, "/train?recipe=your-own"]
DEEPER = ("/models?view=One+model&model=simple-cnn", "/inside?digit=3&model=ten-lines")

NAMELESS = """() => [...document.querySelectorAll('button, a[href], input, select, textarea, [role=button]')]
  .filter(e => e.checkVisibility() && e.type !== 'hidden')
  .filter(e => !(e.innerText?.trim() || e.getAttribute('aria-label') || e.getAttribute('title')
    || e.labels?.length || e.getAttribute('aria-labelledby')))
  .map(e => e.outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("path", PAGES)
def test_deep_link_shows_its_page(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_title(f"{PAGES[path][1]} - Digit Lab")


@pytest.mark.parametrize("path", PATHS)
def test_every_control_has_a_name(page: Page, path: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.evaluate(NAMELESS) == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_a_phone(browser: Browser, server: Server, path: str, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(
        base_url=server.url,
        viewport={"width": 390, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_digit_that_models_are_divided_about_is_looked_into(page: Page) -> None:
    page.goto("/models?view=Side+by+side&models-digit=3&models=simple-cnn,ten-lines")
    page.get_by_role("radio", name="A test digit").click()
    expect(page.get_by_role("spinbutton", name="Test digit")).to_have_value("3")
    link = page.locator(".st-key-divided a").first
    index = parse_qs(urlsplit(link.get_attribute("href") or "").query)["digit"][0]
    link.click()
    expect(page.get_by_text(f"reads test digit {index} as")).to_be_visible(timeout=15_000)


def test_on_a_phone_what_is_tapped_shows_in_sight(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/digits")
    page.get_by_role("button", name="#19").click()
    expect(page.get_by_text("Training digit 19: a 9").first).to_be_in_viewport()
    numbers = page.locator(".dl-numbers")
    assert 100 < numbers.evaluate("numbers => numbers.scrollLeft") < 150  # its middle
    page.goto("/inside?digit=3&model=ten-lines")
    page.get_by_role("radio", name="Evidence").click()
    expect(page.get_by_text("Blue ink speaks for the digit")).to_be_in_viewport(timeout=15_000)


def test_model_of_the_drawing_page_has_its_own_page(page: Page) -> None:
    page.goto("/?model=ten-lines")
    page.get_by_role("link", name="More").click()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("ten-lines · reads 73.5% of drawn digits")
    expect(page.get_by_text("Which digit is mistaken for which")).to_be_visible(timeout=15_000)


def test_web_process_holds_no_tensorflow_after_every_page(page: Page, server: Server) -> None:
    for path in (*PATHS, *DEEPER):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/")
    draw(page)
    expect(page.locator(".dl-answer")).to_be_visible()
    mapped = {Path(mapping.path).name for mapping in psutil.Process(server.pid).memory_maps()}
    assert any("onnxruntime" in name for name in mapped)
    assert not any("tensorflow" in name for name in mapped)


def test_no_page_imports_tensorflow_or_keras(tmp_path: Path) -> None:
    script = """
import sys
import app
from streamlit.testing.v1 import AppTest
path = [["M", 200, 60], ["L", 200, 330]]
drawing = {"objects": [{"type": "Path", "path": path}]}
at = AppTest.from_file("pages/navigation.py", default_timeout=60)
at.session_state["board"] = {"drawing": {"raw": drawing, "data": None}}
at.run()
assert not at.exception, at.exception
assert at.title[0].value == "Draw a digit"
at.switch_page("train.py").run()
assert not at.exception, at.exception
assert at.title[0].value == "Train a network"
for name in at.selectbox(key="recipe").options:
    at.selectbox(key="recipe").select(name).run()
    assert not at.exception, at.exception
for script in sys.argv[1:]:
    at.switch_page(script).run()
    assert not at.exception, at.exception
    assert at.title
print(sorted({name.partition(".")[0] for name in sys.modules} & {"tensorflow", "keras"}))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *(name for name, _ in PAGES.values())],
        cwd=ROOT,
        env={**os.environ, "DIGITLAB_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("[]")


def test_menu_of_a_phone_makes_way_for_the_page_that_was_chosen(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/")
    menu = page.get_by_test_id("stSidebar")
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(menu).to_be_in_viewport()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Train").click()
    expect(page.get_by_role("heading", name="Train a network")).to_be_visible()
    expect(menu).not_to_be_in_viewport()


def test_join_tells_how_others_come_to_a_page_and_leaves_it_as_it_is(page: Page) -> None:
    page.goto("/digits")
    page.get_by_role("button", name="Join").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("make run HOST=0.0.0.0")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("heading", name=PAGES["/digits"][1])).to_be_visible()


def test_way_through_the_lessons_can_be_gone_back_without_loading_the_app_anew(page: Page) -> None:
    def shown(title: str, address: str) -> None:
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        page.wait_for_url(f"**/learn{address}")

    contents, lesson = ("Learn how a network reads digits", ""), ("Pooling", "?lesson=pooling")
    page.goto("/learn")
    page.evaluate("window.isTheSame = true")
    page.get_by_role("link", name="Pooling").click()
    shown(*lesson)
    page.get_by_role("link", name="All lessons").click()
    shown(*contents)
    page.go_back()
    shown(*lesson)
    page.go_back()
    shown(*contents)
    page.go_forward()
    shown(*lesson)
    assert page.evaluate("window.isTheSame")
