"""What a tail holds is what its server would give: the same series, and the same report."""

from pathlib import Path

import numpy as np
import pytest

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.cli.one_process import analyze
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import SourceRefusedError
from patternwatch.contracts.matchers import Matcher, Matchers, parse_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.raw import nothing_but
from patternwatch.cortex.tail import TailReader
from patternwatch.cortex.tail_source import MAX_BEHIND_ROWS, TailSource
from tests.cortex.few_series import FIRST, NAMES, ROWS, STEP, Sample
from tests.cortex.test_tail import FakeSamples, window

EXAMPLES = Path(__file__).parents[2] / "examples"
RECORDINGS = ("incidents/cart-crash-loop", "incidents_kube/bad-canary-catalogue-canary-s1")
SELECTOR = '{__name__=~".+"}'
TICKS = 5


async def tail_of(source: BundleSource, rows: int, matchers: Matchers = ()) -> TailSource:
    """As a watch has it some ticks after it began."""
    step_ms = source.incident.step_ms
    tail = TailReader(source, "t", matchers, rows=rows + 16, step_ms=step_ms, late_ms=2 * step_ms)
    end_ms = source.incident.end_ms - source.incident.end_ms % step_ms
    for at_ms in range(end_ms - 2 * TICKS * step_ms, end_ms + 1, 2 * step_ms):
        await tail.poll(at_ms, at_ms, 16)
        await tail.reach_back(rows // TICKS)
    return TailSource(tail)


def settings_of(source: BundleSource) -> AnalysisSettings:
    return AnalysisSettings(step_ms=source.incident.step_ms, rows=200, shard_series=400)


def request_of(source: BundleSource, settings: AnalysisSettings, selector: str = SELECTOR) -> AnalysisRequest:
    about = source.incident
    return request_for_selector(
        "t", selector, about.at_ms, about.end_ms, "slow", settings, about.end_ms + 60_000, "r1"
    )


def same(one: SeriesBatch, other: SeriesBatch) -> None:
    assert one.labels == other.labels
    assert one.derivation == other.derivation
    assert one.skipped == other.skipped
    assert one.native == other.native
    assert one.facts == other.facts
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.values, other.values)


@pytest.mark.parametrize("recording", RECORDINGS)
async def test_every_shard_and_the_report_are_those_of_the_server(recording: str) -> None:
    source = BundleSource(EXAMPLES / f"{recording}.parquet")
    settings = settings_of(source)
    request, tail = request_of(source, settings), await tail_of(source, settings.window_rows)
    assert tail.serves("t", request.matchers, request.window)
    counts = await tail.count("t", request.matchers, request.window)
    assert counts == await source.count("t", request.matchers, request.window)
    assert await tail.begins_at("t", request.matchers, request.window) is None
    shards = plan_shards(request, counts, settings)
    assert len(shards) > 1
    for shard in shards:
        held = await tail.fetch("t", shard.matchers, request.window)
        same(held, await source.fetch("t", shard.matchers, request.window))
    whole = await analyze(tail, request, settings)
    assert len(whole.findings) > 3
    assert encode(whole) == encode(await analyze(source, request, settings))


async def test_a_narrower_request_has_its_own_series_only() -> None:
    source = BundleSource(EXAMPLES / f"{RECORDINGS[1]}.parquet")
    settings = settings_of(source)
    tail = await tail_of(source, settings.rows, parse_selector(SELECTOR))
    pod = sorted(await source.values("t", (), "pod", request_of(source, settings).window))[0]
    request = request_of(source, settings, f'{{__name__=~".+",pod="{pod}"}}')
    assert tail.serves("t", request.matchers, request.window)
    held = await tail.fetch("t", request.matchers, request.window)
    assert 0 < len(held) < 200
    same(held, await source.fetch("t", request.matchers, request.window))


async def test_an_oversized_metric_is_partitioned_as_the_recording_is() -> None:
    source = BundleSource(EXAMPLES / f"{RECORDINGS[1]}.parquet")
    request, tail = request_of(source, settings_of(source)), await tail_of(source, 200)
    counts = await tail.count("t", request.matchers, request.window)
    largest = (Matcher(name="__name__", value=max(counts, key=lambda name: counts[name])),)
    found = await tail.partition("t", largest, request.window, 10)
    assert found is not None
    assert found == await source.partition("t", largest, request.window, 10)


