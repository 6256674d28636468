"""The server: start it with `streamlit run app.py` (or `make run`)."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st
from starlette.middleware import Middleware
from threadpoolctl import threadpool_limits

from core import likeness
from core.doctor import coarse_digits
from core.engine import Engine
from core.runs import ledger
from core.settings import settings
from pages.parts.assets import compressed, routes
from pages.parts.visitor import Introduce


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Trainers come and go with the server."""
    engine = Engine(ledger(), settings().trainers)
    engine.start()
    from pages.parts import (  # noqa: F401
        answer,
        comparison,
        course,
        digits_browse,
        digits_classes,
        digits_split,
        doctor,
        ink_pad,
        inside,
        models_library,
        models_one,
        models_robust,
        models_together,
        photo,
        recipe_form,
        run_list,
        run_view,
    )

    compressed()
    likeness.threshold()  # opens its network

    threadpool_limits(1, "blas")  # many visitors share few cores, and each product of matrices here is small
    # Streamlit collects all garbage after every rerun; what is loaded by now will never be garbage.
    gc.collect()
    gc.freeze()
    reading = asyncio.create_task(asyncio.to_thread(_digits_ahead))
    try:
        yield
    finally:
        await reading
        await asyncio.to_thread(engine.close)


def _digits_ahead() -> None:
    """Read MNIST now: the first visitor who asks the doctor should not wait for it."""
    with suppress(FileNotFoundError, ValueError):  # then those who need it are told
        coarse_digits()


def apologise(error: Exception) -> bool:
    """What a visitor sees when a page fails; the log has the rest."""
    logging.getLogger(__name__).error("A page failed", exc_info=error)
    st.error("Something went wrong here; it is in the server's log. Reload the page: runs and models are safe.")
    return True


app = st.App(
    "pages/navigation.py",
    routes=routes,
    middleware=[Middleware(Introduce)],
    lifespan=lifespan,
    on_script_error=apologise,
)
