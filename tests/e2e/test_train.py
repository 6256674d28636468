"""Training live in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from core.link import to_link
from core.recipe import PRESETS
from tests.e2e.browser import SETTLED, Server, draw

pytestmark = pytest.mark.browser

PATIENCE = 90_000  # ms; the first run waits for the trainer to warm up
BEGUN = re.compile(r"^Epoch \d+")


def start(page: Page, recipe: str) -> None:
    page.goto(f"/train?recipe={recipe}")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"run="))


def stop(page: Page, choice: str = "Throw it away") -> None:
    """Stop a run that has begun, or, without a choice, one that waits."""
    page.get_by_role("button", name="Stop", exact=True).click()
    if choice:
        page.get_by_role("button", name=choice).click()
    expect(page.get_by_text(re.compile("^Stopped after"))).to_be_visible(timeout=PATIENCE)


def test_ten_lines_are_trained_watched_and_drawn_with(page: Page) -> None:
    start(page, "ten-lines")
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible(timeout=PATIENCE)
    shown = page.locator("[data-testid=stMetricValue]").first.inner_text()
    assert 0.88 <= float(shown.rstrip("%")) / 100 <= 0.91
    expect(page.locator(".live-chart path.js-line")).to_have_count(2)
    page.get_by_role("link", name="Draw with this model").click()
    page.wait_for_url(re.compile(r"model=ten-lines-"))
    draw(page)
    expect(page.locator(".dl-answer [role=status]")).to_contain_text("Most likely")
    assert page.get_by_role("combobox", name="Model").input_value().startswith("ten-lines-")


def test_curves_move_while_it_trains_and_drawing_works_beside_it(page: Page) -> None:
    start(page, "simple-cnn")
    line = page.locator(".live-chart path.js-line").first
    line.wait_for(timeout=PATIENCE)
    page.evaluate("window.chart = document.querySelector('.live-chart')")
    before = line.get_attribute("d")
    expect(line).not_to_have_attribute("d", before or "", timeout=PATIENCE)
    assert page.evaluate("window.chart === document.querySelector('.live-chart')")
    page.get_by_text("The counts: in each row").click()
    table = page.locator(".dl-table")
    counts = table.inner_text()
    expect(table).not_to_have_text(counts)  # it goes on with the run
    other = page.context.new_page()
    other.goto("/")
    draw(other)
    expect(other.locator(".dl-answer [role=status]")).to_contain_text("Most likely 3", timeout=15_000)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    stop(page)


def test_refresh_and_second_tab_show_the_same_run_which_goes_on(page: Page) -> None:
    start(page, "simple-cnn")
    expect(page.get_by_text(BEGUN)).to_be_visible(timeout=PATIENCE)
    url = page.url
    page.goto("/")
    page.goto(url)
    expect(page.get_by_text(re.compile(r"^Epoch \d+ of 10"))).to_be_visible(timeout=15_000)
    page.reload()
    expect(page.get_by_text(re.compile(r"^Epoch \d+ of 10"))).to_be_visible(timeout=15_000)
    other = page.context.new_page()
    other.goto(url)
    stop(other)
    expect(page.get_by_text(re.compile("^Stopped after"))).to_be_visible(timeout=15_000)
    page.goto("/train")
    expect(page.get_by_role("link", name=re.compile("simple-cnn · stopped")).first).to_be_visible()


def test_waiting_run_shows_its_place_and_stops_at_once(page: Page) -> None:
    start(page, "simple-cnn")
    first = page.url
    start(page, "first-network")
    expect(page.get_by_text("place 1 in the queue, begins in")).to_be_visible(timeout=PATIENCE)
    stop(page, "")
    page.goto(first)
    stop(page)


def remove_layer(page: Page, number: int, left: int) -> None:
    page.get_by_role("button", name=f"Remove layer {number}").click()
    expect(page.get_by_role("button", name=re.compile("^Remove layer"))).to_have_count(left)


def test_own_layers_are_refused_with_a_sentence_and_mended(page: Page) -> None:
    page.goto("/train?recipe=your-own")
    expect(page.get_by_role("cell", name="Max-pool 2x2")).to_be_visible()
    remove_layer(page, 3, left=3)
    expect(page.get_by_text("Layer 3 (Dense 64 relu) needs a flat list of values").first).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_disabled()
    remove_layer(page, 1, left=2)
    remove_layer(page, 1, left=1)
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()
    expect(page.get_by_text("50,890 parameters", exact=True)).to_be_visible()


def test_links_from_the_page_to_itself_lead_there_for_good(page: Page) -> None:
    def shown(title: str, run: bool) -> None:
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible(timeout=PATIENCE)
        page.wait_for_url(re.compile("run=") if run else re.compile("^(?!.*run=)"))

    start(page, "keras-intro")
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible(timeout=PATIENCE)
    run = page.url
    page.get_by_role("link", name="New training").click()
    shown("Train a network", run=False)
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name="simple-cnn").click()
    expect(page.get_by_text("34,826 parameters", exact=True)).to_be_visible()
    shown("Train a network", run=False)
    page.get_by_role("link", name=re.compile(r"^keras-intro · \d")).first.click()
    shown("keras-intro", run=True)
    page.get_by_text("The same in Keras").click()
    expect(page.get_by_text("import keras")).to_be_visible()
    shown("keras-intro", run=True)
    assert page.url == run
    page.go_back()
    shown("Train a network", run=False)
    page.go_forward()
    shown("keras-intro", run=True)


def test_unknown_run_says_so_and_offers_the_form(page: Page) -> None:
    page.goto("/train?run=nonsense")
    expect(page.get_by_text("not in this lab's ledger")).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_visible()


def test_paused_run_lets_another_one_go_first_and_goes_on(page: Page) -> None:
    start(page, "simple-cnn")
    first = page.url
    expect(page.get_by_text(BEGUN)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text(re.compile("^Paused"))).to_be_visible(timeout=PATIENCE)
    start(page, "keras-intro")
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible(timeout=PATIENCE)
    page.goto(first)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"^Epoch \d+ of 10"))).to_be_visible(timeout=PATIENCE)
    stop(page, "Keep what it learned")
    expect(page.get_by_text(re.compile("what it learned was kept"))).to_be_visible()
    expect(page.get_by_role("link", name="Draw with this model")).to_be_visible()


def test_learning_rate_is_changed_on_the_way_and_marked(page: Page) -> None:
    start(page, "simple-cnn")
    expect(page.get_by_text(BEGUN)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Learning rate 0.001")).to_be_visible()
    page.get_by_role("button", name="÷10").click()
    expect(page.get_by_text("Learning rate 0.0001")).to_be_visible(timeout=15_000)
    expect(page.locator(".live-chart .annotation-text", has_text="0.0001").first).to_be_visible(timeout=15_000)
    stop(page)


def test_own_drawing_is_followed_through_the_training(page: Page) -> None:
    page.goto("/")
    draw(page)
    expect(page.locator(".dl-answer [role=status]")).to_contain_text("Most likely 3", timeout=15_000)
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name="keras-intro").click()
    page.get_by_text("How it runs").click()
    expect(page.get_by_role("combobox", name="Follow a digit")).to_have_value("My drawing")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible(timeout=PATIENCE)
    page.wait_for_function(SETTLED)  # for a moment the page as it was is still there
    bars = page.get_by_label(re.compile("^Most likely"))
    expect(bars).to_be_visible()
    last = bars.get_attribute("aria-label")
    page.get_by_role("slider").press("Home")
    expect(bars).not_to_have_attribute("aria-label", last or "")


def test_link_opens_train_with_every_setting(page: Page) -> None:
    recipe = PRESETS["simple-cnn"].with_changes(epochs=7, learning_rate=0.002, seed=42)
    page.goto(f"/train?recipe={to_link(recipe)}")
    expect(page.get_by_role("cell", name="Conv 64 3x3 relu")).to_be_visible()
    page.get_by_text("Settings", exact=True).click()
    for label, value in (("Epochs", "7"), ("Learning rate", "0.002"), ("Seed", "42")):
        expect(page.get_by_role("spinbutton", name=label)).to_have_value(value)


def test_network_of_ones_own_survives_a_refresh(page: Page) -> None:
    recipe = PRESETS["simple-cnn"].with_changes(epochs=7)
    page.goto(f"/train?recipe={to_link(recipe)}")
    page.get_by_role("button", name="Remove layer 6").click()
    *layers, _, last = recipe.layers
    link = to_link(recipe.with_changes(layers=[*layers, last]))
    page.wait_for_function("link => sessionStorage['digit-lab-network']?.includes(link)", arg=link)
    page.reload()
    expect(page.get_by_role("cell", name="Conv 64 3x3 relu")).to_be_visible()
    expect(page.get_by_role("cell", name=re.compile("Dropout"))).to_have_count(0)
    page.get_by_text("Settings", exact=True).click()
    expect(page.get_by_role("spinbutton", name="Epochs")).to_have_value("7")
    for junk in ("7", '["1.nonsense", true, ""]', '[7, "yes", 0]', "[[["):
        page.evaluate("junk => sessionStorage.setItem('digit-lab-network', junk)", junk)
        page.goto("/train?recipe=your-own")
        expect(page.get_by_role("cell", name="Conv 16 3x3 relu")).to_be_visible()


def test_name_of_ones_own_network_survives_a_visit_elsewhere_and_a_refresh(page: Page) -> None:
    page.goto("/train?recipe=your-own")
    name = page.get_by_role("textbox", name="Name of this network")
    name.fill("Ada's best")
    name.press("Enter")
    page.wait_for_function("() => sessionStorage['digit-lab-network']?.includes('Ada')")
    page.get_by_role("link", name="Compare").first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Train a network")
    page.reload()
    page.wait_for_function(SETTLED)
    page.get_by_role("link", name="Train").first.click()
    expect(name).to_have_value("Ada's best")


def test_code_of_a_recipe_is_there_to_read_and_to_download(page: Page) -> None:
    page.goto("/train?recipe=simple-cnn")
    page.get_by_text("The same in Keras").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("layers.Conv2D")
    for button, name in (("Script", "simple-cnn.py"), ("Notebook", "simple-cnn.ipynb")):
        with page.expect_download() as download:
            page.get_by_role("button", name=button).click()
        assert download.value.suggested_filename == name
        assert "Conv2D" in download.value.path().read_text()


def test_link_that_holds_no_recipe_says_so(page: Page) -> None:
    page.goto("/train?recipe=1.nonsense")
    expect(page.get_by_text(re.compile("^This link"))).to_be_visible()
    expect(page.get_by_role("button", name="Start training")).to_be_enabled()


def test_other_peoples_runs_can_be_watched_only(page: Page, browser: Browser, server: Server) -> None:
    start(page, "simple-cnn")
    expect(page.get_by_role("button", name="Pause")).to_be_visible(timeout=PATIENCE)
    with browser.new_context(base_url=server.url) as context:
        other = context.new_page()
        other.goto(page.url)
        expect(other.get_by_text(BEGUN)).to_be_visible(timeout=PATIENCE)
        expect(other.get_by_role("button", name="Pause")).to_have_count(0)
        expect(other.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    stop(page)
