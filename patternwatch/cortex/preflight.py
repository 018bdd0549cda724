"""Whether a source answers, lets this tenant in and gives what an analysis needs: checks that only read."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx

from patternwatch.contracts.checks import Check, Checks
from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.contracts.series import CURRENT_ROWS, Window
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from patternwatch.contracts.skipped import totals
from patternwatch.cortex.bisection import OVER_LIMIT
from patternwatch.cortex.connection import Connection, http_client
from patternwatch.cortex.detours import detours
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.label_partition import by_name, matcher_of, packed
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.preflight_door import check_door
from patternwatch.cortex.preflight_scope import check_scope
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.reading_ways import REMOTE_READ

_STALE_STEPS = 10


async def check_source(
    settings: SourceSettings,
    tenant: TenantSettings,
    analysis: AnalysisSettings,
    transport: httpx.AsyncBaseTransport | None = None,
    now_s: Callable[[], float] = time.time,
) -> list[Check]:
    """Reachable, tenant, clocks, metadata, series, way of reading, limits: as far as one can get."""
    checks = Checks(f"source, tenant {tenant.id}")
    if not settings.url.startswith(("http://", "https://")):
        _check_recording(checks, settings)
        return checks.made
    try:
        client = http_client(settings, transport)
    except InputError as error:
        checks.fail("settings", error.problem, error.remedy)
        return checks.made
    connection = Connection(settings, client)
    source = PrometheusSource(settings, transport)
    try:
        if await check_door(checks, connection, tenant.id, now_s):
            with partial_answers() as told, detours() as gone_around:
                await _check_metadata(checks, connection, tenant.id)
                await _check_windows(checks, source, tenant, analysis, now_s)
                await check_scope(checks, connection, tenant, analysis, now_s)
            _check_ways(checks, source, gone_around)
            _check_whole(checks, told.words)
    except SourceError as error:
        checks.fail("queries", error.problem, error.remedy)
    finally:
        await source.close()
        await client.aclose()
    return checks.made


def _check_whole(checks: Checks, left_out: Sequence[str]) -> None:
    """Whether the source left something out of the answers to these checks."""
    if not left_out:
        checks.ok("whole answers", "the source does not say that it left anything out")
        return
    checks.warn(
        "whole answers",
        f"the source says that its answers are partial: {'; '.join(left_out)}",
        "Bring back what it misses: until then reports are partial and no all-clear",
    )


def _check_recording(checks: Checks, settings: SourceSettings) -> None:
    try:
        open_source(settings)
    except InputError as error:
        checks.fail("recording", error.problem, error.remedy)
    else:
        checks.ok("recording", f"{Path(settings.url).name} can be read")


async def _check_metadata(checks: Checks, connection: Connection, tenant: str) -> None:
    try:
        told = await connection.data(tenant, "metadata", lambda data: data is None or isinstance(data, dict))
        found = told or {}
    except SourceError as error:
        found, why = {}, error.problem
    else:
        why = "there is no metadata"
    if found:
        checks.ok("metadata", f"types of {len(found)} metrics")
    else:
        checks.warn(
            "metadata",
            f"{why}: counters are told by their names and values only",
            "Send metadata with remote write (metadata_config.send), or name counters ..._total",
        )


async def _check_windows(
    checks: Checks,
    source: PrometheusSource,
    tenant: TenantSettings,
    analysis: AnalysisSettings,
    now_s: Callable[[], float],
) -> None:
    """Read what a first shard of an analysis of this moment would read."""
    end_ms = int(now_s() * 1000)
    split_ms = end_ms - CURRENT_ROWS * analysis.step_ms
    window = Window.ending(end_ms, split_ms, analysis.step_ms, analysis.window_rows)
    counts = await source.count(tenant.id, tenant.matchers, window)
    series, selector = sum(counts.values()), format_selector(tenant.matchers)
    if not series:
        checks.fail(
            "series",
            f"{selector} selects nothing in the last {(window.end_ms - window.start_ms) // 60_000} minutes",
            "Correct the tenant's id or selector",
        )
        return
    if series > analysis.max_series:
        checks.warn(
            "series",
            f"{selector} selects {series} series, over analysis.max_series ({analysis.max_series}): "
            "the largest metrics would be left out",
            "Give the tenant a narrower selector, or raise the cap",
        )
    else:
        checks.ok("series", f"{series} series of {len(counts)} metrics under {selector}")
    shards = packed(by_name(counts).groups, analysis.shard_series)
    fitting = [group for group in shards if group[1] <= analysis.shard_series] or shards[-1:]
    names, expected = max(fitting, key=lambda group: group[1])
    matchers = (*tenant.matchers, matcher_of("__name__", names))
    await _check_limits(checks, source, tenant.id, matchers, window, expected)


def _check_ways(checks: Checks, source: PrometheusSource, gone_around: Mapping[str, SourceError]) -> None:
    """Which doors are refused, in whose words, and what it costs to go around them."""
    refused = dict(gone_around)
    by_read = [refused.pop(way) for way in REMOTE_READ if way in refused]
    if source.remote_read_kind is not None:
        checks.ok("remote read", f"answers {source.remote_read_kind}")
    elif by_read:
        checks.warn(
            "remote read",
            f"{by_read[0].problem}: windows are read as JSON, several times slower",
            "Let POST /api/v1/read through to this client, if the server has it",
        )
    for door, error in refused.items():
        checks.warn(door, f"{error.problem}: another way works, and is slower", error.remedy)


def _check_history(checks: Checks, raw: RawSeries, window: Window) -> None:
    """Whether the samples begin where the window does; a limit on looking back cuts them without a word."""
    first_ms = int(raw.timestamps.min(initial=window.end_ms))
    missing_ms, length_ms = first_ms - window.start_ms, window.end_ms - window.start_ms
    if len(raw) and missing_ms > max(length_ms // 10, _STALE_STEPS * window.step_ms):
        checks.warn(
            "history",
            f"no sample before {datetime.fromtimestamp(first_ms / 1000, UTC):%H:%M:%S} UTC: "
            f"{missing_ms // 1000} of {length_ms // 1000} s of the window are missing",
            "Raise the tenant's max_query_lookback at the source, or ask for shorter windows by "
            "analysis.rows or analysis.step_ms; a young source fills by itself",
        )


async def _check_limits(
    checks: Checks,
    source: PrometheusSource,
    tenant: str,
    matchers: Matchers,
    window: Window,
    expected: int,
) -> None:
    began = time.perf_counter()
    raw = await source.samples(tenant, matchers, window.start_ms, window.end_ms, window.step_ms)
    took_s = time.perf_counter() - began
    limit = source.learned_limit(tenant, window)
    if limit is not None:
        lost = totals(raw.skipped).get(OVER_LIMIT, 0)
        checks.warn(
            "limits",
            f"a shard of {expected} series is refused; about {limit} at once are read, {lost} were lost",
            f"Raise this tenant's limits at the source, or lower analysis.shard_series to {limit}",
        )
    else:
        checks.ok("limits", f"a shard of {len(raw)} series, {len(raw.values)} samples: {took_s:.2f} s")
    _check_history(checks, raw, window)
    age_s = (window.end_ms - int(raw.timestamps.max(initial=0))) / 1000
    if len(raw) and age_s > _STALE_STEPS * window.step_ms / 1000:
        checks.warn(
            "freshness",
            f"the newest sample is {age_s:.0f} s old",
            "See whether scrapes and remote write keep up",
        )
    elif len(raw):
        checks.ok("freshness", f"the newest sample is {max(age_s, 0):.0f} s old")
