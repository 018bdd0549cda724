"""The analyst: fetches one shard's series and scans them. What fails is a result too, with its reason."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeAlias

import structlog

from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.messages import Shard, ShardResult
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.topics import FINDINGS
from patternwatch.cortex.earlier import fetch_compared
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.outbox import Publisher

log = structlog.get_logger()

Scan: TypeAlias = Callable[[Shard, SeriesBatch, float], ShardResult]

MOST_RESULT_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Analyst:
    """Works on the topic `shards`."""

    publisher: Publisher
    metrics: WorkerMetrics
    source: SeriesSource
    scan: Scan
    executor: Executor
    source_s: float
    """How long a source that is away is tried again."""
    most_bytes: int = MOST_RESULT_BYTES

    async def on_shard(self, shard: Shard) -> None:
        """Publish what the scan of this shard found, or why there was none.

        Raises what `scan` raised, after the failed result is out: a fault of ours to be looked into.
        """
        request = shard.request
        began = time.perf_counter()
        try:
            batch = await with_retries(
                lambda: fetch_compared(self.source, request, shard.matchers),
                self.source_s,
                on_retry=self.metrics.source_retries.inc,
            )
        except (SourceError, InputError) as error:
            await self._fail(shard, str(error))
            return
        fetched_s = time.perf_counter() - began
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(self.executor, self.scan, shard, batch, fetched_s * 1000)
        except Exception as error:
            await self._fail(shard, f"The scan failed: {type(error).__name__}: {error}")
            raise
        await self.publisher.publish(FINDINGS, fitted(result, self.most_bytes))
        self._measure(result, fetched_s, time.perf_counter() - began - fetched_s)

    async def _fail(self, shard: Shard, reason: str) -> None:
        log.warning("shard.failed", tenant=shard.request.tenant, shard=shard.shard_id, reason=reason)
        await self.publisher.publish(FINDINGS, failed_result(shard, reason))

    def _measure(self, result: ShardResult, fetched_s: float, scanned_s: float) -> None:
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


def failed_result(shard: Shard, reason: str) -> ShardResult:
    """The result of a shard that could not be scanned."""
    return ShardResult(
        shard_id=shard.shard_id,
        number=shard.number,
        of=shard.of,
        request=shard.request,
        status="failed",
        reason=reason,
    )


def fitted(result: ShardResult, most_bytes: int) -> ShardResult:
    """The result with as many candidates, most interesting first, as fit into this many bytes."""
    size = len(encode(result))
    if size <= most_bytes:
        return result
    ordered = sorted(result.candidates, key=lambda candidate: -candidate.interest)
    while size > most_bytes and ordered:
        keep = min(int(len(ordered) * most_bytes / size), len(ordered) - 1)
        ordered = ordered[:keep]
        result = result.model_copy(update={"candidates": ordered})
        size = len(encode(result))
    log.warning("result.trimmed", shard=result.shard_id, candidates=len(ordered), bytes=size)
    return result
