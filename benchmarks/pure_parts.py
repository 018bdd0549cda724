"""What an analysis takes in one process, one part after the other, by the product's own functions."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy.typing as npt

from benchmarks.incidents import shipped_classifier
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.scan import scan
from patternwatch.classifier.shape_classifier import Prediction, ShapeClassifier
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.agents.planning.plan import plan

Clock: TypeAlias = Callable[[], float]
"""Seconds: of the wall, or of this process's CPU."""


@dataclass(frozen=True)
class Parts:
    """Seconds of each part; `classify` is a part of `conclude`."""

    count_s: float
    fetch_s: float
    scan_s: float
    conclude_s: float
    classify_s: float
    report: Report

    @property
    def whole_s(self) -> float:
        """All of them, one after the other."""
        return self.count_s + self.fetch_s + self.scan_s + self.conclude_s


class TimedClassifier:
    """A classifier that keeps how long it took."""

    def __init__(self, classifier: ShapeClassifier, clock: Clock = time.perf_counter) -> None:
        self._classifier = classifier
        self._clock = clock
        self.seconds = 0.0

    @property
    def version(self) -> str:
        """See `ShapeClassifier.version`."""
        return self._classifier.version

    def name(self, values: npt.NDArray[Any], split: int) -> Prediction:
        """See `ShapeClassifier.name`."""
        began = self._clock()
        try:
            return self._classifier.name(values, split)
        finally:
            self.seconds += self._clock() - began


async def parts_of(
    source: SeriesSource,
    request: AnalysisRequest,
    settings: AnalysisSettings,
    at_once: int = 1,
    clock: Clock = time.perf_counter,
) -> Parts:
    """Count, fetch, scan and conclude this request in this process.

    at_once  how many shards are fetched at a time; they are scanned one after the other
    """
    began = clock()
    shards = await plan(source, request, settings)
    counted = clock()
    batches = await fetched(source, shards, at_once)
    came = clock()
    results = scans(shards, batches, settings)
    scanned = clock()
    classifier = TimedClassifier(shipped_classifier(), clock)
    report = conclude(request, results, classifier, settings)
    ended = clock()
    return Parts(counted - began, came - counted, scanned - came, ended - scanned, classifier.seconds, report)


async def fetched(source: SeriesSource, shards: Sequence[Shard], at_once: int) -> list[SeriesBatch]:
    """The series of every shard, so many at once."""
    gate = asyncio.Semaphore(at_once)

    async def one(shard: Shard) -> SeriesBatch:
        async with gate:
            return await source.fetch(shard.request.tenant, shard.matchers, shard.request.window)

    return list(await asyncio.gather(*(one(shard) for shard in shards)))


def scans(
    shards: Sequence[Shard], batches: Sequence[SeriesBatch], settings: AnalysisSettings
) -> list[ShardResult]:
    """What the scan of each shard finds."""
    return [scan(shard, batch, settings, 0.0) for shard, batch in zip(shards, batches, strict=True)]
