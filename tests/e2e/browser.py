"""A real server and a real browser, for the end-to-end tests and the benchmarks."""

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).parent.parent.parent


def pages() -> dict[str, tuple[str, str]]:
    """Every page by its path: the name of its script and its title, as the router has them."""
    found = {}
    for call in ast.walk(ast.parse((ROOT / "pages" / "navigation.py").read_text())):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.Page":
            script = ast.literal_eval(call.args[0])
            settings = {setting.arg: ast.literal_eval(setting.value) for setting in call.keywords}
            path = "/" if settings.get("default") else f"/{script.removesuffix('.py')}"
            found[path] = script, settings["title"]
    return found


PAGES = pages()
SIDE = 400  # canvas pixels
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A three in one stroke, in canvas pixels.
THREE = [(120, 110), (160, 80), (220, 80), (260, 120), (240, 170), (190, 190), (245, 210), (270, 260), (240, 310)]
THREE += [(180, 325), (120, 295)]


# JavaScript: the page has its heading, and nothing on it is still coming.
SETTLED = """() => document.querySelector('h1') && !document.querySelector(
  '[data-testid=stSkeleton], [data-stale=true], [role=progressbar], [data-testid=stSpinner]')"""


@dataclass(frozen=True)
class Server:
    """A running app."""

    url: str
    pid: int
    folder: Path  # with `state` and `models` in it
    log: Path  # what it says


@contextmanager
def serving(folder: Path, *, ahead: bool = False, port: int | None = None) -> Iterator[Server]:
    """Run the app with a state folder of its own and a copy of the shipped models.

    Args:
        folder: For both.
        ahead: Let trainers compile the published recipes ahead, as they do for visitors.
        port: Where; any free one unless told.
    """
    shutil.copytree(ROOT / "trained_models", folder / "models")
    port = port or _free_port()
    environment = os.environ | {
        "DIGITLAB_STATE": str(folder / "state"),
        "DIGITLAB_MODELS": str(folder / "models"),
        "DIGITLAB_AHEAD": str(ahead),
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    log = folder / "server.log"
    with open(log, "wb") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url, process, log)
        yield Server(url, process.pid, folder, log)
    finally:
        process.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the app did not start:\n{log.read_text()}")


def launch(playwright: Playwright) -> Browser:
    """An installed Chromium or Chrome, else the one Playwright downloads."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    installed = next((path for name in names if (path := shutil.which(name))), None)
    return playwright.chromium.launch(executable_path=installed, args=ARGS)


def board(page: Page) -> tuple[float, float, float]:
    """Where the drawing board is (x, y) and how many screen pixels a canvas pixel has; waits until it is ready."""
    canvas = page.locator(".canvas-root canvas.upper-canvas")
    canvas.wait_for()
    canvas.hover()
    page.wait_for_timeout(300)
    box = canvas.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["width"] / SIDE


def draw(page: Page, points: Sequence[tuple[float, float]] = THREE) -> None:
    """Draw one stroke with the mouse through points in canvas pixels."""
    x, y, scale = board(page)
    page.mouse.move(x + points[0][0] * scale, y + points[0][1] * scale)
    page.mouse.down()
    for right, down in points[1:]:
        page.mouse.move(x + right * scale, y + down * scale, steps=4)
    page.mouse.up()
