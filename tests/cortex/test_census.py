"""Counting never decides: refused, slow or failing, it is made in pieces or left; nothing is left out."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from patternwatch.contracts.errors import SourceError, SourceRefusedError, SourceUnavailableError
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.count_pieces import ASSUMED_SERIES, MAX_REQUESTS
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.remembered_cuts import FRESH_S
from tests.cortex import faulty_server as faults
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.fakes.clock import FakeClock

STEP = 30_000
WINDOW = Window.ending(1_000_000 * STEP, 1_000_000 * STEP - 40 * STEP, STEP)
"""Two and a half hours, of which an instant query sees the last five minutes."""
EVERYTHING = parse_selector('{__name__=~".+"}')
ALL = parse_selector('{job="j"}')
ROWS = range(WINDOW.start_ms, WINDOW.end_ms + 1, STEP)
WORDS = "the query hit the max number of series limit"
SELECTIONS = {"labels": ALL, "everything": EVERYTHING}
NAMES = 16


def add(state: State, name: str, rows: range = ROWS, **labels: str) -> None:
    state.series.append(Series({"__name__": name, "job": "j", **labels}, {t: float(t) for t in rows}))


def early(until: float) -> range:
    return range(WINDOW.start_ms, WINDOW.start_ms + round(WINDOW.rows * until) * STEP, STEP)


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    """16 names of one series, m0 of three; `ended` and `gone` stopped early, `late` has no sample of late."""
    with faulty_server() as (url, state):
        for i in range(NAMES):
            add(state, f"m{i}", pod="a")
        add(state, "m0", pod="b")
        add(state, "m0", pod="c")
        add(state, "ended", early(0.1))
        add(state, "gone", early(0.7))
        yield url, state


EXPECTED = {"m0": 3, **{f"m{i}": 1 for i in range(1, NAMES)}, "ended": 1, "gone": 1}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def source(server: tuple[str, State], clock: FakeClock) -> AsyncIterator[PrometheusSource]:
    async with reading(server[0], clock, 60) as made:
        yield made


@asynccontextmanager
async def reading(url: str, clock: FakeClock, timeout_s: float) -> AsyncIterator[PrometheusSource]:
    """A source whose pauses are told, not waited; only the wait for an answer is real."""
    settings = SourceSettings(url=url, timeout_s=timeout_s, tries=2)
    timing = RetryTiming(clock.sleep, clock, lambda _, high: high)
    made = PrometheusSource(settings, timing=timing, clock=clock)
    yield made
    await made.close()


def counted(state: State) -> list[str]:
    return [query for query in state.queries() if query.startswith("count")]


@pytest.mark.parametrize("matchers", SELECTIONS.values(), ids=SELECTIONS)
async def test_series_that_vanished_count_and_no_window_is_read_for_the_others(
    server: tuple[str, State], source: PrometheusSource, matchers: Matchers
) -> None:
    assert await source.count("t", matchers, WINDOW) == EXPECTED
    over = [query for query in counted(server[1]) if "last_over_time" in query]
    assert len(over) == 1
    assert "ended" in over[0]
    assert "m0" not in over[0]
    assert ".+" not in over[0]


@pytest.mark.parametrize("status", [413, 422, 500])
async def test_a_refused_count_is_made_in_pieces(
    server: tuple[str, State], source: PrometheusSource, status: int
) -> None:
    server[1].refuse_count = lambda _query, series: (status, WORDS) if series > 5 else None
    assert await source.count("t", ALL, WINDOW) == EXPECTED
    assert len(counted(server[1])) < MAX_REQUESTS


async def test_a_refusal_in_unknown_words_is_made_in_pieces_too(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda _query, series: (400, "computer says no") if series > 5 else None
    assert await source.count("t", ALL, WINDOW) == EXPECTED


async def test_without_any_count_the_names_are_cut_evenly(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda _query, _series: (422, WORDS)
    found = await source.count("t", ALL, WINDOW)
    assert found.keys() == EXPECTED.keys()
    assert set(found.values()) == {ASSUMED_SERIES}
    assert len(counted(server[1])) <= MAX_REQUESTS + 1


BLOCKED = '{"errorType":"bad_data","error":"blocked by the cluster administrator (err-mimir-query-blocked)"}'


@pytest.mark.parametrize(
    ("status", "words"), [(403, "RBAC: access denied"), (404, ""), (405, ""), (422, BLOCKED)]
)
async def test_a_gateway_that_lets_no_count_through_leaves_the_read_to_tell_more(
    server: tuple[str, State], source: PrometheusSource, status: int, words: str
) -> None:
    server[1].refuse_count = lambda _query, _series: (status, words)
    found = await source.count("t", ALL, WINDOW)
    assert found == dict.fromkeys(EXPECTED, ASSUMED_SERIES)
    assert len(counted(server[1])) <= MAX_REQUESTS


async def test_where_neither_counts_nor_lists_are_let_through_the_series_say_their_names(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda _query, _series: (403, "RBAC: access denied")
    server[1].faults = [faults.status(403, "no", "label/__name__/values")] * 4
    found = await source.count("t", ALL, WINDOW)
    assert found.keys() <= EXPECTED.keys()
    assert len(found) > 1


async def test_what_one_piece_refuses_costs_only_itself(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda query, series: (422, WORDS) if "m0" in query or series > 9 else None
    assert await source.count("t", ALL, WINDOW) == EXPECTED | {"m0": 1}


async def test_a_slow_count_is_not_asked_for_again_and_does_not_hold_the_read_up(
    server: tuple[str, State], clock: FakeClock
) -> None:
    server[1].faults = [faults.hang("query") for _ in range(2)]
    async with reading(server[0], clock, 1) as hasty:
        found = await hasty.count("t", ALL, WINDOW)
    assert found.keys() == EXPECTED.keys()
    assert len(counted(server[1])) == 2


async def test_a_count_that_fails_for_a_moment_is_asked_for_again(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].faults = [faults.status(503, "starting", "query")]
    assert await source.count("t", ALL, WINDOW) == EXPECTED


@pytest.mark.parametrize("code", [400, 404, 500])
async def test_a_source_that_lists_no_names_is_counted_over_the_window(
    server: tuple[str, State], source: PrometheusSource, code: int
) -> None:
    server[1].faults = [faults.status(code, "", "label/__name__/values") for _ in range(2)]
    assert await source.count("t", ALL, WINDOW) == EXPECTED


async def test_and_at_several_times_of_it_where_that_is_refused(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].faults = [faults.status(404, "", "label/__name__/values")]
    server[1].refuse_count = lambda query, _: (422, WORDS) if "last_over_time" in query else None
    assert await source.count("t", ALL, WINDOW) == EXPECTED


async def test_where_names_are_neither_listed_nor_counted_the_series_say_them(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].faults = [faults.status(403, path="label/__name__/values") for _ in range(9)]
    server[1].refuse_count = lambda _query, _series: (422, WORDS)
    assert await source.count("t", ALL, WINDOW) == EXPECTED


async def test_a_store_that_takes_no_expression_on_names_is_counted_name_by_name(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    words = "=~ is an unsupported matchtype for the __name__ label"
    server[1].faults = [faults.status(400, words, "label/__name__/values")]
    server[1].refuse_count = lambda query, _: (400, words) if "__name__=~" in query else None
    assert await source.count("t", EVERYTHING, WINDOW) == EXPECTED


async def test_a_source_that_ignores_the_selection_when_it_lists_names(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].series.append(Series({"__name__": "stranger", "job": "k"}, {WINDOW.end_ms: 1.0}))
    listing = faults.body(
        b'{"data": ["' + b'","'.join(name.encode() for name in [*EXPECTED, "stranger"]) + b'"]}',
        "label/__name__/values",
    )
    server[1].faults = [listing]
    assert await source.count("t", ALL, WINDOW) == EXPECTED


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (lambda: faults.status(401, "no org id"), SourceRefusedError),
        (lambda: faults.status(400, "1:4: parse error: unexpected end"), SourceRefusedError),
        (lambda: faults.status(422, "the query time range exceeds the limit"), SourceRefusedError),
        (lambda: faults.status(503, "starting"), SourceUnavailableError),
    ],
    ids=["401", "parse error", "too long", "503"],
)
async def test_what_meets_the_read_as_well_is_told_by_the_count(
    server: tuple[str, State],
    source: PrometheusSource,
    fault: Callable[[], faults.Fault],
    kind: type[Exception],
) -> None:
    server[1].faults = [fault() for _ in range(9)]
    with pytest.raises(kind):
        await source.count("t", ALL, WINDOW)
    assert len(server[1].asked) <= 5


async def test_a_watch_asks_only_for_the_names_for_some_minutes(
    server: tuple[str, State], source: PrometheusSource, clock: FakeClock
) -> None:
    await source.count("t", ALL, WINDOW)
    before = len(counted(server[1]))
    later = WINDOW.earlier(-60_000)
    assert (await source.count("t", ALL, later)).keys() == EXPECTED.keys()
    assert len(counted(server[1])) == before
    clock.now += FRESH_S
    await source.count("t", ALL, later)
    assert len(counted(server[1])) > before


async def test_a_cut_belongs_to_its_tenant_selection_and_time(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    await source.count("t", ALL, WINDOW)
    for tenant, matchers, window in (
        ("u", ALL, WINDOW),
        ("t", EVERYTHING, WINDOW),
        ("t", ALL, WINDOW.earlier(3_600_000)),
    ):
        before = len(counted(server[1]))
        await source.count(tenant, matchers, window)
        assert len(counted(server[1])) > before


async def test_a_name_that_is_new_is_noticed_and_counted_alone(
    server: tuple[str, State], source: PrometheusSource, clock: FakeClock
) -> None:
    await source.count("t", ALL, WINDOW)
    before = len(counted(server[1]))
    clock.now += 60
    later = WINDOW.earlier(-60_000)
    add(server[1], "born", range(later.end_ms - 2 * STEP, later.end_ms + 1, STEP))
    assert await source.count("t", ALL, later) == EXPECTED | {"born": 1}
    assert len(counted(server[1])) == before + 1
    assert "m0" not in counted(server[1])[-1]


async def test_a_storm_counts_once(server: tuple[str, State], source: PrometheusSource) -> None:
    found = await asyncio.gather(*(source.count("t", ALL, WINDOW) for _ in range(12)))
    once = len(server[1].asked)
    assert found == [EXPECTED] * 12
    await source.count("u", ALL, WINDOW)
    assert len(server[1].asked) == 2 * once


async def test_of_what_was_counted_or_not_no_lock_stays(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    def locks() -> int:
        gc.collect()
        return sum(isinstance(thing, asyncio.Lock) for thing in gc.get_objects())

    await source.count("t", ALL, WINDOW)
    before = locks()
    for number in range(20):
        selection = parse_selector(f'{{job="job-{number}"}}')
        await asyncio.gather(*(source.count("t", selection, WINDOW) for _ in range(3)))
    server[1].faults = [faults.status(503, "away")] * 400
    for number in range(20):
        with pytest.raises(SourceError):
            await source.count("t", parse_selector(f'{{job="away-{number}"}}'), WINDOW)
    assert locks() == before


async def test_an_empty_selection_is_not_remembered(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    nobody = parse_selector('{job="nobody"}')
    assert await source.count("t", nobody, WINDOW) == {}
    server[1].series.append(Series({"__name__": "up", "job": "nobody"}, {WINDOW.end_ms: 1.0}))
    assert await source.count("t", nobody, WINDOW) == {"up": 1}


async def test_counts_that_say_that_there_is_nothing_are_not_believed_where_names_are_listed(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda query, series: (200, '{"status":"success","data":{"result":[]}}')
    found = await source.count("t", ALL, WINDOW)
    assert found["m0"] == 3
    assert found.keys() >= EXPECTED.keys() - {"gone"}


async def test_what_a_partial_count_leaves_out_is_read_as_well(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    data = {"result": [{"metric": {"__name__": "m1"}, "value": [1, "1"]}]}
    body = {"status": "success", "data": data, "warnings": ["store 2 is away"]}
    server[1].refuse_count = lambda query, series: (200, json.dumps(body))
    assert await source.count("t", ALL, WINDOW) == dict.fromkeys(EXPECTED, 1)
