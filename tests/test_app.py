"""What the server does beside serving pages."""

import asyncio
import gc
import socket
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed

import app


def test_small_pieces_are_sent_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app.send_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_what_was_sent_before_is_sent_again_and_not_referred_to() -> None:
    chart = ForwardMsg()
    chart.delta.new_element.markdown.body = "a long one " * 100_000
    populate_hash_if_needed(chart)
    assert chart.hash  # by which the browser knows it
    assert not chart.metadata.cacheable  # see .streamlit/config.toml


def test_what_became_garbage_while_it_was_left_out_is_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    class Session:
        def __init__(self) -> None:
            self.itself = self

    async def moment() -> None:
        keeping = asyncio.create_task(app._keep_garbage_small())
        await asyncio.sleep(0.5)
        keeping.cancel()

    monkeypatch.setattr(app, "FREEZE_EVERY", 0.01)
    monkeypatch.setattr(app, "ALL_GARBAGE_AFTER", 0)
    session = Session()
    left = weakref.ref(session)
    gc.freeze()
    try:
        del session
        gc.collect()
        assert left() is not None
        with ThreadPoolExecutor(1) as thread:  # the browser tests have an event loop in this one
            thread.submit(asyncio.run, moment()).result()
        assert left() is None
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
