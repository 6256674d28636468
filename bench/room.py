"""A full room: many visitors draw at once. python bench/room.py [--visitors 30 100] [--training]

A real browser draws three digits, stroke by stroke, each on a clean board, and what it sends is written down. Then so
many visitors, each with a connection and a cookie of their own, open the page within `ARRIVING` seconds and do the same
over the same protocol, a stroke or a Clear every `PAUSE` seconds or so. Counted is the time until the server has sent
the whole page, or the whole answer to a stroke; what browsers do with it is not in it, nor are the program's files,
which a browser fetches once.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

import psutil
from playwright.sync_api import Browser, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.draw_latency import FIVE, FOUR, SEVEN, training
from pages.parts.visitor import COOKIE
from tests.e2e.browser import Server, draw, launch, serving

ARRIVING = 10  # seconds in which all come
PAUSE = 3.0  # seconds between a visitor's strokes, on average
SENT = 18  # strokes and clearings of each visitor
PATIENCE = 120  # seconds


class Message(NamedTuple):
    """What a browser sends, and whether it is a stroke."""

    frame: bytes
    stroke: bool


def recorded(browser: Browser, url: str) -> list[Message]:
    """What a browser sends that opens Draw and draws three digits: the page first, then strokes and clearings."""
    sent: list[bytes] = []
    page = browser.new_page(base_url=url, viewport={"width": 1280, "height": 900})
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.goto("/")
    page.locator(".dl-invite").wait_for()
    messages = [Message(next(frame for frame in sent if _asks(frame)), False)]

    def record(do: Callable[[], None], stroke: bool) -> None:
        before = len(sent)
        do()
        page.wait_for_timeout(1500)
        messages.append(Message(next(frame for frame in sent[before:] if _asks(frame)), stroke))

    for digit in (SEVEN, FOUR, FIVE):
        for stroke in digit:
            record(partial(draw, page, stroke), True)
        record(page.get_by_role("button", name="Clear").click, False)
    page.close()
    return messages


def _asks(frame: bytes | str) -> bool:
    return isinstance(frame, bytes) and BackMsg.FromString(frame).WhichOneof("type") == "rerun_script"


async def visit(url: str, messages: list[Message], number: int, of: int) -> tuple[float, list[float]]:
    """One visitor: seconds until the page was there, and until each stroke was answered."""
    await asyncio.sleep(ARRIVING * number / of)
    cookie = {"Cookie": f"{COOKIE}={token_hex(16)}"}
    address = url.replace("http", "ws") + "/_stcore/stream"
    began = time.perf_counter()
    async with connect(address, additional_headers=cookie, subprotocols=["streamlit"], max_size=None) as line:
        await _answered(line, messages[0])
        page = time.perf_counter() - began
        answers = []
        for turn in range(SENT):
            # A visitor's own rhythm, the same in every run: no two of the room at once, none always after the same.
            await asyncio.sleep(PAUSE * (0.5 + (number * 0.618 + turn * 0.382) % 1))
            message = messages[1 + turn % (len(messages) - 1)]
            began = time.perf_counter()
            await _answered(line, message)
            if message.stroke:
                answers.append(time.perf_counter() - began)
    return page, answers


async def _answered(line: ClientConnection, message: Message) -> None:
    """Send a message and take what comes until its script has run."""
    await line.send(message.frame)
    async with asyncio.timeout(PATIENCE):
        async for data in line:
            told = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            if told.WhichOneof("type") == "script_finished":
                return


async def room(url: str, messages: list[Message], visitors: int) -> list[tuple[float, list[float]]]:
    """So many visitors at once."""
    return await asyncio.gather(*(visit(url, messages, number, visitors) for number in range(visitors)))


def row(server: Server, messages: list[Message], visitors: int, what: str) -> None:
    """Let so many come, and print what they waited for."""
    with ThreadPoolExecutor(1) as thread:  # Playwright has an event loop in this one
        visits = thread.submit(asyncio.run, room(server.url, messages, visitors)).result()
    memory = psutil.Process(server.pid).memory_info().rss / 2**20
    print(f"{visitors:>8}  {what:<28}{_times([page for page, _ in visits])}", end="")
    print(f"{_times([answer for _, answers in visits for answer in answers])}{memory:>10.0f}", flush=True)


def _times(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    return "".join(
        f"{1000 * value:>8.0f}" for value in (statistics.median(ranked), ranked[len(ranked) * 95 // 100], ranked[-1])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 30, 100], metavar="N")
    parser.add_argument("--training", action="store_true", help="once more while a network is trained")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        sync_playwright() as playwright,
        launch(playwright) as browser,
    ):
        messages = recorded(browser, server.url)
        print(f"{'':38}{'page, ms':>24}{'answer to a stroke, ms':>24}{'server,':>10}")
        print(f"{'visitors':<38}" + f"{'median':>8}{'95 %':>8}{'longest':>8}" * 2 + f"{'MB':>10}")
        for during in (nullcontext(), training(browser, server.url)) if asked.training else (nullcontext(),):
            what = "nothing else to do" if isinstance(during, nullcontext) else "while simple-cnn is trained"
            with during:
                for visitors in asked.visitors:
                    row(server, messages, visitors, what)


if __name__ == "__main__":
    main()
