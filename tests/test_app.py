"""What the server does beside serving pages."""

import asyncio
import gc
import socket
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime
from streamlit.runtime.forward_msg_cache import populate_hash_if_needed
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.web.server import server_util

import app
from pages.parts import uploaded


def test_server_has_room_for_a_full_room_s_connections() -> None:
    resource = pytest.importorskip("resource")  # Windows has no such limit
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        app.take_descriptors()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] in (app.DESCRIPTORS, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_small_pieces_are_sent_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app.send_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_nobody_on_the_internet_is_asked_for_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_util, "_make_blocking_http_get", lambda *_, **__: pytest.fail("it asked"))
    assert net_util.get_external_ip() is None
    assert not server_util.is_url_from_allowed_origins("https://elsewhere.example")


def test_file_is_refused_only_while_too_many_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    files = MemoryUploadedFileManager("/upload")
    monkeypatch.setattr(Runtime, "instance", lambda: SimpleNamespace(uploaded_file_mgr=files))
    monkeypatch.setattr(uploaded, "MOST_HELD", 30)
    monkeypatch.setattr(uploaded, "MOST_EACH", 20)
    monkeypatch.setattr(uploaded, "UNSAID", 6)

    def put(method: str = "PUT", tab: str = "mine", size: bytes = b"4", meanwhile: Callable[[], object] = list) -> int:
        answers: list[Message] = []

        async def taken(_scope: Scope, _receive: Receive, send: Send) -> None:
            meanwhile()
            await send({"type": "http.response.start", "status": 204, "headers": []})

        async def keep(message: Message) -> None:
            answers.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        bounded.app = taken
        scope = {"type": "http", "method": method, "path": f"/_stcore/upload_file/{tab}/1", "headers": []}
        scope["headers"] = [(b"content-length", size)] if size else []
        with ThreadPoolExecutor(1) as thread:  # the browser tests have an event loop in this one
            thread.submit(asyncio.run, bounded(scope, receive, keep)).result()
        return int(answers[0]["status"])

    bounded = uploaded.Bounded(lambda *_: None)
    assert put() == 204
    files.add_file("somebody", UploadedFileRec("1", "digit.png", "image/png", b"25 bytes of other people."))
    assert (put(), put(size=b"6"), put(size=b""), put("GET")) == (204, 507, 507, 204)
    files.remove_session_files("somebody")
    assert put() == 204
    during: list[int] = []
    put(size=b"15", meanwhile=lambda: during.extend((put(size=b"6"), put(tab="another", size=b"6"))))
    assert during == [507, 204]  # one tab may not have all, and what is on its way counts
    assert (put(size=b"20"), put(size=b"21")) == (204, 507)


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


def test_theme_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found = config.get_options_for_section("theme")
    monkeypatch.setattr(config, "get_config_options", lambda: pytest.fail("it looked again"))
    assert config.get_options_for_section("theme") == found
