"""Recorded incidents with known causes, judged as the product judges them.

A `Case` holds the request that `patternwatch analyze FILE` makes of a recording: rows that end 59 rows
after the alert, or with the recording where that is sooner. Rows before the recording are gaps. `judge`
then does what planner, analyst and collector do, by their own functions and with the shipped model.
"""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier
from patternwatch.classifier.model import ShapeModel
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest, Compare
from patternwatch.contracts.series import CURRENT_ROWS, Labels, SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.seasonal_reference import fetch_compared
from patternwatch.streams.agents.planning.plan import plan
from patternwatch.streams.agents.shards.analyst import fetch_and_scan

EVERYTHING = '{__name__=~".+"}'
TENANT = "default"

T = TypeVar("T")


@dataclass(frozen=True)
class Case:
    """One incident, the request that the product makes of it, and the series of the request's window."""

    setting: str
    recording: BundleSource
    request: AnalysisRequest
    settings: AnalysisSettings
    batch: SeriesBatch

    @property
    def incident(self) -> Incident:
        """What the recording says of itself, the true cause included."""
        return self.recording.incident

    @property
    def window(self) -> Window:
        """The rows that are judged."""
        return self.request.window

    @property
    def source(self) -> str:
        """Where it is from; incidents that leave no trace in metrics are a source by themselves."""
        observable = (self.incident.model_extra or {}).get("observable", True)
        return self.incident.source if observable else f"{self.incident.source} (no trace)"

    @property
    def services(self) -> set[str]:
        """The true causes."""
        return set(self.incident.truth.services) if self.incident.truth else set()

    @property
    def series(self) -> set[str]:
        """Keys (`raw_series_key`) of the true root series, where they are known."""
        known = self.incident.truth.series if self.incident.truth else []
        return {raw_series_key(labels) for labels in known}


@dataclass(frozen=True)
class Judgement:
    """What the product makes of a case.

    results  of the shards
    ms       of scanning and concluding, in one thread; planning and fetching are not in it
    """

    results: list[ShardResult]
    report: Report
    ms: float


def load(path: Path, root: Path, compare: Compare = "none") -> Case:
    """Read one bundle, for an analysis with this comparison; raises BundleError where it is none."""
    recording = BundleSource(path)
    settings = AnalysisSettings(step_ms=recording.incident.step_ms, compare=compare)
    request = request_of(recording.incident, settings)
    batch = _run(fetch_compared(recording, request, request.matchers))
    return Case(_setting(path, root, recording.incident.source), recording, request, settings, batch)


def request_of(incident: Incident, settings: AnalysisSettings) -> AnalysisRequest:
    """The request of `patternwatch analyze FILE`: all series around the time of the alert."""
    end_ms = min(incident.at_ms + (CURRENT_ROWS - 1) * settings.step_ms, incident.end_ms)
    return request_for_selector(
        tenant=TENANT,
        selector=EVERYTHING,
        at_ms=incident.at_ms,
        end_ms=end_ms,
        title=incident.name,
        settings=settings,
        now_ms=incident.end_ms,
        request_id="benchmark",
    )


def quiet_before(case: Case) -> Case:
    """The same recording with a window that ends right before its fault: nobody is the cause of anything."""
    step_ms, at_ms = case.settings.step_ms, case.incident.at_ms
    times = {"at_ms": at_ms - (CURRENT_ROWS + 1) * step_ms, "end_ms": at_ms - step_ms}
    request = request_of(case.incident.model_copy(update=times), case.settings)
    return replace(case, request=request)


def judge(case: Case) -> Judgement:
    """Plan, scan every shard and conclude, as the worker does."""
    return _run(_judge(case))


async def _judge(case: Case) -> Judgement:
    classifier = shipped_classifier()
    shards = await plan(case.recording, case.request, case.settings)
    started = time.perf_counter()
    results = [await fetch_and_scan(case.recording, shard, case.settings) for shard in shards]
    report = conclude(case.request, results, classifier, case.settings)
    ms = 1000 * (time.perf_counter() - started) - sum(result.fetch_ms for result in results)
    return Judgement(results, report, ms)


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, which writes out the main task's result as text when it ends (CPython 3.11).

    For a report that text takes longer than the analysis, so the main task has no result here.
    """
    results: list[T] = []

    async def keep() -> None:
        results.append(await coroutine)

    asyncio.run(keep())
    return results[0]


@cache
def shipped_classifier() -> FewShotClassifier:
    """The classifier of a tenant that has taught nothing; loaded once."""
    return FewShotClassifier(EmbeddingSpace(ShapeModel.load()))


def raw_series_key(labels: Labels) -> str:
    """The key of the raw series: whatever is derived from one counter or histogram has the same.

    >>> count = {"__name__": "request_seconds_count", "service": "cart"}
    >>> bucket = {"__name__": "request_seconds_bucket", "service": "cart", "le": "0.5"}
    >>> raw_series_key(count) == raw_series_key(bucket)
    True
    """
    name = labels.get("__name__", "")
    for suffix in ("_bucket", "_sum", "_count"):
        name = name.removesuffix(suffix)
    kept = {label: value for label, value in labels.items() if label != "le"}
    return series_id(kept | {"__name__": name}, "")


def _setting(path: Path, root: Path, source: str) -> str:
    """The sub-folder, without a last part that only repeats the source."""
    parts = list(path.parent.relative_to(root).parts)
    if parts and parts[-1] == source:
        parts.pop()
    return "/".join(parts) or root.name
