"""Answers by status 200 that are none, or not whole: never an exception of ours, never taken for quiet."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

from patternwatch.contracts.errors import SourceError, SourceRefusedError, SourceSlowError
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.connection import Connection, http_client
from patternwatch.cortex.count_pieces import ASSUMED_SERIES
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.matrix import matrix_series
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.query_form import is_result
from patternwatch.cortex.selector_pieces import SelectorPieces
from tests.cortex import faulty_server as faults
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.fakes.clock import FakeClock

STEP = 30_000
WINDOW = Window.ending(1_000_000 * STEP, 1_000_000 * STEP - 40 * STEP, STEP)
ALL = parse_selector('{job="j"}')
NAMES = "label/__name__/values"


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        for name in "ab":
            samples = {t: float(t) for t in range(WINDOW.start_ms, WINDOW.end_ms + 1, STEP)}
            state.series.append(Series({"__name__": name, "job": "j"}, samples))
        yield url, state


@pytest.fixture
async def source(server: tuple[str, State]) -> AsyncIterator[PrometheusSource]:
    clock = FakeClock()
    made = PrometheusSource(
        SourceSettings(url=server[0], tries=1),
        timing=RetryTiming(clock.sleep, clock, lambda _, high: high),
        clock=clock,
    )
    yield made
    await made.close()


def says(error: str, kind: str = "execution") -> bytes:
    return b'{"status":"error","errorType":"%s","error":"%s"}' % (kind.encode(), error.encode())


@pytest.mark.parametrize(
    "fault",
    [
        faults.body(b'{"status":"success","data":null}', NAMES),
        faults.body(b'{"status":"success","data":[1,2]}', NAMES),
        faults.body(says("no such API"), NAMES),
        faults.body(says("the query hit the max number of series limit"), "query"),
    ],
    ids=["no list", "a list of numbers", "an error by 200", "a limit by 200"],
)
async def test_a_count_survives(
    server: tuple[str, State], source: PrometheusSource, fault: faults.Fault
) -> None:
    server[1].faults = [fault]
    assert await source.count("t", ALL, WINDOW) == {"a": 1, "b": 1}


async def test_an_answer_that_is_cut_off_on_the_way_is_asked_for_in_halves(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    for n in range(30):
        samples = {WINDOW.end_ms - STEP: float(n)}
        server[1].series.append(Series({"__name__": f"m{n}", "job": "j"}, samples))
    server[1].refuse = lambda _query, series: (
        (200, '{"status":"success","data":{"res') if series > 9 else None
    )
    server[1].refuse_points = server[1].refuse
    raw = await source.samples("t", ALL, WINDOW.start_ms, WINDOW.end_ms)
    assert len(raw) == 32


@pytest.mark.parametrize("status", [200, 203])
async def test_a_proxy_that_writes_the_answer_anew_changes_nothing(
    server: tuple[str, State], source: PrometheusSource, status: int
) -> None:
    anew = faults.Fault(lambda handler, right: handler.send(status, b"\xef\xbb\xbf\n" + right))
    server[1].faults = [anew] * 20
    assert await source.count("t", ALL, WINDOW) == {"a": 1, "b": 1}


async def test_an_empty_list_that_is_null_is_empty(server: tuple[str, State]) -> None:
    null = b'{"status":"success","data":{"resultType":"vector","result":null}}'
    server[1].faults = [faults.body(null, "query")]
    settings = SourceSettings(url=server[0], tries=1)
    async with http_client(settings) as client:
        data = await Connection(settings, client).data("t", "query", is_result, {"query": "vector(1)"})
    assert data["result"] == []


@pytest.mark.parametrize("number", ["+Inf", "NaN", "many"])
async def test_a_count_that_is_no_number_is_none(
    server: tuple[str, State], source: PrometheusSource, number: str
) -> None:
    result = b'[{"metric":{"__name__":"a"},"value":[1,"%s"]}]' % number.encode()
    wrong = b'{"status":"success","data":{"resultType":"vector","result":%s}}' % result
    server[1].faults = [faults.body(wrong, "query")]
    assert set((await source.count("t", ALL, WINDOW)).values()) == {ASSUMED_SERIES}


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (says("query timed out in evaluation", "timeout"), SourceSlowError, "query timed out"),
        (says("1:4: parse error", "bad_data"), SourceRefusedError, "400: 1:4: parse error"),
        (says("computer says no"), SourceRefusedError, "422: computer says no"),
    ],
)
async def test_an_error_by_status_200_is_told_in_its_own_words(
    server: tuple[str, State], said: bytes, kind: type[SourceError], words: str
) -> None:
    server[1].faults = [faults.body(said)]
    settings = SourceSettings(url=server[0], tries=1)
    async with http_client(settings) as client:
        with pytest.raises(kind, match=words):
            await Connection(settings, client).data("t", "query", is_result, {"query": "vector(1)"})


async def test_a_vector_for_a_matrix_is_no_silence_but_leads_to_the_next_way(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    result = b'[{"metric":{"__name__":"a"},"value":[1,"5"]}]'
    vector = b'{"status":"success","data":{"resultType":"vector","result":%s}}' % result
    server[1].faults = [faults.body(vector, "query")]
    assert len(await source.fetch("t", ALL, WINDOW)) == 2
    assert server[1].asked[-1][0] == "metadata"
    assert [path for path, _, _ in server[1].asked].count("query_range") == 1


def test_samples_that_a_proxy_joined_are_put_in_order() -> None:
    result: list[dict[str, Any]] = [
        {"metric": {"__name__": "b"}, "values": [[30, "3"], [10, "1"], [20, "2"]]},
        {"metric": {"__name__": "a"}, "values": [[5, "5"], [6, "6"]]},
    ]
    raw = matrix_series(result, {})
    np.testing.assert_array_equal(raw.timestamps, [5000, 6000, 10_000, 20_000, 30_000])
    np.testing.assert_array_equal(raw.values, [5, 6, 1, 2, 3])
    assert len(matrix_series([], {})) == 0


async def test_after_a_refusal_no_further_name_is_asked_for(server: tuple[str, State]) -> None:
    settings = SourceSettings(url=server[0])
    asked: list[str] = []

    async def ask(piece: Matchers) -> str:
        if piece[0].op != "=":
            raise SourceRefusedError("names one by one", status=400)
        asked.append(piece[0].value)
        await asyncio.sleep(0)
        if piece[0].value == "c":
            raise SourceRefusedError("and no more of them", status=403)
        return piece[0].value

    async with http_client(settings) as client:
        pieces = SelectorPieces(Connection(settings, client), 1)
        span = Span("t", WINDOW.start_ms, WINDOW.end_ms, STEP)
        with pytest.raises(SourceRefusedError):
            await pieces.ask(span, parse_selector('{__name__=~"a|b|c|d|e|f|g|h"}'), ask)
        await asyncio.sleep(0.01)
    assert asked[:3] == ["a", "b", "c"]
    assert len(asked) <= 4, "one may have begun by then"
