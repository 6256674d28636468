import threading
import time

import pytest
from streamlit.testing.v1 import AppTest

from core import errands as core_errands
from core.errands import Errand, Errands


def finished(errand: Errand) -> Errand:
    until = time.monotonic() + 10
    while not errand.done:
        assert time.monotonic() < until
        time.sleep(0.005)
    return errand


def test_work_is_done_once_however_many_ask() -> None:
    errands, done = Errands(), []
    asked = [errands.ask("a", lambda report: done.append(1) or "result") for _ in range(20)]
    assert {finished(errand).result for errand in asked} == {"result"}
    assert done == [1]


def test_of_many_that_wait_those_are_left_out_that_nobody_asks_for_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_errands, "FORGOTTEN_AFTER", 0.05)
    errands, go_on, done = Errands(), threading.Event(), []
    errands.ask("first", lambda report: go_on.wait(10))
    for key in range(core_errands.MANY + 3):
        errands.ask(key, lambda report, key=key: done.append(key))
    time.sleep(0.1)
    errands.ask(0, lambda report: done.append("never"))  # its visitor still waits
    go_on.set()
    finished(errands.ask("last", lambda report: done.append("last")))
    left_out = [key for key in range(core_errands.MANY + 3) if key not in done]
    assert left_out == [1, 2, 3]  # until those that wait were few
    assert finished(errands.ask(1, lambda report: "asked again")).result == "asked again"


def test_share_is_told_on_the_way_and_one_errand_waits_for_the_other() -> None:
    errands, go_on = Errands(), threading.Event()

    def slow(report: object) -> None:
        report(0.5)  # type: ignore[operator]
        go_on.wait(10)

    first = errands.ask("first", slow)
    second = errands.ask("second", lambda report: 2)
    until = time.monotonic() + 10
    while first.share != 0.5:
        assert time.monotonic() < until
    assert not second.done
    go_on.set()
    assert finished(second).result == 2


def test_what_waits_is_not_begun_once_the_server_ends() -> None:
    errands, begun, go_on, done = Errands(), threading.Event(), threading.Event(), []
    errands.ask("first", lambda report: begun.set() or go_on.wait(10))
    errands.ask("second", lambda report: done.append("second"))
    assert begun.wait(10)
    errands.close()
    go_on.set()
    errands._worker.shutdown(wait=True)
    assert done == []


def test_failure_is_told_to_all_until_somebody_tries_again() -> None:
    errands = Errands()
    failed = finished(errands.ask("a", lambda report: 1 / 0))
    assert isinstance(failed.error, ZeroDivisionError)
    assert errands.ask("a", lambda report: 3) is failed
    errands.try_again("a")
    anew = errands.ask("a", lambda report: 3)
    errands.try_again("a")  # a second click, or somebody else's
    assert errands.ask("a", lambda report: 4) is anew
    assert finished(anew).result == 3


def test_longest_unasked_result_is_forgotten() -> None:
    errands, done = Errands(most_kept=2), []
    for key in "ababc":
        finished(errands.ask(key, lambda report, key=key: done.append(key)))
    finished(errands.ask("b", lambda report: done.append("b again")))
    finished(errands.ask("a", lambda report: done.append("a again")))
    assert done == ["a", "b", "c", "a again"]


def test_as_many_results_are_kept_as_may_be() -> None:
    errands, done = Errands(most_kept=12), []
    for key in 2 * [*"abcdefghijkl"]:
        finished(errands.ask(key, lambda report, key=key: done.append(key)))
    assert done == [*"abcdefghijkl"]


def test_results_are_not_forgotten_for_work_that_waits() -> None:
    errands, go, done = Errands(most_kept=1), threading.Event(), []
    finished(errands.ask("first", lambda report: done.append("first")))
    waiting = [errands.ask(key, lambda report: go.wait(5)) for key in "abc"]
    errands.ask("first", lambda report: done.append("first again"))
    go.set()
    for errand in waiting:
        finished(errand)
    assert done == ["first"]


def waiting_page() -> None:
    import streamlit as st

    from pages.parts.waiting import wait_for

    st.write(wait_for("Looking", "key", st.session_state["work"]) or "nothing yet")


def test_page_says_what_failed_and_tries_again_when_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    errands, tries = Errands(), []
    monkeypatch.setattr("pages.parts.waiting.errands", errands)

    def work(report: object) -> str:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the disk is full")
        return "found"

    at = AppTest.from_function(waiting_page)
    at.session_state["work"] = work
    finished(errands.ask("key", work))
    for _ in range(2):  # a page that is shown anew tries nothing by itself
        assert at.run().error[0].value == "Looking: that failed (the disk is full)."
    assert len(tries) == 1
    at.button(key="try-again").click().run()
    finished(errands.ask("key", work))
    at.run()
    assert (at.markdown[0].value, list(at.error), len(tries)) == ("found", [], 2)
