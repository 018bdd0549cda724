"""What a whole tick costs over a real Prometheus: its tail read, decoded, derived and judged.

All seconds are CPU of this process, the server's own beside them; a tick brings two rows.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.filled_prometheus import STEP_MS, Filled, filled
from benchmarks.output import Result, progress
from benchmarks.scaling.processor_time import process_seconds
from benchmarks.watch.replay import TICK_ROWS
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings
from patternwatch.cortex import remote_read, tail
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.ring_buffer import RingBuffer
from patternwatch.streams.agents.watches.tail import LATE_TAIL_ROWS, TAIL_ROWS
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.history.settled_rows import settled

TICKS = 10
SKIPPED_TICKS = 3
"""The first ones fill the tail and begin every series."""
LEARNED_BLOCKS, BLOCK_ROWS = 16, 60
PARTS = ("decode", "derive", "add", "bank")


def tail_cost(series: int) -> tuple[Result, list[Result]]:
    """The figures of a tick of so many series, and a row for each tick."""
    points = TAIL_ROWS + 1 + TICK_ROWS * TICKS
    with filled(series, points) as server:
        rows = asyncio.run(_ticks(server))
    counted = rows[SKIPPED_TICKS:]
    scale = 100_000 / series
    figures = {
        f"tick_{name}_100k_s": _median(counted, name) * scale for name in ("whole", "read", *PARTS, "server")
    }
    return figures, rows


async def _ticks(server: Filled) -> list[Result]:
    source = PrometheusSource(SourceSettings(url=server.url))
    reader = tail.TailReader(
        source,
        "default",
        parse_selector('{cluster="bench"}'),
        rows=AnalysisSettings().window_rows + TAIL_ROWS,
        step_ms=STEP_MS,
        late_ms=LATE_TAIL_ROWS * STEP_MS,
    )
    watch, rows = ClusterWatch(AnalysisSettings(step_ms=STEP_MS), STEP_MS), list[Result]()
    try:
        for tick in range(TICKS):
            end_ms = server.start_ms + (TAIL_ROWS + TICK_ROWS * tick) * STEP_MS
            spent = dict.fromkeys(PARTS, 0.0)
            served, started = process_seconds(server.pid), time.process_time()
            with _timed(spent):
                batch = await reader.poll(end_ms, end_ms, TAIL_ROWS)
                assert len(batch) == server.series, f"{len(batch)} of {server.series} series were read"
                if not tick:
                    _learn(watch, batch)
                    started = time.process_time()
                before = time.process_time()
                watch.observe(settled(batch), end_ms)
                spent["bank"] = time.process_time() - before
            whole = time.process_time() - started
            row = {"tick": tick, "series": len(batch), "whole": whole, **spent}
            row["read"] = max(whole - sum(spent.values()), 0.0)
            row["server"] = process_seconds(server.pid) - served
            rows.append(row)
            progress(str(row))
    finally:
        await source.close()
    return rows


def _learn(watch: ClusterWatch, batch: SeriesBatch) -> None:
    """History, so that the bank judges: noise about what the first tail has, up to before it."""
    rng, first = np.random.default_rng(0), int(batch.times[0])
    level = np.nan_to_num(np.nanmean(batch.values, axis=1, keepdims=True), nan=1.0)
    for block in range(LEARNED_BLOCKS, 0, -1):
        times = first + STEP_MS * (np.arange(BLOCK_ROWS) - block * BLOCK_ROWS)
        values = level * (1 + 0.05 * rng.standard_normal((len(batch), BLOCK_ROWS)))
        watch.learn(SeriesBatch(batch.labels, times, values, batch.derivation))


def _median(rows: list[Result], name: str) -> float:
    return float(np.median([row[name] for row in rows]))


@contextmanager
def _timed(spent: dict[str, float]) -> Iterator[None]:
    """Adds up the CPU time of the parts while it lasts; they run one after the other."""
    places: tuple[tuple[Any, str, str], ...] = (
        (remote_read, "decode_samples", "decode"),
        (remote_read, "decode_chunks", "decode"),
        (RingBuffer, "add", "add"),
        (RingBuffer, "cut", "derive"),
        (RingBuffer, "derived", "derive"),
    )
    before = [getattr(where, name) for where, name, _ in places]
    for (where, name, part), function in zip(places, before, strict=True):
        setattr(where, name, _adding(function, spent, part))
    try:
        yield
    finally:
        for (where, name, _), function in zip(places, before, strict=True):
            setattr(where, name, function)


def _adding(function: Callable[..., object], spent: dict[str, float], part: str) -> Callable[..., object]:
    def timed(*args: object, **named: object) -> object:
        started = time.process_time()
        try:
            return function(*args, **named)
        finally:
            spent[part] += time.process_time() - started

    return timed
