"""A count of many names is made in pieces that a server can hold, at a time that costs it least."""

import re
from collections.abc import AsyncIterator, Iterator

import pytest

from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex import count_pieces
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.count_pieces import ASSUMED_SERIES, FIRST_PART, CountBudget, count_in_pieces
from patternwatch.cortex.count_queries import cheap_time
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.listed_values import listed
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.remembered_cuts import JUST_S
from tests.cortex import faulty_server as faults
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.fakes.clock import FakeClock

STEP = 30_000
WINDOW = Window.ending(1_000_000 * STEP, 1_000_000 * STEP - 40 * STEP, STEP)
ALL = parse_selector('{job="j"}')
ROWS = range(WINDOW.start_ms, WINDOW.end_ms + 1, 4 * STEP)
NAMES = 160
"""More than are counted without a first piece."""
BIG = 4
"""Names of three series; the others have one."""
EXPECTED = {f"m{i:03d}": 3 if i < BIG else 1 for i in range(NAMES)}
WORDS = "the query hit the max number of series limit"


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        for name, number in EXPECTED.items():
            for pod in range(number):
                add(state, name, ROWS, pod=str(pod))
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


def add(state: State, name: str, rows: range, **labels: str) -> None:
    state.series.append(Series({"__name__": name, "job": "j", **labels}, dict.fromkeys(rows, 1.0)))


def watched(state: State) -> list[int]:
    """How many series each count that follows is of."""
    sizes: list[int] = []

    def note(_query: str, series: int) -> None:
        sizes.append(series)

    state.refuse_count = note
    return sizes


async def test_no_piece_is_of_many_more_series_than_a_server_should_hold(
    server: tuple[str, State], source: PrometheusSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_pieces, "PIECE_SERIES", 30)
    sizes = watched(server[1])
    assert await source.count("t", ALL, WINDOW) == EXPECTED
    first, *pieces, unlisted = sizes
    assert first == NAMES // FIRST_PART + 2, "one name in sixteen, one of them of three"
    assert max(pieces) <= 40
    assert len(pieces) <= 8
    assert unlisted == 0


async def test_a_server_that_takes_long_gets_smaller_pieces(
    server: tuple[str, State], source: PrometheusSource, clock: FakeClock
) -> None:
    sizes: list[int] = []

    def slow(_query: str, series: int) -> None:
        sizes.append(series)
        clock.now += series / 80

    server[1].refuse_count = slow
    assert await source.count("t", ALL, WINDOW) == EXPECTED
    assert max(sizes) <= 100, "a second each"


async def test_a_count_that_takes_too_long_ends_and_the_next_one_goes_on(
    server: tuple[str, State], source: PrometheusSource, clock: FakeClock
) -> None:
    def slow(_query: str, series: int) -> None:
        clock.now += series / 20

    server[1].refuse_count = slow
    first = await source.count("t", ALL, WINDOW)
    assert first.keys() == EXPECTED.keys()
    asked = len(server[1].asked)
    assert await source.count("t", ALL, WINDOW) == first
    assert len(server[1].asked) == asked, "not twice for one plan"
    before = re.findall(r"m\d{3}", " ".join(server[1].queries()))
    clock.now += JUST_S
    await source.count("t", ALL, WINDOW)
    after = re.findall(r"m\d{3}", " ".join(server[1].queries()))[len(before) :]
    assert set(before).isdisjoint(after)
    assert 0 < len(before) < NAMES
    assert after


async def test_names_that_a_list_leaves_out_are_counted(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    """Cortex lists what its ingesters hold; of an older window that is not all."""
    server[1].faults = [
        faults.body(
            b'{"status":"success","data":["' + b'","'.join(n.encode() for n in list(EXPECTED)[20:]) + b'"]}',
            "label/__name__/values",
        )
    ]
    assert await source.count("t", ALL, WINDOW) == EXPECTED


async def test_a_list_is_believed_where_nobody_answers_what_else_there_is(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda query, _: (422, "too long query") if "__name__!~" in query else None
    assert await source.count("t", ALL, WINDOW) == EXPECTED


async def test_a_refused_piece_is_halved_and_no_later_one_is_larger(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    refused: list[int] = []

    def limited(_query: str, series: int) -> tuple[int, str] | None:
        if series <= 25:
            return None
        refused.append(series)
        return 422, WORDS

    server[1].refuse_count = limited
    assert await source.count("t", ALL, WINDOW) == EXPECTED
    assert len(refused) <= 4


async def test_what_began_since_then_is_counted_at_the_end(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    end_ms = WINDOW.end_ms
    add(server[1], "born", range(end_ms - 2 * STEP, end_ms + 1, STEP))
    assert await source.count("t", ALL, WINDOW) == EXPECTED | {"born": 1}
    times = [round(float(f["time"]) * 1000) for p, f, _ in server[1].asked if p == "query"]
    cheap_ms = cheap_time(Span("t", WINDOW.start_ms, end_ms, STEP))
    assert times[:-1] == [cheap_ms] * (len(times) - 1)
    assert (times[-1], cheap_ms % 1_800_000, cheap_ms < end_ms) == (end_ms, 300_000, True)


async def test_very_many_names_are_counted_in_a_bounded_number_of_pieces() -> None:
    names = [f"a_metric_with_a_long_name_{i:05d}" for i in range(40_000)]
    asked: list[int] = []

    async def count(matchers: Matchers) -> dict[str, int]:
        values = listed(matchers[-1]) or []
        asked.append(len(values))
        return dict.fromkeys(values, 1)

    budget = CountBudget(lambda: 0.0)
    assert await count_in_pieces(names, len(names), (), count, budget) == dict.fromkeys(names, 1)
    assert not budget.assumed
    assert len(asked) <= 32


async def test_nothing_is_asked_by_a_budget_that_is_spent() -> None:
    async def count(_: Matchers) -> dict[str, int]:
        raise AssertionError("asked")

    budget = CountBudget(lambda: 0.0, slow=count_pieces.MAX_SLOW)
    assert await count_in_pieces(["a"], 1, (), count, budget) == {"a": ASSUMED_SERIES}
