"""What a server says that it left out reaches whoever asked, by every kind of question, and nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import numpy as np
import pytest

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.one_process import analyze
from patternwatch.contracts.errors import SourceLimitError, SourceUnavailableError
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.partial_answers import MAX_TOLD, partial_answers, tell
from patternwatch.cortex.preflight import check_source
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.remembered_cuts import JUST_S
from patternwatch.streams.agents.planning.plan import plan_in_scope
from patternwatch.testing import FakeSource
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.fakes.clock import FakeClock

STEP = 30_000
WINDOW = Window.ending(1_000_000 * STEP, 1_000_000 * STEP - 40 * STEP, STEP)
ROWS = range(WINDOW.start_ms - STEP, WINDOW.end_ms + 1, STEP)
ALL = parse_selector('{job="j"}')
REQUEST = request_for_selector(
    "t", '{job="j"}', WINDOW.split_ms, WINDOW.end_ms, "", AnalysisSettings(), WINDOW.end_ms, "r1"
)
DOWN = (
    'receive series from Addr: 10.0.0.7:10901 LabelSets: {cluster="eu"}: rpc error: code = Unavailable '
    "desc = connection refused"
)
SAID: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "Thanos": ({"warnings": [DOWN]}, {}, DOWN),
    "Thanos, slow": (
        {"warnings": ["failed to receive any data in 30s from Addr: 10.0.0.7:10901"]},
        {},
        "failed to receive any data in 30s from Addr: 10.0.0.7:10901",
    ),
    "Prometheus with remote_read": (
        {"warnings": ['remote_read: error sending request: Post "http://a/read": connection refused']},
        {},
        'remote_read: error sending request: Post "http://a/read": connection refused',
    ),
    "Cortex": (
        {"warnings": ["query result may contain partial data"]},
        {},
        "query result may contain partial data",
    ),
    "VictoriaMetrics": ({"isPartial": True}, {}, "isPartial: true"),
    "M3": ({}, {"M3-Results-Limited": "remote_store_timeout"}, "M3-Results-Limited: remote_store_timeout"),
    "words that nobody knows": ({"warnings": "half of it is away"}, {}, "half of it is away"),
}
WHOLE: dict[str, dict[str, Any]] = {
    "VictoriaMetrics": {"isPartial": False},
    "of the query": {"warnings": ["PromQL warning: bucket label le is missing"], "infos": ["x"]},
    "a list beside remote_read": {"warnings": ["not implemented"]},
    "no store has it": {"warnings": ["No StoreAPIs matched for this query"]},
    "none": {"warnings": None},
}
ANSWERS = ("query", "query_range", "label/__name__/values", "labels")


def always(fields: dict[str, Any], headers: dict[str, str] | None = None) -> Callable[[str], Any]:
    return lambda _path: (fields, headers or {})


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        rng = np.random.default_rng(3)
        for name, pod in (("a", "1"), ("a", "2"), ("b", "1")):
            values = dict(zip(ROWS, rng.normal(50.0, 1.0, len(ROWS)).tolist(), strict=True))
            state.series.append(Series({"__name__": name, "job": "j", "pod": pod}, values))
        yield url, state


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def source(server: tuple[str, State], clock: FakeClock) -> AsyncIterator[PrometheusSource]:
    timing = RetryTiming(clock.sleep, clock, lambda _, high: high)
    made = PrometheusSource(SourceSettings(url=server[0], tries=1), timing=timing, clock=clock)
    yield made
    await made.close()


@pytest.mark.parametrize(("fields", "headers", "words"), SAID.values(), ids=SAID)
async def test_counts_and_reads_tell_it_in_the_servers_words(
    server: tuple[str, State],
    source: PrometheusSource,
    fields: dict[str, Any],
    headers: dict[str, str],
    words: str,
) -> None:
    server[1].beside = always(fields, headers)
    with partial_answers() as counted:
        assert await source.count("t", ALL, WINDOW) == {"a": 2, "b": 1}
    with partial_answers() as read:
        assert len(await source.fetch("t", ALL, WINDOW)) == 3
    assert (counted.words, read.words) == ((words,), (words,))


@pytest.mark.parametrize("fields", WHOLE.values(), ids=WHOLE)
async def test_what_is_no_gap_is_told_to_nobody(
    server: tuple[str, State], source: PrometheusSource, fields: dict[str, Any]
) -> None:
    server[1].beside = always(fields)
    with partial_answers() as told:
        await source.count("t", ALL, WINDOW)
        await source.fetch("t", ALL, WINDOW)
    assert told.words == ()


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_kind_of_question_tells_it(
    server: tuple[str, State], source: PrometheusSource, path: str
) -> None:
    """Each alone: a store that is down for the list of names need not be so for the count."""
    server[1].beside = lambda asked: ({"warnings": [DOWN]}, {}) if asked == path else ({}, {})
    if path == "query_range":
        server[1].refuse = lambda _query, _series: (400, "range selectors are not let through")
    with partial_answers() as told:
        await source.count("t", ALL, WINDOW)
        await source.partition("t", ALL, WINDOW, 1)
        await source.fetch("t", ALL, WINDOW)
    assert told.words == (DOWN,)


async def test_remote_read_tells_what_its_header_says() -> None:
    headers = {"M3-Results-Limited": "remote_store_timeout"}
    answer = httpx.Response(200, content=b"", headers=headers)
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))
    with partial_answers() as told:
        await Connection(SourceSettings(url="http://m3"), client).post("t", "read", b"", {})
    assert told.words == ("M3-Results-Limited: remote_store_timeout",)
    await client.aclose()


async def test_m3_that_cut_at_its_limit_is_asked_for_less() -> None:
    """What M3 says under a limit on series: a success with the first of them."""
    warned = {"warnings": ["m3db exceeded query limit: results not exhaustive"]}
    for said, headers in ((warned, {}), ({}, {"M3-Results-Limited": "max_fetch_series_limit_applied"})):
        answer = httpx.Response(200, json={"status": "success", "data": {}, **said}, headers=headers)
        client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _, answer=answer: answer))
        connection = Connection(SourceSettings(url="http://m3"), client)
        with pytest.raises(SourceLimitError, match="answered in part only"):
            await connection.data("t", "query", lambda _: True, {"query": "up"})
        await client.aclose()


async def test_types_that_are_missed_are_told_to_nobody(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].beside = lambda path: ({"warnings": [DOWN]}, {}) if path == "metadata" else ({}, {})
    with partial_answers() as told:
        await source.fetch("t", ALL, WINDOW)
    assert told.words == ()
    assert any(path == "metadata" for path, _, _ in server[1].asked)


async def test_one_of_two_reads_at_a_time_hears_only_of_its_own() -> None:
    async def read(words: str) -> tuple[str, ...]:
        with partial_answers() as told:
            await asyncio.sleep(0)
            if words:
                await asyncio.gather(asyncio.to_thread(tell, words), asyncio.sleep(0))
            await asyncio.sleep(0)
        return told.words

    with partial_answers() as around:
        heard = await asyncio.gather(read("a store is down"), read(""))
    assert list(heard) == [("a store is down",), ()]
    assert around.words == ("a store is down",)
    tell("nobody listens")


def test_a_server_that_says_something_else_each_time_fills_no_memory() -> None:
    with partial_answers() as told:
        for n in range(1000):
            tell(f"store {n} is down")
    assert len(told.words) == MAX_TOLD


async def test_a_count_that_left_something_out_is_not_remembered_but_told_while_it_is_used(
    server: tuple[str, State], source: PrometheusSource, clock: FakeClock
) -> None:
    server[1].beside = always({"warnings": [DOWN]})
    hidden = server[1].series.pop()
    assert await source.count("t", ALL, WINDOW) == {"a": 2}
    asked = len(server[1].asked)
    with partial_answers() as told:
        assert await source.count("t", ALL, WINDOW) == {"a": 2}
    assert (told.words, len(server[1].asked)) == ((DOWN,), asked)
    server[1].beside = always({})
    server[1].series.append(hidden)
    clock.now += JUST_S
    with partial_answers() as told:
        assert await source.count("t", ALL, WINDOW) == {"a": 2, "b": 1}
    assert told.words == ()


async def test_names_that_were_known_are_read_though_a_list_leaves_them_out(
    server: tuple[str, State], source: PrometheusSource, clock: FakeClock
) -> None:
    assert await source.count("t", ALL, WINDOW) == {"a": 2, "b": 1}
    clock.now += JUST_S
    server[1].beside = always({"isPartial": True})
    server[1].series.pop()
    assert await source.count("t", ALL, WINDOW) == {"a": 2, "b": 1}


async def test_a_quiet_report_over_a_partial_answer_is_no_all_clear(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    whole = await analyze(source, REQUEST, AnalysisSettings())
    assert (whole.status, whole.no_all_clear, whole.notes) == ("complete", "", [])
    assert whole.verdict.startswith("Nothing abnormal found")
    server[1].beside = lambda path: ({"warnings": [DOWN]}, {}) if path == "query" else ({}, {})
    report = await analyze(source, REQUEST, AnalysisSettings())
    said = f"The source says that its answers are partial, so series or samples may be missing ({DOWN})"
    assert report.status == "partial"
    assert report.reason == "the source says that its answers are partial"
    assert report.no_all_clear == said
    assert report.notes == [f"{said}."]
    assert report.verdict.startswith(f"{said}. Of the rest: nothing abnormal found")


async def test_what_only_the_count_left_out_makes_a_report_partial_too(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    """Remote read has no place for warnings: what the count said holds for it."""
    server[1].beside = lambda path: ({"warnings": [DOWN]}, {}) if path.startswith("label") else ({}, {})
    report = await analyze(source, REQUEST, AnalysisSettings())
    assert report.status == "partial"
    assert DOWN in report.no_all_clear


class PartialSource(FakeSource):
    """Says at every count and read that it left something out."""

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        tell(DOWN)
        return await super().count(tenant, matchers, window)

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        tell(DOWN)
        return await super().fetch(tenant, matchers, window)


async def test_no_series_in_a_partial_answer_is_the_sources_fault_and_not_the_selectors() -> None:
    with pytest.raises(
        SourceUnavailableError, match="No series match .* The source says that its answers are"
    ):
        await plan_in_scope(PartialSource([], np.empty((0, 300))), REQUEST, AnalysisSettings(), ALL)


async def test_a_scope_that_was_widened_over_a_partial_answer_says_both() -> None:
    source = PartialSource([{"__name__": "up", "job": "other"}], np.ones((1, 300)))
    asked = REQUEST.model_copy(update={"matchers": parse_selector('{job="other",cluster="eu"}')})
    [shard] = await plan_in_scope(source, asked, AnalysisSettings(), parse_selector('{job="other"}'))
    assert shard.request.partial_answers == [DOWN]
    assert "No series match with cluster" in shard.request.notes[0]


async def test_doctor_says_that_answers_are_partial(server: tuple[str, State]) -> None:
    tenant, settings = TenantSettings(id="t", selector='{job="j"}'), SourceSettings(url=server[0], tries=1)

    async def whole() -> tuple[str, str]:
        now_s = WINDOW.end_ms / 1000
        checks = await check_source(settings, tenant, AnalysisSettings(), now_s=lambda: now_s)
        return next((c.verdict, c.finding) for c in checks if c.name == "whole answers")

    assert (await whole())[0] == "ok"
    server[1].beside = always({"isPartial": True})
    assert await whole() == ("warn", "the source says that its answers are partial: isPartial: true")
