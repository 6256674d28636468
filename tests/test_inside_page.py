"""The page "Inside" without a browser: the digits it can be asked about."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.usefixtures("state")


def paper(*lefts: int) -> bytes:
    """A sheet with a 1 at each of these places."""
    sheet = Image.new("RGB", (600, 300), "white")
    for left in lefts:
        ImageDraw.Draw(sheet).line((left, 60, left, 240), "black", 16)
    file = io.BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()


def with_picture(data: bytes) -> AppTest:
    """Draw, after this picture was uploaded there."""
    at = AppTest.from_file(str(ROOT / "pages" / "navigation.py"), default_timeout=30).run()
    at.segmented_control(key="source").set_value("Upload").run()
    return at.file_uploader(key="upload").upload("digits.png", data, "image/png").run()


def said(at: AppTest) -> str:
    return "\n".join([html.proto.body for html in at.get("html")] + [text.value for text in at.markdown])


def test_a_digit_of_the_picture_that_was_uploaded_on_draw_is_asked_about() -> None:
    at = with_picture(paper(200, 400)).switch_page("inside.py").run()
    assert not at.exception
    assert at.segmented_control(key="subject").value == "My picture"
    assert "reads digit 1 of your picture as **1**" in said(at)
    at.segmented_control(key="which-of-2").set_value(2).run()
    assert "reads digit 2 of your picture as **1**" in said(at)
    at.segmented_control(key="inside-view").set_value("Replay").run()
    assert at.info[0].value.startswith("Digit 2 of your picture has no strokes")


def test_the_picture_stays_while_other_pages_are_looked_at() -> None:
    at = with_picture(paper(300)).switch_page("learn.py").run().switch_page("inside.py").run()
    assert "reads your picture as **1**" in said(at)


def test_without_a_digit_on_a_picture_none_is_offered() -> None:
    at = with_picture(paper()).switch_page("inside.py").run()
    assert not at.exception
    assert at.segmented_control(key="subject").options == ["My drawing", "A test digit"]


def test_a_picture_that_was_taken_away_is_forgotten() -> None:
    at = with_picture(paper(300))
    at = at.file_uploader(key="upload").set_value(None).run().switch_page("inside.py").run()
    assert not at.exception
    assert at.segmented_control(key="subject").options == ["My drawing", "A test digit"]
