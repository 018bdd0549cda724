"""What the parts of an analysis take, in CPU seconds of this process: others do not disturb these."""

import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from benchmarks.pure_parts import Parts, fetched, parts_of, scans
from benchmarks.scaling.workers import Costs
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.agents.planning.plan import plan

T = TypeVar("T")

ROUNDS = 5
_WARM_UP = 1


async def part_costs(
    source: SeriesSource, request: AnalysisRequest, series: int, settings: AnalysisSettings
) -> Costs:
    """The costs of the parts of this request, which has so many series; the streams add the rest."""

    async def cpu() -> Parts:
        return await parts_of(source, request, settings, clock=time.process_time)

    rounds = await _rounds(cpu)
    shards = await plan(source, request, settings)
    batches = await fetched(source, shards, 1)
    return Costs(
        request=_median([parts.count_s for parts in rounds]),
        shard=0.0,
        fetch=_median([parts.fetch_s for parts in rounds]) / series,
        scan=_median([parts.scan_s for parts in rounds]) / series,
        conclude=_median([parts.conclude_s for parts in rounds]),
        wait=0.0,
        hop=0.0,
        two_threads=_two_threads(shards, batches, settings),
    )


async def wait_of(source: SeriesSource, request: AnalysisRequest, settings: AnalysisSettings) -> float:
    """Seconds until the shards of this request are fetched, one after the other, beside our own CPU."""
    shards = await plan(source, request, settings)

    async def waited() -> float:
        began, cpu = time.perf_counter(), time.process_time()
        await fetched(source, shards, 1)
        return time.perf_counter() - began - (time.process_time() - cpu)

    return max(_median(await _rounds(waited)), 0.0)


async def _rounds(one: Callable[[], Awaitable[T]]) -> list[T]:
    """What this gives each time, after some that warm up."""
    return [await one() for _ in range(_WARM_UP + ROUNDS)][_WARM_UP:]


def _two_threads(
    shards: Sequence[Shard], batches: Sequence[SeriesBatch], settings: AnalysisSettings
) -> float:
    """How much more two threads of a process scan than one: they share its interpreter, between 1 and 2."""

    def scan_all(_: int) -> None:
        scans(shards, batches, settings)

    def wall(threads: int) -> float:
        with ThreadPoolExecutor(threads) as pool:
            began = time.perf_counter()
            list(pool.map(scan_all, range(2)))
            return time.perf_counter() - began

    wall(2)
    return min(max(_median([wall(1) / wall(2) for _ in range(ROUNDS)]), 1.0), 2.0)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)
