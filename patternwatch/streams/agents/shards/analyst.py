"""The analyst: fetches one shard's series and scans them. A failure is a result too, with its reason."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from patternwatch.analysis.scan import scan
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import (
    MAX_REASON,
    InputError,
    RecordTooLargeError,
    SourceError,
    in_words,
)
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import SHARD_RESULTS
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.seasonal_reference import fetch_compared
from patternwatch.cortex.source import SeriesSource
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.recent import Recent
from patternwatch.streams.agents.shards.attempts import Attempts, Begun, SetAsideError
from patternwatch.streams.agents.shards.shard_reader import ShardReader, received
from patternwatch.streams.consumer.fair_queue import place_of
from patternwatch.streams.consumer.fair_threads import FairThreads
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()

MAX_RESULT_BYTES = 1_000_000

Work: TypeAlias = tuple[str, str, int, int, int, int]
"""Tenant, shard, look, number of shards, and the window in ms since 1970."""
Scan: TypeAlias = Callable[[Shard, SeriesBatch, AnalysisSettings, float], ShardResult]


class StepError(Exception):
    """What nobody foresaw, and in which step it came."""

    def __init__(self, step: str, reason: Exception) -> None:
        super().__init__(step)
        self.reason = reason


@contextmanager
def step(failed: str) -> Iterator[None]:
    """Name this step, where something unforeseen comes out of it."""
    try:
        yield
    except (SourceError, InputError):
        raise
    except Exception as error:
        raise StepError(failed, error) from error


async def fetch_and_scan(source: SeriesSource, shard: Shard, settings: AnalysisSettings) -> ShardResult:
    """The result of one shard, fetched and scanned in this thread; raises what the source raises."""
    began = time.perf_counter()
    with partial_answers() as told:
        batch = await fetch_compared(source, shard.request, shard.matchers)
    batch = received(shard, batch, told.words)
    return scan(shard, batch, settings, (time.perf_counter() - began) * 1000)


@dataclass(frozen=True, slots=True)
class Analyst:
    """Works on the topic `shards`.

    source_s   how long, in seconds, a source that is away is tried again
    is_out     whether a request's look has its whole report: no shard of it is scanned any more
    attempts   counts what was begun: a shard that killed its worker twice is set aside
    max_bytes  of a result; the last candidates of a larger one are left out
    """

    publisher: Publisher
    metrics: WorkerMetrics
    reader: ShardReader
    settings: AnalysisSettings
    threads: FairThreads
    source_s: float
    attempts: Attempts
    is_out: Callable[[AnalysisRequest], bool]
    max_bytes: int = MAX_RESULT_BYTES
    scan: Scan = scan
    sent: Recent[Work, None] = field(default_factory=Recent)
    """The results that this process has put on Kafka: a second record of such a shard needs none."""

    async def on_shard(self, shard: Shard) -> None:
        """Publish what the scan of this shard found, or why there was none.

        Raises what was not foreseen, after the failed result is out: a fault of ours to be looked into.
        """
        if self.is_out(shard.request) or _work_of(shard) in self.sent:
            return
        try:
            async with self.attempts.of(shard.request, "shard", shard.shard_id) as begun:
                await self._work(shard, begun)
        except (SourceError, InputError, SetAsideError) as error:
            await self._fail(shard, str(error))
        except StepError as error:
            await self._fail(shard, in_words(str(error), error.reason))
            raise error.reason from None
        except Exception as error:
            await self._fail(shard, in_words("It could not be begun", error))
            raise

    async def _work(self, shard: Shard, begun: Begun) -> None:
        began = time.perf_counter()
        batch = await self.read(shard, begun)
        fetched_s = time.perf_counter() - began
        with step("The scan failed"):
            loop = asyncio.get_running_loop()
            threads = self.threads.at(place_of(shard.request))
            result, encoded = await loop.run_in_executor(
                threads, self._scanned, shard, batch, fetched_s * 1000
            )
        with step("The result could not be sent"):
            result = await self._send(result, encoded)
        self.sent.put(_work_of(shard), None)
        self.measure(result, fetched_s, time.perf_counter() - began - fetched_s)

    async def _send(self, result: ShardResult, encoded: bytes) -> ShardResult:
        """Publish it, or as much of it as its topic takes: one that was made by hand may take less."""
        while True:
            try:
                await self.publisher.publish(SHARD_RESULTS, result, encoded)
            except RecordTooLargeError:
                if not result.candidates:
                    raise
                result, encoded = fitted(result, len(encoded) // 2)
            else:
                return result

    async def read(self, shard: Shard, begun: Begun) -> SeriesBatch:
        """The shard's series, once it is noted that it was begun: what follows may kill.

        Raises what the source raises when it was tried for long enough, and StepError.
        """
        with step("Reading the series failed"):
            batch = await with_retries(
                lambda: self.reader.read(shard), self.source_s, on_retry=self.metrics.source_retries.inc
            )
            await begun.noted
        return batch

    def _scanned(self, shard: Shard, batch: SeriesBatch, fetch_ms: float) -> tuple[ShardResult, bytes]:
        """The result and its bytes, made in the thread too: of a large one these take milliseconds."""
        return fitted(self.scan(shard, batch, self.settings, fetch_ms), self.max_bytes)

    async def _fail(self, shard: Shard, reason: str) -> None:
        log.warning("shard.failed", tenant=shard.request.tenant, shard=shard.shard_id, reason=reason)
        await self.publisher.publish(SHARD_RESULTS, failed_result(shard, reason[:MAX_REASON]))

    def measure(self, result: ShardResult, fetched_s: float, scanned_s: float) -> None:
        """Tell metrics and log of a shard that was scanned."""
        tenant = result.request.tenant
        self.metrics.stage_seconds.labels("fetch").observe(fetched_s)
        self.metrics.stage_seconds.labels("scan").observe(scanned_s)
        self.metrics.series_analysed.labels(tenant).inc(result.analysed)
        self.metrics.series_flagged.labels(tenant).inc(result.flagged)
        log.info(
            "shard.scanned",
            tenant=tenant,
            shard=result.shard_id,
            series=result.series,
            flagged=result.flagged,
            candidates=len(result.candidates),
            fetch_ms=round(fetched_s * 1000),
            scan_ms=round(scanned_s * 1000),
        )


def _work_of(shard: Shard) -> Work:
    """The shard, its look and its plan: a request that is planned twice may be split differently."""
    request, window = shard.request, shard.request.window
    return request.tenant, shard.shard_id, request.look, shard.of, window.start_ms, window.end_ms


def failed_result(shard: Shard, reason: str) -> ShardResult:
    """The result of a shard that could not be scanned."""
    return ShardResult(
        shard_id=shard.shard_id,
        number=shard.number,
        of=shard.of,
        request=shard.request,
        status="failed",
        reason=reason,
        expected=shard.expected,
    )


def fitted(result: ShardResult, max_bytes: int) -> tuple[ShardResult, bytes]:
    """The result with as many of its first candidates as fit into so many bytes, and these bytes."""
    encoded = encode(result)
    size = len(encoded)
    if size <= max_bytes:
        return result, encoded
    ordered = result.candidates
    while size > max_bytes and ordered:
        keep = min(int(len(ordered) * max_bytes / size), len(ordered) - 1)
        ordered = ordered[:keep]
        result = result.model_copy(update={"candidates": ordered})
        encoded = encode(result)
        size = len(encoded)
    log.warning("result.trimmed", shard=result.shard_id, candidates=len(ordered), bytes=size)
    return result, encoded
