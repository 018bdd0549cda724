"""What every server is asked: `doctor`, and the analysis of one recorded incident."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.one_process import analyze
from patternwatch.contracts.checks import Check
from patternwatch.contracts.matchers import Matchers, parse_selector
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings, TenantSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.preflight import check_source
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.raw import RawSeries
from patternwatch.cortex.source import SeriesSource

INCIDENT = Path(__file__).resolve().parents[2] / "examples" / "incidents" / "catalogue-cpu-hog.parquet"
NAMES = (
    "event_loop_lag_seconds",
    "http_requests_in_flight",
    "http_requests_total",
    "process_cpu_seconds_total",
)
"""The metrics that a server is filled with: counters and gauges of every service."""
TENANT = TenantSettings(id="anonymous")
SELECTION: Matchers = parse_selector('{__name__=~".+"}')


@dataclass(frozen=True, slots=True)
class Visit:
    """What came of it.

    checks  what `doctor` says
    report  of the incident
    raw     the samples of its window
    """

    checks: dict[str, Check]
    report: Report
    raw: RawSeries


async def visit(url: str, transport: httpx.AsyncBaseTransport) -> Visit:
    """Ask a server that holds the incident; raises what the source raises."""
    settings = SourceSettings(url=url, tries=1, timeout_s=30.0)
    incident = BundleSource(INCIDENT).incident
    analysis = AnalysisSettings(step_ms=incident.step_ms)
    checks = await check_source(settings, TENANT, analysis, transport, lambda: incident.end_ms / 1000)
    source = PrometheusSource(settings, transport)
    try:
        request = request_of(analysis)
        report = await analyze(source, request, analysis)
        raw = await samples(source, request)
    finally:
        await source.close()
    return Visit({check.name: check for check in checks}, report, raw)


def request_of(analysis: AnalysisSettings) -> AnalysisRequest:
    """The analysis of the incident, of everything that the server holds."""
    incident = BundleSource(INCIDENT).incident
    return request_for_selector(
        tenant=TENANT.id,
        selector='{__name__=~".+"}',
        at_ms=incident.at_ms,
        end_ms=incident.end_ms,
        title="recorded",
        settings=analysis,
        now_ms=incident.end_ms,
        request_id="recorded",
    )


async def samples(source: SeriesSource, request: AnalysisRequest) -> RawSeries:
    """What an analysis reads, before anything is made of it."""
    window = request.window
    start_ms = window.start_ms - 2 * window.step_ms + 1
    raw: RawSeries = await source.samples(  # type: ignore[attr-defined]
        TENANT.id, SELECTION, start_ms, window.end_ms, window.step_ms
    )
    return raw
