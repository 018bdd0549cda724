"""Against a real Prometheus with a small limit on samples: every way of reading gives the same values."""

import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.tail import TailReader
from tests.fakes.http import Exporter
from tests.support import scraping_prometheus, wait_until

STEP_MS = 500
METRICS, EACH = 3, 20
MAX_SAMPLES = 700
ALL = parse_selector('{job="t",__name__=~"metric_.*|jumpy"}')


def page(n: int) -> str:
    """Metrics of two labels each, and one series that comes and goes.

    Declared as gauges: whether they are counters would hang on how many samples a busy machine has scraped.
    """
    lines = [
        f'metric_{m}{{shelf="{s}",zone="z{s % 2}"}} {n * (m + 1) + s / 7}'
        for m in range(METRICS)
        for s in range(EACH)
    ]
    types = [f"# TYPE {name} gauge" for name in (*(f"metric_{m}" for m in range(METRICS)), "jumpy")]
    return "\n".join([*types, *lines, *([f"jumpy {n}"] if n % 8 < 4 else [])]) + "\n"


@pytest.fixture(scope="module")
def limited_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("limited")
    config = (
        "global: {scrape_interval: 500ms, scrape_timeout: 400ms}\n"
        "scrape_configs: [{job_name: t, static_configs: [{targets: ['TARGET']}]}]\n"
    )
    limit = f"--query.max-samples={MAX_SAMPLES}"
    exporter = Exporter(page)
    with scraping_prometheus(exporter, folder, config, limit) as url:
        wait_until("twenty scrapes", lambda: exporter.scrapes >= 20, 120)
        yield url


class Without(httpx.AsyncBaseTransport):
    """A network on which some requests are refused, as a gateway in front of the server may."""

    def __init__(self, *, read: bool = False, raw: bool = False) -> None:
        self._read, self._raw = read, raw
        self._inner = httpx.AsyncHTTPTransport()
        self.refused: list[str] = []
        self.over_limit = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = (await request.aread()).decode(errors="replace")
        is_raw = request.url.path.endswith("/query") and "last_over_time" not in body
        is_raw = is_raw and not body.startswith("query=count")
        if (self._read and request.url.path.endswith("/read")) or (self._raw and is_raw):
            self.refused.append(request.url.path)
            return httpx.Response(404)
        answer = await self._inner.handle_async_request(request)
        self.over_limit += answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


@pytest.fixture
def window(limited_url: str) -> Window:
    """A window that has passed, so that every way sees the same samples."""
    end_ms = int(time.time() * 1000) - 1000
    return Window.ending(end_ms, end_ms - 4000, STEP_MS, 80)


async def fetched(url: str, window: Window, transport: Without, matchers: Matchers = ALL) -> SeriesBatch:
    source = PrometheusSource(SourceSettings(url=url), transport)
    batch = await source.fetch("t", matchers, window)
    await source.close()
    return batch


def same(one: SeriesBatch, other: SeriesBatch) -> None:
    assert one.labels == other.labels
    assert one.derivation == other.derivation
    np.testing.assert_array_equal(one.values, other.values)


async def test_remote_read_json_and_points_give_the_same_values_and_gaps(
    limited_url: str, window: Window
) -> None:
    read = await fetched(limited_url, window, Without())
    json_way, points_way = Without(read=True), Without(read=True, raw=True)
    same(await fetched(limited_url, window, json_way), read)
    same(await fetched(limited_url, window, points_way), read)
    assert len(read) == METRICS * EACH + 1
    assert json_way.over_limit, "it was read in halves"
    assert len(points_way.refused) == 2, "both are refused once, and that is remembered"
    jumpy = read.values[[labels["__name__"] for labels in read.labels].index("jumpy")]
    seen = np.flatnonzero(~np.isnan(jumpy))
    assert np.isnan(jumpy[seen[0] : seen[-1]]).any(), "the last sample of a step, not of five minutes"


async def test_a_metric_is_cut_by_the_label_that_suits(limited_url: str, window: Window) -> None:
    source = PrometheusSource(SourceSettings(url=limited_url))
    one = parse_selector("metric_1")
    halves = await source.partition("t", one, window, EACH // 2)
    assert halves is not None
    assert (halves.label, dict(halves.groups)) == ("zone", {("z0",): 10, ("z1",): 10})
    parts = await source.partition("t", one, window, 5)
    assert parts is not None
    assert parts.label == "shelf"
    assert await source.partition("t", parse_selector('metric_1{shelf="3"}'), window, 5) is None
    await source.close()


async def test_polls_of_new_samples_give_the_window_that_one_fetch_gives(
    limited_url: str, window: Window
) -> None:
    source = PrometheusSource(SourceSettings(url=limited_url))
    tail = TailReader(source, "t", ALL, rows=window.rows, step_ms=STEP_MS, late_ms=1000)
    for ago in (6000, 3500, 0):
        found = await tail.poll(window.end_ms - ago, window.split_ms - 6000)
    same(found, await source.fetch("t", ALL, window))
    await source.close()
