"""Remote read of a real Prometheus, both kinds of answers, beside its JSON; and servers that have none."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from patternwatch.contracts.errors import DecodeError, SourceRefusedError
from patternwatch.contracts.matchers import Matcher, Matchers, format_selector, parse_selector
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.connection import Connection, http_client
from patternwatch.cortex.matrix import matrix_series
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.remote_read import RemoteRead, typed
from patternwatch.cortex.wire import PREFERRED, Decoded, ResponseType
from tests.fakes.http import Exporter
from tests.support import scraping_prometheus, wait_until

WIRE = Path(__file__).resolve().parents[1] / "fixtures" / "wire"
UP = (Matcher(name="__name__", value="up"),)
KINDS = pytest.mark.parametrize("kinds", [(ResponseType.SAMPLES,), PREFERRED], ids=["samples", "chunks"])
MANY = 50_000
ODD = {"path": 'C:\\dir"q"', "note": "ü✓.*|+(x)?\n{}", "empty_looking": " "}


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def few(n: int) -> str:
    """Every kind of series, values at the edge of float64, and series that vanish or blink."""
    odd = ",".join(f'{name}="{escaped(value)}"' for name, value in ODD.items())
    lines = [
        "# TYPE jobs_total counter",
        f"jobs_total {10 * (n % 5)}",
        "# TYPE depth gauge",
        f"depth{{{odd}}} {n * 1.1}",
        "zero 0",
        f"sometimes_zero {n % 3}",
        f"special {('NaN', '+Inf', '-Inf', '5e-324', '1.7e308')[n % 5]}",
        "# TYPE wait_seconds histogram",
        f'wait_seconds_bucket{{le="0.1"}} {5 * n}',
        f'wait_seconds_bucket{{le="+Inf"}} {10 * n}',
        f"wait_seconds_sum {n / 3}",
        f"wait_seconds_count {10 * n}",
        *(["vanishing 1"] if n < 6 else []),
        *(["blinking 1"] if n % 4 else []),
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def prometheus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("prometheus")
    target = "static_configs: [{targets: ['TARGET']}]"
    config = (
        "global: {scrape_interval: 250ms, scrape_timeout: 200ms}\nscrape_configs:\n"
        f"- {{job_name: few, {target}}}\n"
        f"- {{job_name: many, scrape_interval: 4s, scrape_timeout: 4s, metrics_path: /many, {target}}}\n"
    )
    many = "".join(f'many{{n="{n}",shop="{n % 7}"}} {n % 100}.5\n' for n in range(MANY))
    exporter = Exporter(few, many=many)
    with scraping_prometheus(exporter, folder, config) as url:
        wait_until("a hundred and thirty scrapes", lambda: exporter.scrapes >= 130, 90)
        yield url


@pytest.fixture
async def connection(prometheus_url: str) -> AsyncIterator[Connection]:
    settings = SourceSettings(url=prometheus_url, timeout_s=60.0)
    client = http_client(settings)
    yield Connection(settings, client)
    await client.aclose()


async def by_json(connection: Connection, matchers: Matchers, start_ms: int, end_ms: int) -> RawSeries:
    form = {
        "query": f"{format_selector(matchers)}[{end_ms - start_ms + 1}ms]",
        "time": f"{end_ms / 1000:.3f}",
    }
    data: Any = await connection.data("t", "query", lambda _: True, form)
    return matrix_series(data["result"], {}).between(start_ms, end_ms)


@KINDS
@pytest.mark.parametrize("span_ms", [200_000, 5_000])
async def test_both_kinds_give_what_json_gives(
    connection: Connection, kinds: tuple[ResponseType, ...], span_ms: int
) -> None:
    end_ms = int(time.time() * 1000) - 500
    matchers = parse_selector('{job="few"}')
    read = await RemoteRead(connection, kinds).samples("t", matchers, (end_ms - span_ms, end_ms, 0))
    assert read is not None
    raw, expected = typed(read, {}), await by_json(connection, matchers, end_ms - span_ms, end_ms)
    assert raw.labels == expected.labels
    np.testing.assert_array_equal(raw.offsets, expected.offsets)
    np.testing.assert_array_equal(raw.timestamps, expected.timestamps)
    np.testing.assert_array_equal(raw.values, expected.values)
    if span_ms > 100_000:
        series = {names["__name__"]: k for k, names in enumerate(raw.labels)}
        sizes = np.diff(raw.offsets)
        assert sizes[series["jobs_total"]] > 120, "more than one chunk"
        assert sizes[series["vanishing"]] < 10, "a vanished series ends"
        assert ODD.items() <= raw.labels[series["depth"]].items()


@KINDS
async def test_labels_of_any_characters_select_exactly(
    connection: Connection, kinds: tuple[ResponseType, ...]
) -> None:
    end_ms = int(time.time() * 1000)
    matchers = tuple(Matcher(name=name, value=value) for name, value in ODD.items())
    read = await RemoteRead(connection, kinds).samples("t", matchers, (end_ms - 60_000, end_ms, 0))
    assert read is not None
    assert [names["__name__"] for names in read.labels] == ["depth"]


async def read_many(connection: Connection, kinds: tuple[ResponseType, ...]) -> Decoded:
    end_ms = int(time.time() * 1000)
    read = await RemoteRead(connection, kinds).samples(
        "t", parse_selector("many"), (end_ms - 60_000, end_ms, 0)
    )
    assert read is not None
    return read


@KINDS
async def test_fifty_thousand_series_come_at_once(
    connection: Connection, kinds: tuple[ResponseType, ...]
) -> None:
    async with asyncio.timeout(60):
        read = await read_many(connection, kinds)
        while len(read.labels) < MANY:  # they are scraped every four seconds
            await asyncio.sleep(0.5)
            read = await read_many(connection, kinds)
    assert len(read.labels) == MANY
    firsts = read.values[read.offsets[:-1]]
    assert [value == int(names["n"]) % 100 + 0.5 for names, value in zip(read.labels, firsts, strict=True)]
    assert len({names["n"] for names in read.labels}) == MANY


def source_answering(answer: Any) -> PrometheusSource:
    return PrometheusSource(SourceSettings(url="http://fake"), httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "off",
    [
        httpx.Response(404, content=b"page not found"),
        httpx.Response(405),
        httpx.Response(400, content=b'unsupported path requested: "/api/v1/read"'),
        httpx.Response(200, content=b"<html>", headers={"Content-Type": "text/html"}),
    ],
    ids=lambda r: str(r.status_code),
)
async def test_a_server_without_remote_read_is_asked_by_json_and_not_again(off: httpx.Response) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path.endswith("/read"):
            return httpx.Response(off.status_code, content=off.content, headers=off.headers)
        result = [{"metric": {"__name__": "up"}, "values": [[1, "300"]]}]
        return httpx.Response(
            200, json={"data": {} if "metadata" in request.url.path else {"result": result}}
        )

    source = source_answering(answer)
    for _ in range(2):
        raw = await source.samples("t", UP, 0, 5000)
        assert raw.values.tolist() == [300.0]
    assert asked.count("/api/v1/read") == 1
    await source.close()


async def test_a_refusal_is_not_taken_for_a_missing_remote_read() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(401, content=b"no org id")

    with pytest.raises(SourceRefusedError, match="no org id"):
        await source_answering(answer).samples("t", UP, 0, 5000)
    assert asked == ["/api/v1/read"]


async def test_a_cortex_answers_with_samples_and_the_tenant_goes_along() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["X-Scope-OrgID"] == "a|b"
        if "metadata" in request.url.path:
            return httpx.Response(200, content=(WIRE / "metadata.json").read_bytes())
        assert request.headers["Content-Encoding"] == "snappy"
        return httpx.Response(
            200,
            content=(WIRE / "read_samples_stream_asked.bin").read_bytes(),
            headers={"Content-Type": "application/x-protobuf"},
        )

    raw = await source_answering(answer).samples("a|b", UP, 0, 1 << 60)
    assert (len(raw), len(raw.values)) == (20, 733)
    assert "counter" in raw.types


async def test_a_cut_answer_is_a_decode_error() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        partition = (WIRE / "read_samples.bin").read_bytes()[:-100]
        return httpx.Response(200, content=partition, headers={"Content-Type": "application/x-protobuf"})

    with pytest.raises(DecodeError, match="snappy"):
        await source_answering(answer).samples("t", UP, 0, 5000)
