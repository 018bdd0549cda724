"""Made-up incidents and helpers to carry them through the whole analysis."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest, Trigger
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.detectors.base import Matrix

SETTINGS = AnalysisSettings()
START_MS = 1_760_000_000_000
STEP_MS = 10_000
ROWS, SPLIT = 300, 240
EXAMPLES = Path(__file__).parents[2] / "examples"
RECORDED = sorted((EXAMPLES / "incidents").glob("*.parquet"))
RECORDED_KUBE = sorted((EXAMPLES / "incidents_kube").glob("*.parquet"))


Classify: TypeAlias = Callable[[npt.NDArray[Any], int], Floats32]


def up_or_down(values: npt.NDArray[Any], split: int) -> Floats32:
    """A stand-in for the shape model: up, down, or normal where the mean hardly moved."""
    with np.errstate(all="ignore"):
        before, after = np.nanmean(values[:, :split], axis=1), np.nanmean(values[:, split:], axis=1)
        moved = np.abs(after - before) > np.nanstd(values[:, :split], axis=1)
    up = np.where(after >= before, Pattern.LEVEL_SHIFT_UP, Pattern.LEVEL_SHIFT_DOWN)
    named = np.where(moved, up, Pattern.NORMAL)
    return np.array([[0.9 if p == name else 0.1 / 14 for p in PATTERNS] for name in named], dtype=np.float32)


def made_up(
    services: int = 8, broken: str = "service-3", seed: int = 0, quiet: bool = False, fault_row: int = SPLIT
) -> SeriesBatch:
    """Every service has five metrics of noise; those of the broken one shift at the fault."""
    rng = np.random.default_rng(seed)
    names = ["cpu_usage", "memory_bytes", "latency_seconds", "errors", "requests"]
    labels = [
        {"__name__": name, "service": f"service-{s}", "cluster": "shop"}
        for s in range(services)
        for name in names
    ]
    values = 10.0 + rng.normal(size=(len(labels), ROWS)) * np.repeat([1, 2, 0.5, 1, 3], services)[:, None]
    if not quiet:
        for i, own in enumerate(labels):
            if own["service"] == broken:
                values[i, fault_row:] += 40.0
    return batch(labels, values)


def batch(labels: list[dict[str, str]], values: Matrix, derivation: list[str] | None = None) -> SeriesBatch:
    times = START_MS + STEP_MS * np.arange(values.shape[1], dtype=np.int64)
    return SeriesBatch(labels, times, values, derivation or [""] * len(labels))


def request_of(
    series: SeriesBatch, split: int = SPLIT, alert: Alert | None = None, trigger: Trigger = "manual"
) -> AnalysisRequest:
    times = series.times.tolist()
    window = Window(start_ms=times[0], split_ms=times[split], end_ms=times[-1], step_ms=times[1] - times[0])
    return AnalysisRequest(
        request_id="r1",
        tenant="default",
        trigger=trigger,
        title="test",
        matchers=parse_selector('{cluster="shop"}'),
        window=window,
        requested_at_ms=times[-1],
        alert=alert,
    )


def alert_at(starts_at_ms: int) -> Alert:
    return Alert(
        tenant="default",
        fingerprint="f1",
        status="firing",
        labels={"alertname": "HighLatency", "cluster": "shop"},
        starts_at_ms=starts_at_ms,
        received_at_ms=starts_at_ms,
    )


def shards_of(request: AnalysisRequest, series: SeriesBatch, number: int) -> list[Shard]:
    """The series dealt out by metric name, as the planner does, into about this many shards."""
    counts: dict[str, int] = {}
    for labels in series.labels:
        counts[labels["__name__"]] = counts.get(labels["__name__"], 0) + 1
    settings = SETTINGS.model_copy(update={"shard_series": -(-len(series) // number)})
    return plan_shards(request, counts, settings)


def results_of(
    request: AnalysisRequest, series: SeriesBatch, number: int = 1, settings: AnalysisSettings = SETTINGS
) -> list[ShardResult]:
    out = []
    for shard in shards_of(request, series, number):
        extra = shard.matchers[len(request.matchers) :]
        rows = [i for i, own in enumerate(series.labels) if all(m.matches(own) for m in extra)]
        facts = () if shard.number else series.facts  # of metrics that lie in one of the shards
        out.append(scan(shard, replace(series.take(rows), facts=facts), settings))
    return out


def report_of(
    series: SeriesBatch,
    number: int = 1,
    split: int = SPLIT,
    settings: AnalysisSettings = SETTINGS,
    classify: Classify = up_or_down,
    alert: Alert | None = None,
) -> Report:
    request = request_of(series, split, alert, "alert" if alert else "manual")
    return conclude(
        request, results_of(request, series, number, settings), PlainClassifier(classify, "fake"), settings
    )


@cache
def recorded(path: Path) -> tuple[Incident, Window, SeriesBatch]:
    """A recorded incident's whole window, as the source derives it."""
    source = BundleSource(path)
    incident = source.incident
    rows = (incident.end_ms - incident.start_ms) // incident.step_ms + 1
    window = Window(
        start_ms=incident.end_ms - (rows - 1) * incident.step_ms,
        split_ms=incident.at_ms,
        end_ms=incident.end_ms,
        step_ms=incident.step_ms,
    )
    series = asyncio.run(source.fetch("default", parse_selector('{__name__=~".+"}'), window))
    return incident, window, series
