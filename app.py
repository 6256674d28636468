"""The server: start it with `streamlit run app.py` (or `make run`)."""

import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import psutil
import streamlit as st
from starlette.middleware import Middleware
from streamlit import config, net_util
from threadpoolctl import threadpool_limits

from core import library, likeness
from core.doctor import coarse_digits
from core.engine import Engine
from core.errands import errands
from core.runs import ledger
from core.settings import settings
from pages import parts
from pages.parts import models
from pages.parts.assets import PLOTLY, Compressed, compressed, routes
from pages.parts.uploaded import Bounded
from pages.parts.visitor import Introduce

DESCRIPTORS = 10_240  # open files and connections; macOS gives no more
FREEZE_EVERY = 2  # seconds
ALL_GARBAGE_AFTER = 120  # seconds


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Trainers come and go with the server."""
    take_descriptors()
    engine = Engine(ledger(), settings().trainers)
    engine.start()
    send_at_once()
    for part in walk_packages(parts.__path__, "pages.parts."):  # or the first visitor would wait for their imports
        import_module(part.name)
    compressed(PLOTLY)
    likeness.threshold()  # opens its network

    threadpool_limits(1, "blas")  # many visitors share few cores, and each product of matrices here is small
    never_garbage()
    reading = asyncio.create_task(asyncio.to_thread(_read_ahead))
    keeping = asyncio.create_task(_keep_garbage_small())
    try:
        yield
    finally:
        keeping.cancel()
        errands.close()
        await asyncio.to_thread(engine.close)
        await reading


def take_descriptors() -> None:
    """Have room for everybody's connections: a shell often gives 256 or 1,024 open files, and leave to ask for more.

    A visitor takes four, a browser that loads its first page six more, and one that has left holds three while its
    session is remembered. Without any left, the server answers nobody and only complains.
    """
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def send_at_once() -> None:
    """Have the server's connections send small pieces at once, and not wait 40 ms for a browser's acknowledgement.

    Streamlit opens its socket in a way that asyncio does not recognise as TCP, so asyncio leaves Nagle's algorithm on
    (the same as https://github.com/Kludex/uvicorn/issues/3149); connections take the option from the listening socket.
    """
    with suppress(psutil.Error, OSError):  # it is only slower without
        for connection in psutil.Process().net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.fd >= 0:  # no descriptor on Windows
                with socket.socket(fileno=os.dup(connection.fd)) as listening:
                    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _read_ahead() -> None:
    """Have ready what the first visitor should not wait for: scripts, the model drawn with, the doctor's digits."""
    Compressed.read_all()
    with suppress(FileNotFoundError, ValueError):  # then those who need it are told
        models.load(library.default_name()).predict(np.zeros((1, 28, 28), np.float32))
    with suppress(FileNotFoundError, ValueError):
        coarse_digits()
    never_garbage()


async def _keep_garbage_small() -> None:
    """Have visitors' sessions left out as well, or every rerun of one would go through what a hundred others hold.

    What has become garbage all the same, as a few sessions do, is collected every `ALL_GARBAGE_AFTER` seconds.
    """
    began = time.monotonic()
    while True:
        await asyncio.sleep(FREEZE_EVERY)
        gc.freeze()
        if time.monotonic() - began > ALL_GARBAGE_AFTER:
            began = time.monotonic()
            gc.unfreeze()
            never_garbage()


def never_garbage() -> None:
    """Leave out what is there by now when Streamlit collects all garbage, as it does after every rerun."""
    gc.collect()
    gc.freeze()


def apologise(error: Exception) -> bool:
    """What a visitor sees when a page fails; the log has the rest."""
    logging.getLogger(__name__).error("A page failed", exc_info=error)
    st.error("Something went wrong here; it is in the server's log. Reload the page: runs and models are safe.")
    return True


def ask_nobody_outside() -> None:
    """Keep Streamlit from asking the internet for this machine's address there, while everybody waits.

    It does so when it starts for a class, and whenever another site's page tries to connect.
    """
    net_util.get_external_ip = lambda: None


def look_for_the_theme_once() -> None:
    """Keep Streamlit from looking for the theme among all its settings, six times, before every answer."""
    config.get_options_for_section = cache(config.get_options_for_section)


ask_nobody_outside()
look_for_the_theme_once()
app = st.App(
    "pages/navigation.py",
    routes=routes,
    middleware=[Middleware(Compressed), Middleware(Introduce), Middleware(Bounded)],
    lifespan=lifespan,
    on_script_error=apologise,
)
