"""The page in a real browser over an API that goes away: behind a proxy, in more tabs than connections."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from patternwatch.api.context import AppContext
from patternwatch.api.main import Server, server_for
from patternwatch.api.read_model.projection import apply_alert, apply_report, apply_request
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.settings import TenantSettings
from tests.fakes.api import context_of
from tests.fakes.messages import a_position, a_report, a_request, an_alert
from tests.fakes.publisher import FakePublisher
from tests.support import free_port, require_program

log = logging.getLogger(__name__)

PAGE = Path(__file__).resolve().parents[2] / "webui" / "dist"
TABS = 8
BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<html><body><h1>502 Bad Gateway</h1><hr>proxy</body></html>"
)


class Api:
    """An API without Kafka in a thread of its own, that can go away and come back at one port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._settings = ApiSettings(
            tenants=(TenantSettings(id="a"),),
            database_url=f"sqlite+aiosqlite:///{folder}/read_model.db",
            web_dir=PAGE,
            port=self.port,
            heartbeat_s=1.0,
        )
        self.context: AppContext
        self._server: Server
        self._thread: threading.Thread

    def start(self) -> None:
        self.context = context_of(self._settings, FakePublisher())
        self._server = server_for(self.context, feed=False)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


class Proxy:
    """A proxy in a thread of its own: it passes bytes on, or answers 502 by a page where nobody listens."""

    def __init__(self, upstream: int) -> None:
        self.port = free_port()
        self._upstream = upstream
        self._ready, self._loop, self._over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._accept())

    async def _accept(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._ready.set()
        await self._over.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(BAD_GATEWAY)
            await writer.drain()
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, up_writer), _pass_on(up_reader, writer))

    def stop(self) -> None:
        """Stop listening; the runner cancels what is still open."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
    except OSError:
        log.debug("one side hung up")
    finally:
        writer.close()


def until(probe: Any) -> None:
    limit = time.monotonic() + 60
    while not probe():
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """With eight alerts, each with a running analysis, and one report."""
    if not (PAGE / "index.html").is_file():
        pytest.fail("the page has not been built: run `make web`")
    api = Api(tmp_path)
    api.start()

    async def fill() -> None:
        model = context_of(api.context.settings, FakePublisher()).read_model
        async with model.writing() as db:
            for n in range(8):
                alert = an_alert(fingerprint=f"f{n}", labels={"alertname": f"Alert{n}"})
                await apply_alert(db, alert)
                await apply_request(db, a_request(f"q{n}", alert=alert))
            await apply_report(db, a_report(next_look_ms=2_000_000_000_000), a_position())
        await model.close()

    asyncio.run(fill())
    yield api
    api.stop()


@pytest.fixture
def proxy(api: Api) -> Iterator[Proxy]:
    proxy = Proxy(api.port)
    yield proxy
    proxy.stop()


@pytest.fixture
def browser(api: Api) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=require_program("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def tabs(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def open_tab(tabs: BrowserContext, port: int, path: str) -> Page:
    page = tabs.new_page()
    page.goto(f"http://127.0.0.1:{port}/t/a/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def test_many_tabs_with_running_analyses_share_one_stream(api: Api, tabs: BrowserContext) -> None:
    pages = [open_tab(tabs, api.port, "reports/r1" if n % 2 else "alerts") for n in range(TABS)]
    expect(pages[0].get_by_role("progressbar")).to_have_count(8)
    assert api.context.event_log.listeners == 1
    for page in pages[1:]:
        page.close()
    expect(pages[0].get_by_role("progressbar")).to_have_count(8)
    assert api.context.event_log.listeners == 1
    pages[0].close()
    until(lambda: api.context.event_log.listeners == 0)


def test_every_view_is_back_by_itself_when_its_server_is(
    api: Api, proxy: Proxy, tabs: BrowserContext
) -> None:
    pages = [open_tab(tabs, proxy.port, path) for path in ("alerts", "reports", "reports/r1")]
    api.stop()
    late = pages[0]  # a view that is opened while the server is away
    expect(late.get_by_text("The API does not answer: a proxy in front of it says 502").first).to_be_visible()
    late.get_by_role("navigation", name="Pages").get_by_role("link", name="Reports").click()
    late.wait_for_timeout(1500)
    for page in pages:
        assert "<html" not in page.inner_text("body")
        assert "Bad Gateway" not in page.inner_text("body")
    api.start()
    for page in pages:
        expect(page.get_by_text("does not answer")).to_have_count(0)
        expect(page.get_by_label(re.compile("^Loading"))).to_have_count(0)
    expect(late.get_by_role("list", name="Reports")).to_be_visible()
    until(lambda: api.context.event_log.listeners == 1)
