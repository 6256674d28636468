"""Drawing in a real browser."""

import io
import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Mouse, Page, WebSocketRoute, expect

from tests.e2e.browser import SIDE, THREE, Server, board, draw

pytestmark = pytest.mark.browser

ONE = [(200, 60), (200, 330)]
HEART = [(200, 170), (170, 110), (110, 100), (80, 150), (100, 220), (150, 290), (200, 340)]
HEART += [(250, 290), (300, 220), (320, 150), (290, 100), (230, 110), (200, 170)]


# JavaScript: the browser tells of several moves of the pen at once, as it does while a page is busy.
GATHERED = """(canvas, points) => {
  const move = ([clientX, clientY]) => new PointerEvent("pointermove", { clientX, clientY })
  canvas.dispatchEvent(new PointerEvent("pointermove", {
    bubbles: true, composed: true, isPrimary: true, coalescedEvents: points.map(move),
  }))
}"""


class Finger:
    """Like Playwright's mouse, by touch."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._at = {"x": 0.0, "y": 0.0}
        self._is_down = False

    def down(self) -> None:
        self._is_down = True
        self._send("touchStart", self._at)

    def move(self, x: float, y: float) -> None:
        self._at = {"x": x, "y": y}
        if self._is_down:
            self._send("touchMove", self._at)

    def up(self) -> None:
        self._is_down = False
        self._send("touchEnd")

    def cancel(self) -> None:
        """As the system does for a gesture of its own."""
        self._is_down = False
        self._send("touchCancel")

    def _send(self, kind: str, *at: dict[str, float]) -> None:
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})


class SlowLine:
    """Between the server and a page that is not open yet; what the server says can be held back."""

    def __init__(self, page: Page) -> None:
        self._late: list[tuple[WebSocketRoute, str | bytes]] = []
        self._is_slow = False
        self._until: bytes | None = None
        page.route_web_socket("**/_stcore/stream", self._relay)

    def hold(self) -> None:
        self._is_slow = True

    def hold_from(self, words: bytes) -> None:
        """Hold back the first message that holds these words, and all after it."""
        self._until = words

    @property
    def held(self) -> int:
        """How many messages are held back."""
        return len(self._late)

    def deliver(self, messages: int) -> None:
        for browser, message in self._late[:messages]:
            browser.send(message)
        del self._late[:messages]

    def release(self) -> None:
        self._is_slow = False
        self.deliver(self.held)

    def _relay(self, browser: WebSocketRoute) -> None:
        def hear(message: str | bytes) -> None:
            if self._until and isinstance(message, bytes) and self._until in message:
                self._is_slow, self._until = True, None
            self._late.append((browser, message)) if self._is_slow else browser.send(message)

        browser.connect_to_server().on_message(hear)


def put_down(
    page: Page, pen: str, places: Sequence[tuple[float, float]]
) -> tuple[Finger | Mouse, list[tuple[float, float]]]:
    """A mouse or a finger, down at the first of these places in canvas pixels, and where they all are on the page."""
    x, y, scale = board(page)
    points = [(x + across * scale, y + down * scale) for across, down in places]
    hand = Finger(page) if pen == "finger" else page.mouse
    hand.move(*points[0])
    hand.down()
    return hand, points


def answer(page: Page) -> Locator:
    return page.locator(".dl-answer [role=status]")


def strokes(page: Page) -> int:
    """How many strokes the board shows: the separate light regions along its middle row."""
    seen = page.locator(".canvas-root canvas.upper-canvas").screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(seen)).convert("L"), np.int16)
    row = pixels[len(pixels) // 2] > 128
    return int(np.count_nonzero(np.diff(row.astype(np.int8)) == 1))


def inked(page: Page) -> tuple[float, ...]:
    """The box around all strokes the board shows, in canvas pixels: left, top, right, bottom."""
    _, _, scale = board(page)
    seen = page.locator(".canvas-root canvas.upper-canvas").screenshot()
    light = np.asarray(Image.open(io.BytesIO(seen)).convert("L")) > 128
    light[:16] = light[-16:] = light[:, :3] = light[:, -3:] = False  # the page shows behind the board's round corners
    rows, columns = np.nonzero(light)
    return tuple(float(side) / scale for side in (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))


def test_empty_board_invites_and_shows_no_bars(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("Draw one digit on the board")).to_be_visible()
    expect(page.locator(".live-chart")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()


def test_three_drawn_with_the_mouse_is_read_as_three(page: Page) -> None:
    page.goto("/?model=simple-cnn")
    draw(page)
    expect(answer(page)).to_contain_text("Most likely 3")
    expect(page.locator(".dl-digit")).to_have_text("3")
    bars = page.locator(".live-chart .bars .point path")
    expect(bars).to_have_count(10)
    page.wait_for_timeout(600)  # the bars glide
    widths = [box["width"] for bar in bars.all() if (box := bar.bounding_box())]
    assert widths.index(max(widths)) == 3


@pytest.mark.parametrize("pen", ["mouse", "finger"])
def test_stroke_drawn_while_the_page_is_busy_keeps_its_shape(page: Page, pen: str) -> None:
    page.goto("/?model=simple-cnn")
    hand, points = put_down(page, pen, THREE)
    page.locator(".canvas-root canvas.upper-canvas").evaluate(GATHERED, points[1:-1])
    hand.move(*points[-1])
    hand.up()
    expect(answer(page)).to_contain_text("Most likely 3")


@pytest.mark.parametrize("pen", ["mouse", "finger"])
def test_stroke_of_few_points_keeps_each_of_them(page: Page, pen: str) -> None:
    corners = [(100.0, 80.0), (300.0, 80.0), (270.0, 150.0), (200.0, 200.0), (180.0, 330.0)]
    page.goto("/?model=simple-cnn")
    hand, points = put_down(page, pen, corners)
    for point in points[1:]:
        hand.move(*point)
    hand.up()
    expect(answer(page)).to_be_visible()
    page.wait_for_function("sessionStorage.getItem('digit-lab-drawing')")
    kept = json.loads(page.evaluate("sessionStorage.getItem('digit-lab-drawing')"))
    [stroke] = kept
    *_, last = passed = [command[1:3] for command in stroke["path"]]
    for corner in corners:
        assert min(math.dist(corner, place) for place in passed) < 1.5, (corner, passed)
    assert math.dist(corners[-1], last) < 1.5


def test_undo_and_clear_take_strokes_back(page: Page) -> None:
    page.goto("/")
    draw(page, [(100, 60), (100, 330)])
    expect(answer(page)).to_be_visible()
    draw(page, [(300, 60), (300, 330)])
    page.wait_for_timeout(600)
    assert strokes(page) == 2
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(800)
    assert strokes(page) == 1
    expect(answer(page)).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Draw one digit on the board")).to_be_visible()
    page.wait_for_timeout(500)
    assert strokes(page) == 0
    page.get_by_role("button", name="Undo").click()  # brings back what Clear took
    expect(answer(page)).to_contain_text("Most likely 1")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Draw one digit on the board")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    draw(page)
    expect(answer(page)).to_contain_text("Most likely 3")


@pytest.mark.parametrize("button", ["Undo", "Clear"])
def test_stroke_drawn_before_the_server_hears_of_undo_or_clear_stays(page: Page, button: str) -> None:
    line = SlowLine(page)
    page.goto("/")
    draw(page, [(100, 60), (100, 330)])
    expect(answer(page)).to_contain_text("Most likely 1")
    line.hold()
    page.get_by_role("button", name=button).click()
    draw(page, [(220, 100), (330, 100), (260, 330)])
    line.release()
    expect(answer(page)).to_contain_text("Most likely 7")
    assert strokes(page) == 1
    page.wait_for_function("JSON.parse(sessionStorage['digit-lab-drawing']).length === 1")  # up to 80 ms later
    page.reload()
    expect(answer(page)).to_contain_text("Most likely 7")


def test_stroke_drawn_before_the_answer_to_the_one_before_is_kept(page: Page) -> None:
    line = SlowLine(page)
    page.goto("/")
    draw(page, [(100, 60), (100, 330)])
    expect(answer(page)).to_contain_text("Most likely 1")
    line.hold()
    draw(page, [(160, 100), (250, 100)])
    page.wait_for_timeout(1000)
    answered = line.held
    draw(page, [(250, 100), (200, 330)])
    line.deliver(answered)
    page.wait_for_timeout(500)
    assert len(json.loads(page.evaluate("sessionStorage['digit-lab-drawing']"))) == 3
    line.release()
    page.reload()
    expect(answer(page)).to_contain_text("17")


def test_touch_that_the_system_takes_away_ends_its_stroke(page: Page) -> None:
    page.goto("/")
    hand, points = put_down(page, "finger", [(200, 60), (200, 200), (200, 330)])
    assert isinstance(hand, Finger)
    for point in points[1:]:
        hand.move(*point)
    hand.cancel()
    expect(answer(page)).to_contain_text("Most likely 1")
    assert strokes(page) == 1


def test_undo_right_after_a_stroke_takes_that_stroke(page: Page) -> None:
    page.goto("/")
    draw(page, [(100, 60), (100, 330)])
    expect(answer(page)).to_be_visible()
    x, y, scale = board(page)
    page.mouse.move(x + 300 * scale, y + 60 * scale)
    page.mouse.down()
    page.mouse.move(x + 300 * scale, y + 330 * scale, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(1200)
    assert strokes(page) == 1
    expect(answer(page)).to_be_visible()


def test_two_quick_undos_take_two_strokes(page: Page) -> None:
    page.goto("/")
    for x in (60, 140, 220, 300):
        draw(page, [(x, 60), (x, 330)])
    expect(answer(page)).to_be_visible()
    page.wait_for_timeout(600)
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    undo.click()
    page.wait_for_timeout(1000)
    assert strokes(page) == 2


def test_control_z_is_undo(page: Page) -> None:
    page.goto("/")
    draw(page)
    expect(answer(page)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Draw one digit on the board")).to_be_visible()


def test_drawing_survives_a_visit_to_another_page(page: Page) -> None:
    page.goto("/")
    draw(page)
    expect(answer(page)).to_contain_text("Most likely 3")
    page.get_by_role("link", name="Train").first.click()
    expect(page.get_by_role("heading", name="Train a network")).to_be_visible()
    page.get_by_role("link", name="Draw").first.click()
    expect(answer(page)).to_contain_text("Most likely 3")
    draw(page, [(60, 380), (90, 380)])
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Undo").click()
    expect(answer(page)).to_contain_text("Most likely 3")


def test_inside_asks_which_of_several_digits(page: Page) -> None:
    page.goto("/")
    draw(page, [(100, 60), (100, 330)])
    draw(page, [(220, 100), (330, 100), (260, 330)])
    expect(answer(page)).to_contain_text("Most likely 17")
    page.get_by_role("link", name="Inside").first.click()
    expect(page.get_by_text("reader reads digit 1 of your drawing as 1")).to_be_visible(timeout=15_000)
    page.get_by_role("radio", name="2", exact=True).click()
    expect(page.get_by_text("reader reads digit 2 of your drawing as 7")).to_be_visible()


def test_click_on_another_page_right_after_a_refresh_leads_there(page: Page) -> None:
    page.goto("/")
    draw(page)
    expect(answer(page)).to_contain_text("Most likely 3")
    line = SlowLine(page)
    line.hold_from(b'"asks"')  # the server asks the tab for its drawing; before the tab hears of it, the page is left
    page.reload()
    for _ in range(100):
        if asked := line.held:
            break
        page.wait_for_timeout(100)
    page.get_by_role("link", name="Train", exact=True).click()
    line.deliver(asked)
    page.wait_for_timeout(1000)
    line.release()
    expect(page.get_by_role("heading", name="Train a network")).to_be_visible()
    page.get_by_role("link", name="Draw", exact=True).click()
    expect(answer(page)).to_contain_text("Most likely 3")


def test_drawing_survives_a_refresh_and_stays_in_its_tab(page: Page) -> None:
    page.goto("/")
    draw(page)
    page.reload()  # as soon as the pen is lifted
    expect(answer(page)).to_contain_text("Most likely 3")
    page.goto("/inside")
    expect(page.get_by_text("reader reads your drawing as 3")).to_be_visible(timeout=15_000)
    other = page.context.new_page()
    other.goto("/")
    expect(other.get_by_text("0 to 9")).to_be_visible()
    page.goto("/")
    page.get_by_role("button", name="Clear").click()
    page.reload()
    expect(page.get_by_role("button", name="Clear")).to_be_disabled()
    expect(page.get_by_text("0 to 9")).to_be_visible()


def test_what_is_no_drawing_is_not_brought_back(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_text("0 to 9")).to_be_visible()
    for junk in ('[{"type": "path", "path": "M 0 0"}, 7]', '{"length": 1}', "[[[", '[{"type": "rect"}]'):
        page.evaluate("junk => sessionStorage.setItem('digit-lab-drawing', junk)", junk)
        page.reload()
        expect(page.get_by_text("0 to 9")).to_be_visible()
    draw(page)
    expect(answer(page)).to_contain_text("Most likely 3")


def test_bars_keep_their_node_and_never_blank_while_they_change(page: Page) -> None:
    page.goto("/")
    draw(page)
    expect(page.locator(".live-chart .bars .point path")).to_have_count(10)
    page.evaluate(
        """() => {
        window.chart = document.querySelector('.live-chart')
        window.blank = 0
        const look = () => {
          if (document.querySelectorAll('.live-chart .bars .point path').length !== 10) window.blank += 1
          requestAnimationFrame(look)
        }
        look()
    }"""
    )
    before = answer(page).inner_text()
    draw(page, [(120, 110), (110, 150), (190, 190), (110, 250), (120, 295)])  # makes it an 8
    expect(answer(page)).not_to_have_text(before)
    page.wait_for_timeout(600)
    assert page.evaluate("window.chart === document.querySelector('.live-chart')")
    assert page.evaluate("window.blank") == 0


@pytest.mark.parametrize("path", ["/inside", "/models?view=Side+by+side"])
def test_board_fits_its_column_and_keeps_strokes_where_they_were_drawn(page: Page, path: str) -> None:
    page.goto(path)
    undo = page.get_by_role("button", name="Undo")
    for width, x, shown in ((1280, 382, (371, 49, 393, 341)), (1024, 18, (7, 49, 393, 341))):
        page.set_viewport_size({"width": width, "height": 900})
        draw(page, [(x, 60), (x, 330)])
        expect(undo).to_be_enabled()
        canvas, room = (page.locator(place).bounding_box() for place in ("canvas.upper-canvas", ".st-key-ink"))
        assert canvas is not None
        assert room is not None
        assert canvas["width"] == pytest.approx(canvas["height"])
        assert (canvas["x"], canvas["width"]) == pytest.approx((room["x"], room["width"]))
        assert inked(page) == pytest.approx(shown, abs=3)
    page.wait_for_timeout(600)
    page.get_by_role("link", name="Draw").first.click()
    expect(answer(page)).to_be_visible()
    assert inked(page) == pytest.approx((7, 49, 393, 341), abs=3)


def test_first_stroke_from_the_top_right_corner_by_mouse(page: Page) -> None:
    page.goto("/")
    draw(page, [(388, 12), (330, 120), (200, 330)])
    expect(answer(page)).to_be_visible()


def test_first_stroke_from_the_top_right_corner_by_touch(browser: Browser, server: Server) -> None:
    context = browser.new_context(
        base_url=server.url, viewport={"width": 412, "height": 839}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto("/")
    page.locator(".canvas-root canvas.upper-canvas").wait_for()
    page.wait_for_timeout(800)
    x, y, scale = board(page)
    touch = context.new_cdp_session(page)
    path = [(x + right * scale, y + down * scale) for right, down in [(390, 10), (380, 60), (300, 150), (200, 330)]]
    for kind, at in [("touchStart", path[0]), *(("touchMove", point) for point in path[1:])]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": at[0], "y": at[1]}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(answer(page)).to_be_visible()
    context.close()


def seen_as(page: Page) -> Locator:
    return page.locator(".dl-digit")


def test_digits_side_by_side_are_read_from_left_to_right(page: Page) -> None:
    page.goto("/?model=simple-cnn")
    draw(page, [(340, 120), (340, 280)])
    draw(page, [(x * 0.45 + 120, y * 0.6 + 60) for x, y in THREE])
    draw(page, [(60, 120), (60, 280)])
    expect(seen_as(page)).to_have_text("131")
    expect(page.locator(".live-chart")).to_have_count(3)


def test_heart_is_not_taken_for_a_digit(page: Page) -> None:
    page.goto("/")
    draw(page, HEART)
    expect(answer(page)).to_contain_text("I do not think this is a digit")
    expect(seen_as(page)).to_have_text("?")
    expect(page.locator(".dl-strip figure")).to_have_count(4)
    page.get_by_role("link", name="Inside").click()
    expect(page.get_by_text("I do not think your drawing is a digit")).to_be_visible(timeout=15_000)


def test_board_has_one_timer_however_much_is_drawn(page: Page) -> None:
    page = page.context.new_page()  # one that nobody else uses afterwards
    page.add_init_script("""
        window.timers = new Map()
        const set = window.setInterval, clear = window.clearInterval
        window.setInterval = (work, every, ...rest) => {
          const timer = set(work, every, ...rest)
          window.timers.set(timer, every)
          return timer
        }
        window.clearInterval = timer => { window.timers.delete(timer); clear(timer) }
    """)
    page.goto("/")
    undo = page.get_by_role("button", name="Undo")
    for x in (100, 160, 220):
        draw(page, [(x, 100), (x, 300)])
        expect(undo).to_be_enabled()
        page.wait_for_timeout(500)
    assert page.evaluate("[...window.timers.values()].filter(every => every === 50).length") == 1


def test_doctor_shows_every_stage_once_somebody_says_what_it_was(page: Page) -> None:
    page.goto("/?model=simple-cnn")
    draw(page)
    expect(seen_as(page)).to_have_text("3")
    page.get_by_role("radio", name="7", exact=True).click()
    expect(page.locator(".dl-strip figure")).to_have_count(4)
    expect(page.locator(".dl-doctor [role=status]")).not_to_be_empty()
    draw(page, [(100, 60), (300, 60)])
    expect(page.locator(".dl-strip"), "another drawing, another patient").to_have_count(0)


def picture_of_a_one() -> bytes:
    image = Image.new("RGB", (600, 800), (236, 232, 220))
    ImageDraw.Draw(image).line([(310, 150), (290, 640)], fill=(40, 50, 90), width=34)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85)
    return data.getvalue()


def test_uploaded_photo_is_read(page: Page) -> None:
    page.goto("/?model=simple-cnn")
    page.get_by_role("radio", name="Upload").click()
    expect(page.get_by_text("Give the network a picture")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "one.jpg", "mimeType": "image/jpeg", "buffer": picture_of_a_one()}
    )
    expect(answer(page)).to_contain_text("Most likely 1")
    expect(page.get_by_role("img", name="Your picture")).to_be_visible()
    sheet = Image.open(io.BytesIO(picture_of_a_one()))
    two = Image.new("RGB", (2 * sheet.width, sheet.height))
    two.paste(sheet)
    two.paste(sheet, (sheet.width, 0))
    data = io.BytesIO()
    two.save(data, "PNG")
    page.locator("input[type=file]").set_input_files(
        {"name": "two.png", "mimeType": "image/png", "buffer": data.getvalue()}
    )
    expect(answer(page)).to_contain_text("Most likely 11")
    expect(page.get_by_text("2 digits were found, each in a frame")).to_be_visible()


def test_photo_as_large_as_a_phone_takes_is_read(page: Page) -> None:
    paper = np.random.default_rng(0).normal(210, 10, (1000, 1000, 3)).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(np.tile(paper, (6, 8, 1)))
    ImageDraw.Draw(image).line([(4100, 1200), (3900, 4900)], fill=(40, 50, 90), width=250)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=80)
    assert 7_000_000 < data.tell() < 15_000_000
    page.goto("/?model=simple-cnn")
    page.get_by_role("radio", name="Upload").click()
    expect(page.get_by_text("15MB per file")).to_be_visible()
    page.locator("input[type=file]").set_input_files(
        {"name": "one.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}
    )
    expect(answer(page)).to_contain_text("Most likely 1")


def test_pdf_called_png_is_refused_and_the_page_goes_on(page: Page) -> None:
    page.goto("/")
    page.get_by_role("radio", name="Upload").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "digit.png", "mimeType": "image/png", "buffer": b"%PDF-1.7 nothing of the kind"}
    )
    expect(page.get_by_role("alert")).to_contain_text("PNG or JPEG")
    page.get_by_role("radio", name="Draw").click()
    draw(page, ONE)
    expect(answer(page)).to_contain_text("Most likely 1")


@pytest.mark.parametrize(("width", "height"), [(844, 390), (640, 360), (768, 1024), (1280, 600)])
def test_board_and_its_buttons_are_in_view_with_the_answer_beside_them(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto("/")
    draw(page)
    expect(answer(page)).to_contain_text("Most likely 3")
    x, y, scale = board(page)
    assert y + SIDE * scale <= height
    for name in ("Undo", "Clear"):
        button = page.get_by_role("button", name=name).bounding_box()
        assert button is not None
        assert button["y"] + button["height"] <= height
    box = answer(page).bounding_box()
    assert box is not None
    assert box["x"] >= x + SIDE * scale
    assert box["y"] + box["height"] <= height


def test_words_of_a_chart_grow_with_the_page_on_a_projector(page: Page) -> None:
    page.goto("/")
    draw(page)
    digit = page.locator(".live-chart .ytick text").first
    for width, size, height in ((1920, "20px", 375), (1280, "16px", 300)):
        page.set_viewport_size({"width": width, "height": 1080})
        expect(digit).to_have_css("font-size", size)
        for place in (".live-chart", ".stElementContainer:has(.live-chart)"):
            expect(page.locator(place)).to_have_css("height", f"{height}px")