async def small_tail(there: list[Sample], selector: str = '{job="a"}') -> TailSource:
    source = FakeSamples()
    source.there = there
    tail = TailReader(source, "t", parse_selector(selector), rows=3 * ROWS, step_ms=STEP)
    await tail.poll(FIRST, FIRST)
    return TailSource(tail)


async def test_what_is_not_known_to_lie_within_is_left_to_the_server() -> None:
    tail = await small_tail([(n % 3, FIRST - n * 500, float(n)) for n in range(60)])
    matchers, near = tail.tail.matchers, window(FIRST, ROWS)
    more = (*matchers, Matcher(name="code", value="500"))
    assert tail.serves("t", matchers, near)
    assert tail.serves("t", more, near)
    assert not tail.serves("another", matchers, near)
    assert not tail.serves("t", more[1:], near), "wider, or not known to be narrower"
    assert not tail.serves("t", (Matcher(name="job", op="=~", value="a"),), near)
    assert not tail.serves("t", matchers, window(FIRST, 3 * ROWS + 1)), "older than what is kept"
    assert tail.serves("t", matchers, window(FIRST + MAX_BEHIND_ROWS * STEP, 2 * ROWS))
    assert not tail.serves("t", matchers, window(FIRST + (MAX_BEHIND_ROWS + 1) * STEP, 2 * ROWS))
    assert not tail.serves("t", matchers, near.model_copy(update={"step_ms": STEP // 2}))


async def test_it_answers_no_other_tenant_and_for_no_window_that_it_has_lost() -> None:
    tail = await small_tail([(0, FIRST, 1.0)])
    for tenant, asked in (("another", window(FIRST, ROWS)), ("t", window(FIRST - 2 * STEP, 3 * ROWS))):
        for answer in (tail.count, tail.fetch, tail.begins_at):
            with pytest.raises(SourceRefusedError):
                await answer(tenant, (), asked)


async def test_rows_that_are_newer_are_missing_and_not_guessed() -> None:
    tail = await small_tail([(0, FIRST + n * STEP, float(n)) for n in range(-20, 9)])
    held = await tail.fetch("t", tail.tail.matchers, window(FIRST + 3 * STEP, ROWS))
    np.testing.assert_array_equal(held.values[0], [-2.0, -1.0, 0.0, *[np.nan] * 3])


async def test_a_series_counts_where_it_was_seen_within_the_window() -> None:
    gone = [(1, FIRST - n * STEP, 1.0) for n in range(9, 15)]
    tail = await small_tail([(0, FIRST, 1.0), *gone, (2, FIRST - 9 * STEP, 1.0), (2, FIRST, 2.0)])
    asked = Window(start_ms=FIRST - 5 * STEP, split_ms=FIRST, end_ms=FIRST, step_ms=STEP)
    assert await tail.count("t", (), asked) == {"gauge": 1, "born_total": 1}
    before = window(FIRST - 7 * STEP, 3)
    assert await tail.count("t", (), before) == {"born_total": 2}
    assert await tail.count("t", (Matcher(name="code", value="500"),), before) == {"born_total": 1}


async def test_a_young_source_is_known_by_its_first_sample() -> None:
    tail = TailSource(TailReader(FakeSamples(), "t", (), rows=2000, step_ms=STEP))
    source: FakeSamples = tail.tail._source  # type: ignore[assignment]
    late = 4000 * STEP
    source.there = [(0, late + n * STEP + 250, float(n)) for n in range(-500, 0)]
    await tail.tail.poll(late, late)
    assert await tail.begins_at("t", (), window(late, 1990)) == late - 500 * STEP + 250
    assert await tail.begins_at("t", (), window(late, 510)) is None, "about as long as the window"
    assert await tail.begins_at("t", (Matcher(name="job", value="none"),), window(late, 1990)) is None


async def test_what_the_server_left_out_is_not_shared_out_by_labels() -> None:
    source = FakeSamples()
    source.there = [(n, FIRST - STEP * k, 1.0) for n in range(3) for k in range(9)]
    tail = TailReader(source, "t", (), rows=ROWS, step_ms=STEP)
    await tail.poll(FIRST, FIRST)
    tail._buffer.add(nothing_but({"over a limit": {"gauge": 2, "other": 1}}), FIRST)
    asked = window(FIRST, ROWS)
    names = (Matcher(name="__name__", value=NAMES[0][0]["__name__"]),)
    assert (await TailSource(tail).fetch("t", names, asked)).skipped == {"over a limit": {"gauge": 2}}
    with pytest.raises(SourceRefusedError):
        await TailSource(tail).fetch("t", (*names, Matcher(name="job", value="a")), asked)
