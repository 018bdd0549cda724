"""What is too much at once is read in halves; the result is the same, and the size is remembered."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from patternwatch.contracts.errors import SourceLimitError, SourceUnavailableError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bisection import MAX_UNCLEAR, OVER_LIMIT
from patternwatch.cortex.learned_limits import (
    FLOOR,
    FORGOTTEN_AFTER_S,
    GROWS_AFTER_S,
    LearnedLimits,
)
from patternwatch.cortex.prometheus import PrometheusSource
from tests.cortex.faulty_server import Series, State, faulty_server
from tests.fakes.clock import FakeClock

WINDOW = Window(start_ms=100_000, split_ms=160_000, end_ms=219_000, step_ms=1000)
ALL = parse_selector('{job="j"}')
REFUSALS = {
    "413": (413, "response larger than the max (52950503 vs 16777216)"),
    "422": (422, "query processing would load too many samples into memory in query execution"),
    "500": (500, "rpc error: code = ResourceExhausted desc = grpc: received message larger than max"),
    "400": (400, "response larger than the max (87755531 vs 16777216)"),
    "mimir": (422, "the query hit the aggregated data size limit (err-mimir-max-chunks-bytes-per-query)"),
}


def over(max_series: int, kind: str = "422") -> Callable[[str, int], tuple[int, str] | None]:
    return lambda query, series: REFUSALS[kind] if series > max_series else None


def add(state: State, name: str, first_ms: int = WINDOW.start_ms, **labels: str) -> None:
    times = range(first_ms, WINDOW.end_ms + 1, 1000)
    rng = np.random.default_rng(len(state.series))
    values = np.cumsum(rng.integers(1, 9, len(times)))
    samples = {t: float(v) for t, v in zip(times, values, strict=True)}
    state.series.append(Series({"__name__": name, "job": "j", **labels}, samples))


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        state.metadata = {"requests_total": [{"type": "counter"}], "wait": [{"type": "histogram"}]}
        for i in range(30):
            add(state, "requests_total", instance=f"i{i % 3}", path=f"/p.{i}|x")
        add(state, "requests_total", 150_000, instance="i1", path="/young")  # quiet before its birth
        for instance in ("i0", "i1"):
            for le in ("0.1", "1", "+Inf"):
                add(state, "wait_bucket", instance=instance, le=le)
            add(state, "wait_sum", instance=instance)
            add(state, "wait_count", instance=instance)
        for i in range(5):
            add(state, f"gauge_{i}", instance="i0")
        yield url, state


ASKED_PER_READ = 3
"""Of one selection as a range: posted, got, and got once more where every other way was refused."""


async def fetch(url: str, clock: FakeClock | None = None) -> tuple[SeriesBatch, PrometheusSource]:
    source = PrometheusSource(SourceSettings(url=url), clock=clock or FakeClock())
    return await source.fetch("t", ALL, WINDOW), source


def same(one: SeriesBatch, other: SeriesBatch) -> None:
    assert one.labels == other.labels
    assert one.derivation == other.derivation
    assert one.skipped == other.skipped
    np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("max_series", [5, 7, 20, 45])
async def test_halves_give_the_same_batch_as_the_whole(
    server: tuple[str, State], max_series: int, kind: str
) -> None:
    whole, source = await fetch(server[0])
    await source.close()
    server[1].refuse = over(max_series, kind)
    found, source = await fetch(server[0])
    same(found, whole)
    await source.close()


async def test_a_size_that_was_refused_is_not_asked_for_again(server: tuple[str, State]) -> None:
    refused: list[int] = []

    def refuse(_query: str, series: int) -> tuple[int, str] | None:
        if series <= 8:
            return None
        refused.append(series)
        return REFUSALS["413"]

    server[1].refuse = refuse
    clock = FakeClock()
    whole, source = await fetch(server[0], clock)
    assert len(refused) <= 4
    refused.clear()
    same(await source.fetch("t", ALL, WINDOW), whole)
    assert refused == []
    clock.now += FORGOTTEN_AFTER_S
    await source.fetch("t", ALL, WINDOW)
    assert len(refused) >= 1, "limits are raised now and then"
    await source.close()


async def test_what_is_refused_alone_is_left_out_and_counted(server: tuple[str, State]) -> None:
    server[1].refuse = lambda query, series: REFUSALS["422"] if "young" in query or series > 9 else None
    whole, source = await fetch(server[0])
    assert whole.skipped[OVER_LIMIT] == {"requests_total": 1}
    assert all(labels.get("path") != "/young" for labels in whole.labels)
    assert {"/p.0|x", "/p.29|x"} <= {labels.get("path") for labels in whole.labels}
    await source.close()


async def test_a_limit_that_no_halving_helps_against_is_an_error_soon(server: tuple[str, State]) -> None:
    server[1].refuse = over(0)
    with pytest.raises(SourceLimitError, match="too many samples"):
        await fetch(server[0])
    assert len(server[1].queries()) < 100


async def test_our_own_cap_on_samples_halves_too(server: tuple[str, State]) -> None:
    whole, source = await fetch(server[0])
    await source.close()
    capped = PrometheusSource(SourceSettings(url=server[0], max_samples=800))
    same(await capped.fetch("t", ALL, WINDOW), whole)
    await capped.close()


@pytest.mark.parametrize("status", [400, 422, 500])
@pytest.mark.parametrize("max_series", [7, 20, 45])
async def test_a_refusal_in_unknown_words_is_tried_in_halves(
    server: tuple[str, State], max_series: int, status: int
) -> None:
    whole, source = await fetch(server[0])
    await source.close()
    words = "the cauldron is not large enough"
    server[1].refuse = lambda _query, series: (status, words) if series > max_series else None
    source = PrometheusSource(SourceSettings(url=server[0], tries=1), clock=FakeClock())
    same(await source.fetch("t", ALL, WINDOW), whole)
    await source.close()


async def test_what_a_gateway_is_not_given_in_time_is_asked_for_in_halves(server: tuple[str, State]) -> None:
    whole, source = await fetch(server[0])
    await source.close()
    slow = (504, "<html><h1>504 Gateway Time-out</h1></html>")
    server[1].refuse = server[1].refuse_points = lambda _query, series: slow if series > 20 else None
    source = PrometheusSource(SourceSettings(url=server[0], tries=1), clock=FakeClock())
    same(await source.fetch("t", ALL, WINDOW), whole)
    await source.close()


async def test_a_refusal_in_unknown_words_that_halves_do_not_help_against_costs_few_requests(
    server: tuple[str, State],
) -> None:
    server[1].refuse = server[1].refuse_points = lambda _query, _series: (500, "computer says no")
    source = PrometheusSource(SourceSettings(url=server[0], tries=1))
    with pytest.raises(SourceUnavailableError, match="computer says no"):
        await source.fetch("t", ALL, WINDOW)
    asked = [query for query in server[1].queries() if "count" not in query]
    assert 1 < len(set(asked)) <= MAX_UNCLEAR + 1
    assert len(asked) <= ASKED_PER_READ * (MAX_UNCLEAR + 1)
    await source.close()


async def test_a_small_selection_is_refused_at_once(server: tuple[str, State]) -> None:
    server[1].refuse = server[1].refuse_points = lambda _query, _series: (500, "computer says no")
    source = PrometheusSource(SourceSettings(url=server[0], tries=1))
    with pytest.raises(SourceUnavailableError, match="computer says no"):
        await source.fetch("t", parse_selector('gauge_0{job="j"}'), WINDOW)
    assert len([query for query in server[1].queries() if "count" not in query]) <= ASKED_PER_READ
    await source.close()


async def test_a_limit_is_not_learned_from_a_server_that_is_busy(server: tuple[str, State]) -> None:
    source = PrometheusSource(SourceSettings(url=server[0], tries=1))
    server[1].refuse = lambda _query, _series: (500, "ResourceExhausted desc = resource limit reached")
    with pytest.raises(SourceUnavailableError, match="resource limit reached"):
        await source.fetch("t", ALL, WINDOW)
    assert source.learned_limit("t", WINDOW) is None
    await source.close()


def test_limits_are_learned_per_tenant_and_length() -> None:
    clock = FakeClock()
    limits = LearnedLimits(clock)
    limits.refused("a", 2000, 60_000)
    limits.read("a", 1000, 60_000)
    assert limits.series("a", 60_000) == 1000
    assert limits.series("a", 600_000) == 100, "ten times as long a window, a tenth of the series"
    assert limits.series("b", 60_000) is None
    limits.refused("a", 4000, 60_000)
    assert limits.series("a", 60_000) == 1000, "the smallest counts"
    clock.now += FORGOTTEN_AFTER_S
    assert limits.series("a", 60_000) is None


def test_a_burst_of_refusals_is_over_in_half_a_minute() -> None:
    clock = FakeClock()
    limits = LearnedLimits(clock)
    for series in (1000, 500, 250, 125, 62, 31, 15, 7):
        limits.refused("a", series, 60_000)
    assert limits.series("a", 60_000) == FLOOR, "however low it went"
    limits.read("a", 3, 60_000)
    limits.read("a", FLOOR, 60_000)
    assert limits.series("a", 60_000) == FLOOR, "not at once"
    clock.now += GROWS_AFTER_S
    grown = []
    for _ in range(5):
        asked = limits.series("a", 60_000)
        assert asked is not None
        limits.read("a", asked, 60_000)
        grown.append(limits.series("a", 60_000))
    assert grown == [100, 200, 400, 800, 1600]


def test_what_is_refused_below_what_was_answered_is_not_refused_for_its_size() -> None:
    limits = LearnedLimits(FakeClock())
    limits.refused("a", 2000, 60_000)
    limits.read("a", 1000, 60_000)
    limits.refused("a", 400, 60_000)
    assert limits.series("a", 60_000) == 1000
    for _ in range(3):
        limits.refused("a", 400, 60_000)
    assert limits.series("a", 60_000) == 200, "several refusals are a limit"


def test_a_low_limit_is_believed_where_others_are_answered() -> None:
    limits = LearnedLimits(FakeClock())
    limits.refused("a", 40, 60_000)
    limits.read("a", 20, 60_000)
    assert limits.series("a", 60_000) == 20
    assert limits.series("a", 600_000) == 2
