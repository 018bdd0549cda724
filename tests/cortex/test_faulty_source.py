"""A source that fails in every way: nothing hangs, and there is a clear error or a right answer."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.count_pieces import ASSUMED_SERIES
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.prometheus import PrometheusSource
from tests.cortex import faulty_server as faults
from tests.cortex.faulty_server import Fault, Series, State, faulty_server
from tests.fakes.clock import FakeClock

WINDOW = Window(start_ms=100_000, split_ms=160_000, end_ms=219_000, step_ms=1000)
ALL = parse_selector('{job="j"}')
SERIES = 12


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        for i in range(SERIES):
            labels = {"__name__": f"m{i % 3}", "job": "j", "instance": f"i{i}"}
            times = range(WINDOW.start_ms, WINDOW.end_ms + 1, 1000)
            state.series.append(Series(labels, {t: float(t % 7000 * 2 + i) for t in times}))
        yield url, state


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def source(server: tuple[str, State], clock: FakeClock) -> AsyncIterator[PrometheusSource]:
    """One that waits for an answer far longer than the server takes on the busiest machine."""
    async with reading(server[0], clock, timeout_s=60, tries=3) as made:
        yield made


@pytest.fixture
async def hasty(server: tuple[str, State], clock: FakeClock) -> AsyncIterator[PrometheusSource]:
    """One that soon gives an answer up; a busy machine may be late with more of them than the server is."""
    async with reading(server[0], clock, timeout_s=0.5, tries=20) as made:
        yield made


@asynccontextmanager
async def reading(
    url: str, clock: FakeClock, timeout_s: float, tries: int
) -> AsyncIterator[PrometheusSource]:
    """Pauses are told, not waited; only the wait for an answer is real."""
    settings = SourceSettings(url=url, timeout_s=timeout_s, tries=tries, retry_s=30)
    made = PrometheusSource(settings, timing=RetryTiming(clock.sleep, clock, lambda _, high: high))
    yield made
    await made.close()


async def fetched(source: PrometheusSource) -> None:
    batch = await source.fetch("t", ALL, WINDOW)
    assert len(batch) == SERIES
    expected = {f"i{i}": (WINDOW.times() % 7000 * 2 + i).astype(float) for i in range(SERIES)}
    for labels, values in zip(batch.labels, batch.values, strict=True):
        np.testing.assert_array_equal(values, expected[labels["instance"]])


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(429, "too many outstanding requests"),
        faults.status(503, "ingester is starting"),
        faults.status(500, "context canceled"),
        faults.status(502),
        faults.partition(),
        faults.hang_up(),
        faults.body(b"no gzip", Content_Encoding="gzip"),
    ],
    ids=["429", "503", "500", "502", "cut", "hang up", "false gzip"],
)
@pytest.mark.parametrize("path", ["read", "query", "metadata"])
async def test_what_passes_is_survived(
    request: pytest.FixtureRequest,
    source: PrometheusSource,
    server: tuple[str, State],
    clock: FakeClock,
    fault: Fault,
    path: str,
) -> None:
    server[1].faults = [Fault(fault.act, path)]
    await fetched(source)
    # Below our retries, a GET whose kept connection was hung up goes out again at once, and only once: a
    # server may close an idle connection while a request is under way, and asking twice changes nothing there
    # (RFC 9112, 9.3.1). A POST may have been acted upon, as far as HTTP knows, so that it is ours to repeat.
    at_once = request.node.callspec.id == "metadata-hang up"
    assert clock.slept == ([] if at_once else [0.5])


@pytest.mark.parametrize("fault", [faults.hang(), faults.drip()], ids=["hang", "drip"])
@pytest.mark.parametrize("path", ["read", "query", "metadata"])
async def test_an_answer_without_end_is_given_up_and_asked_for_again(
    hasty: PrometheusSource, server: tuple[str, State], clock: FakeClock, fault: Fault, path: str
) -> None:
    server[1].faults = [Fault(fault.act, path)]
    await fetched(hasty)
    assert server[1].faults == []
    assert clock.slept[0] == 0.5


async def test_what_does_not_pass_is_an_error_after_a_few_tries(
    server: tuple[str, State], clock: FakeClock
) -> None:
    server[1].faults = [faults.hang() for _ in range(9)]
    async with reading(server[0], clock, timeout_s=0.5, tries=3) as source:
        with pytest.raises(SourceUnavailableError, match="did not answer in time"):
            await source.fetch("t", ALL, WINDOW)
    assert len(clock.slept) == 2
    assert [path for path, *_ in server[1].asked] == ["read"] * 3 + ["query"], "and once in the next way"


async def test_a_pause_asked_for_is_waited(
    source: PrometheusSource, server: tuple[str, State], clock: FakeClock
) -> None:
    server[1].faults = [faults.status(429, Retry_After="4")]
    await fetched(source)
    assert clock.slept == [4.5]


async def test_a_pause_longer_than_our_patience_is_an_error_at_once(
    source: PrometheusSource, server: tuple[str, State], clock: FakeClock
) -> None:
    server[1].faults = [faults.status(429, Retry_After="120")]
    with pytest.raises(SourceUnavailableError) as caught:
        await source.fetch("t", ALL, WINDOW)
    assert caught.value.retry_after_s == 120
    assert clock.slept == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.status(400, "parse error"), SourceRefusedError),
        (faults.status(401, "no org id"), SourceRefusedError),
        (faults.status(403, '{"errorType":"execution","error":"forbidden"}'), SourceRefusedError),
    ],
)
async def test_the_callers_mistakes_are_not_tried_again(
    source: PrometheusSource,
    server: tuple[str, State],
    clock: FakeClock,
    fault: Fault,
    kind: type[SourceError],
) -> None:
    server[1].faults = [replace(fault, path="query")]
    with pytest.raises(kind) as caught:
        await source.count("t", ALL, WINDOW)
    assert caught.value.remedy
    assert (clock.slept, len(server[1].queries())) == ([], 1)
    assert await source.count("t", ALL, WINDOW) == {"m0": 4, "m1": 4, "m2": 4}


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(422, "the query time range exceeds the limit (query length: 3h)"),
        faults.body(b""),
        faults.body(b"\xff\xfe\x00"),
        faults.body(b'{"data": {"result": [{}]}}'),
        faults.body(b'{"data": {"result": [{"metric": {}, "value": []}]}}'),
        faults.body(b'{"data": {"result": [{"metric": [], "value": [1, "x"]}]}}'),
    ],
)
async def test_a_count_that_is_nonsense_is_not_asked_for_again_and_decides_nothing(
    source: PrometheusSource, server: tuple[str, State], clock: FakeClock, fault: Fault
) -> None:
    server[1].faults = [replace(fault, path="query")]
    assert await source.count("t", ALL, WINDOW) == dict.fromkeys(("m0", "m1", "m2"), ASSUMED_SERIES)
    assert (clock.slept, len(server[1].queries())) == ([], 1)


@pytest.mark.parametrize("code", [403, 404, 405])
async def test_what_may_be_said_of_the_method_is_tried_once_by_get_and_no_more(
    source: PrometheusSource, server: tuple[str, State], clock: FakeClock, code: int
) -> None:
    server[1].faults = [faults.status(code, "forbidden", "query")] * 2
    assert await source.count("t", ALL, WINDOW) == dict.fromkeys(("m0", "m1", "m2"), ASSUMED_SERIES)
    assert (clock.slept, len(server[1].queries())) == ([], 2)


@pytest.mark.parametrize(
    "wrong",
    [
        b'{"data": {"result": [{"metric": {}, "values": [[1]]}]}}',
        b'{"data": {"result": [{"metric": {}, "values": [[1, "x"]]}]}}',
        b'{"data": {"result": [{"values": [[1, "2"]]}]}}',
        b'{"data": {"result": [7]}}',
    ],
)
async def test_samples_that_are_none_are_an_error(
    source: PrometheusSource, server: tuple[str, State], wrong: bytes
) -> None:
    server[1].faults = [faults.body(wrong, "query")]
    with pytest.raises(SourceRefusedError, match="does not answer like the Prometheus HTTP API"):
        await source.fetch("t", ALL, WINDOW)


async def test_an_answer_that_is_too_large_is_broken_off(server: tuple[str, State]) -> None:
    settings = SourceSettings(url=server[0], max_response_bytes=1024)
    source = PrometheusSource(settings)
    server[1].faults = [faults.body(b" " * 100_000) for _ in range(2)]  # of the count, and of the names
    with pytest.raises(SourceLimitError, match="more than 1024 bytes"):
        await source.count("t", ALL, WINDOW)
    await source.close()


async def test_a_source_without_metadata_is_read_by_suffix(
    source: PrometheusSource, server: tuple[str, State]
) -> None:
    server[1].faults = [faults.status(404, "no such page", "metadata")]
    await fetched(source)


@pytest.mark.parametrize(
    "fault",
    [
        faults.status(401, "no org id"),
        faults.status(500, "no upstream for this path"),
        faults.body(b"<html>"),
        faults.body(b'{"status":"success"}'),
        faults.body(b'{"status":"success","data":{"m0":null,"m1":[null],"m2":[{"type":null}],"m3":7}}'),
        faults.body(b'{"status":"success","data":[1]}'),
    ],
    ids=["401", "500", "html", "no data", "null", "list"],
)
async def test_types_are_a_nicety_that_nothing_waits_or_fails_for(
    source: PrometheusSource, server: tuple[str, State], fault: Fault
) -> None:
    server[1].faults = [Fault(fault.act, "metadata")] * 3
    await fetched(source)


async def test_types_that_never_come_are_not_waited_for(
    hasty: PrometheusSource, server: tuple[str, State]
) -> None:
    server[1].faults = [faults.hang("metadata")] * 3
    await fetched(hasty)


@pytest.mark.parametrize("code", [400, 404, 405, 422])
async def test_a_server_that_gives_no_raw_samples_is_asked_for_points(
    source: PrometheusSource, server: tuple[str, State], code: int
) -> None:
    server[1].refuse = lambda query, series: (code, "range vectors are not allowed here")
    await fetched(source)
    await fetched(source)
    assert len(server[1].queries("query_range")) == 2
    assert len(server[1].queries("query")) == 1, "it is remembered"


async def test_a_wrong_selector_is_not_mistaken_for_a_server_without_raw_samples(
    source: PrometheusSource, server: tuple[str, State]
) -> None:
    body = '{"status":"error","errorType":"bad_data","error":"bad regex"}'
    server[1].faults = [faults.status(400, body, path) for path in ("query", "query_range")]
    with pytest.raises(SourceRefusedError, match="bad regex"):
        await source.fetch("t", ALL, WINDOW)
    await fetched(source)
    assert not server[1].queries("query_range")[1:]
