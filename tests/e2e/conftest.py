"""A server and a browser for each file of end-to-end tests; neither outlives it."""

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, ViewportSize, WebError, expect, sync_playwright

from tests.e2e.browser import Server, launch, serving

DESK: ViewportSize = {"width": 1280, "height": 900}
expect.set_options(timeout=15_000)  # ms; a page's first load, beside other tests, can take longer than the default 5 s
MINE = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")

SERVER_SAID = 100  # lines shown of a failed test's server, the latest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what the server said."""
    report = yield
    server = item.funcargs.get("server")
    if report.failed and isinstance(server, Server):
        lines = server.log.read_text(errors="replace").splitlines()
        report.sections.append(("The server's log", "\n".join(lines[-SERVER_SAID:])))
    return report


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("app")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def tab(browser: Browser, server: Server) -> Iterator[Page]:
    """A tab that keeps the scripts it has read, which is most of a page's time."""
    with browser.new_context(base_url=server.url) as context:
        yield context.new_page()


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """A fresh visitor; an exception in a script of any tab fails the test, and so does a request to anybody else."""
    tab.goto("/_stcore/health")
    tab.evaluate("sessionStorage.clear(); localStorage.clear()")
    tab.context.clear_cookies()
    tab.set_viewport_size(DESK)
    errors: list[str] = []

    def failed(error: WebError) -> None:
        errors.append(str(error.error))

    def asked(request: Request) -> None:
        if not request.url.startswith(MINE):
            errors.append(request.url)

    tab.context.on("weberror", failed)
    tab.context.on("request", asked)
    yield tab
    tab.context.remove_listener("weberror", failed)  # what a closing tab leaves undone is nobody's fault
    tab.context.remove_listener("request", asked)
    for other in tab.context.pages:
        if other is not tab:
            other.close()
    assert errors == []
