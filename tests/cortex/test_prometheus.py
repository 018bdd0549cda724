"""The Prometheus source against a faulty transport and against a real Prometheus."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import Matcher, parse_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.seasonal_reference import fetch_compared
from tests.fakes.http import Exporter
from tests.support import scraping_prometheus, wait_until

WINDOW = Window(start_ms=10_000, split_ms=15_000, end_ms=19_000, step_ms=1000)
UP = (Matcher(name="__name__", value="up"),)


def answering(status: int, body: bytes) -> PrometheusSource:
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, content=body))
    return PrometheusSource(SourceSettings(url="http://fake", tries=1), transport)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b"no org id", SourceRefusedError),
        (403, b"", SourceRefusedError),
        (404, b"page not found", SourceRefusedError),
        (400, b'{"error":"parse error"}', SourceRefusedError),
        (413, b"", SourceLimitError),
        (422, b"query processing would load too many samples into memory", SourceLimitError),
        (500, b"rpc error: code = ResourceExhausted", SourceLimitError),
        (429, b"", SourceUnavailableError),
        (503, b"", SourceUnavailableError),
        (200, b"<html>", SourceRefusedError),
        (200, b'{"data": []}', SourceRefusedError),
        (200, b"[]", SourceRefusedError),
    ],
)
async def test_every_refusal_becomes_the_error_that_says_what_to_do(
    status: int, body: bytes, kind: type[SourceError]
) -> None:
    source = answering(status, body)
    with pytest.raises(kind, match="fake") as caught:
        await source.fetch("t", UP, WINDOW)
    assert caught.value.remedy
    await source.close()


@pytest.mark.parametrize("failure", [httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
async def test_a_server_that_is_not_there_is_unavailable(failure: Exception) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise failure

    source = PrometheusSource(SourceSettings(url="http://fake", tries=1), httpx.MockTransport(fail))
    with pytest.raises(SourceUnavailableError, match="fake"):
        await source.fetch("t", UP, WINDOW)


async def test_the_tenant_goes_along_with_every_request() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["X-Scope-OrgID"])
        result = [{"metric": {"__name__": "up"}, "value": [1, "300"]}]
        return httpx.Response(200, json={"data": {"result": result}})

    source = PrometheusSource(SourceSettings(url="http://fake"), httpx.MockTransport(answer))
    assert await source.count("a|b", UP, WINDOW) == {"up": 300}
    assert set(seen) == {"a|b"}


def page(n: int) -> str:
    """A counter, a gauge with odd labels, a histogram, and a series that vanishes at the sixth scrape."""
    lines = [
        "# TYPE jobs_total counter",
        f"jobs_total {10 * n}",
        "# TYPE depth gauge",
        f'depth{{path="C:\\\\dir\\"q\\"",note="ü✓.*"}} {n}',
        "# TYPE wait_seconds histogram",
        f'wait_seconds_bucket{{le="0.1"}} {5 * n}',
        f'wait_seconds_bucket{{le="+Inf"}} {10 * n}',
        f"wait_seconds_sum {n}",
        f"wait_seconds_count {10 * n}",
        *(["vanishing 1"] if n < 6 else []),
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    config = (
        "global: {scrape_interval: 500ms, scrape_timeout: 400ms}\n"
        "scrape_configs: [{job_name: t, static_configs: [{targets: ['TARGET']}]}]\n"
    )
    exporter = Exporter(page)
    with scraping_prometheus(exporter, folder, config) as url:
        wait_until("ten scrapes", lambda: exporter.scrapes >= 10, 30)
        yield url


@pytest.fixture
async def real(prometheus_url: str) -> AsyncIterator[PrometheusSource]:
    source = PrometheusSource(SourceSettings(url=prometheus_url))
    yield source
    await source.close()


def now_window() -> Window:
    end_ms = int(time.time() * 1000)
    return Window.ending(end_ms, end_ms - 5000, 500, 120)


async def test_a_real_prometheus_gives_rates_histograms_and_gaps(real: PrometheusSource) -> None:
    batch = await real.fetch("anyone", parse_selector('{job="t"}'), now_window())
    rows = {
        (b["__name__"], d): v for b, d, v in zip(batch.labels, batch.derivation, batch.values, strict=True)
    }
    rate = rows["jobs_total", "rate"]
    assert np.nanmedian(rate) == pytest.approx(20, rel=0.2)
    assert np.nanmedian(rows["wait_seconds", "mean"]) == pytest.approx(0.1)
    assert {"p50", "p99", "count_rate"} <= {d for n, d in rows if n == "wait_seconds"}
    alive, vanished = rows["depth", ""], rows["vanishing", ""]
    assert np.isnan(vanished[-2:]).all(), "a vanished series ends; it does not linger for five minutes"
    assert (~np.isnan(alive)).sum() > (~np.isnan(vanished)).sum()


async def test_label_values_of_any_kind_reach_the_server_exactly(real: PrometheusSource) -> None:
    matchers = (
        Matcher(name="__name__", value="depth"),
        Matcher(name="path", value='C:\\dir"q"'),
        Matcher(name="note", value="ü✓.*"),
    )
    assert await real.count("anyone", matchers, now_window()) == {"depth": 1}
    assert len(await real.fetch("anyone", matchers, now_window())) == 1


async def test_a_real_prometheus_without_yesterday_has_nothing_to_compare_with(
    real: PrometheusSource,
) -> None:
    window = now_window()
    request = AnalysisRequest(
        request_id="r",
        tenant="anyone",
        trigger="manual",
        title="",
        matchers=parse_selector('{job="t"}'),
        window=window,
        requested_at_ms=window.end_ms,
        compare="day",
    )
    batch = await fetch_compared(real, request, request.matchers)
    assert len(batch) > 3
    assert batch.seasonal_reference is not None
    assert np.isnan(batch.seasonal_reference).all()


async def test_counting_sees_series_that_have_vanished(real: PrometheusSource) -> None:
    counts = await real.count("anyone", parse_selector('{job="t"}'), now_window())
    assert counts["vanishing"] == 1
    assert counts["wait_seconds_bucket"] == 2
