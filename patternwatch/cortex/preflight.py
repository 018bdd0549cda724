"""Whether a source answers, lets this tenant in and gives what an analysis needs: checks that only read."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.label_partition import by_name, matcher_of, packed
from patternwatch.cortex.prometheus import PrometheusSource

MAX_SKEW_S = 5.0
"""Clocks that are further apart than this put an alert into the wrong step."""
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
        if await _check_door(checks, connection, tenant.id, now_s):
            await _check_metadata(checks, connection, tenant.id)
            await _check_windows(checks, source, tenant, analysis, now_s)
    except SourceError as error:
        checks.fail("queries", error.problem, error.remedy)
    finally:
        await source.close()
        await client.aclose()
    return checks.made


def _check_recording(checks: Checks, settings: SourceSettings) -> None:
    try:
        open_source(settings)
    except InputError as error:
        checks.fail("recording", error.problem, error.remedy)
    else:
        checks.ok("recording", f"{Path(settings.url).name} can be read")


async def _check_door(
    checks: Checks, connection: Connection, tenant: str, now_s: Callable[[], float]
) -> bool:
    """Whether the source is there and lets the tenant in; its clock on the way."""
    asked_s = now_s()
    try:
        answer = await connection.ask(tenant, "query", {"query": "vector(1)"})
    except SourceError as error:
        if error.status is None:
            checks.fail("reachable", error.problem, error.remedy)
        else:
            checks.ok("reachable", f"{connection.url} answers")
            checks.fail("tenant", error.problem, error.remedy)
        return False
    took_s = now_s() - asked_s
    checks.ok("reachable", f"{connection.url} answers in {took_s * 1000:.0f} ms")
    checks.ok("tenant", f"X-Scope-OrgID: {tenant} is let in")
    _check_clock(checks, answer.headers.get("Date", ""), asked_s + took_s / 2)
    return True


def _check_clock(checks: Checks, date: str, here_s: float) -> None:
    try:
        there = parsedate_to_datetime(date)
    except (ValueError, TypeError):
        checks.warn(
            "clock", "the source does not tell its time (no Date header)", "Compare the clocks by hand"
        )
        return
    there = there if there.tzinfo else there.replace(tzinfo=UTC)
    # The header is cut to whole seconds: half a second more is the likeliest.
    skew_s = (there - datetime.fromtimestamp(here_s, UTC)).total_seconds() + 0.5
    if abs(skew_s) > MAX_SKEW_S:
        way = "ahead of" if skew_s > 0 else "behind"
        checks.warn("clock", f"the source's clock is {abs(skew_s):.0f} s {way} ours", "Run NTP on both")
    else:
        checks.ok("clock", f"less than {MAX_SKEW_S:g} s apart")


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
    window = Window.ending(end_ms, split_ms, analysis.step_ms, analysis.rows)
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
    _check_kind(checks, source)


def _check_kind(checks: Checks, source: PrometheusSource) -> None:
    if source.remote_read_kind is None:
        checks.warn(
            "remote read",
            "there is none: windows are read as JSON, several times slower",
            "Open POST /api/v1/read to this client, if the server has it",
        )
    else:
        checks.ok("remote read", f"answers {source.remote_read_kind}")


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
    age_s = (window.end_ms - int(raw.timestamps.max(initial=0))) / 1000
    if len(raw) and age_s > _STALE_STEPS * window.step_ms / 1000:
        checks.warn(
            "freshness",
            f"the newest sample is {age_s:.0f} s old",
            "See whether scrapes and remote write keep up",
        )
    elif len(raw):
        checks.ok("freshness", f"the newest sample is {max(age_s, 0):.0f} s old")
