"""What a watch would take, found by reading what one of its ticks reads."""

import time
from dataclasses import dataclass

from patternwatch.analysis.report.looks import SETTLE_MS
from patternwatch.contracts.errors import WatchError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Watch
from patternwatch.cortex.kept_windows import KeptWindows
from patternwatch.cortex.source import SeriesSource
from patternwatch.cortex.traffic import counted_traffic
from patternwatch.streams.agents.watches.tail import LATE_TAIL_ROWS, TAIL_ROWS
from patternwatch.watch.cost import bank_cost
from patternwatch.watch.history.history_windows import DAY_MS, history_windows


@dataclass(frozen=True, slots=True)
class WatchCost:
    """Of one watch, on the worker that has it and at the source.

    selected        series that the selector chooses
    series          of them and of what is derived from them, those that are judged
    memory_bytes    on the worker
    tick_requests   sent to the source at each tick
    tick_bytes      of their answers
    tick_cpu_s      seconds of CPU on the worker: read, decoded and judged
    begin_requests  sent once, for the history that it learns from, at least
    begin_bytes     of their answers, about
    """

    selected: int
    series: int
    memory_bytes: int
    tick_requests: int
    tick_bytes: int
    tick_cpu_s: float
    begin_requests: int
    begin_bytes: int


async def watch_cost(
    watch: Watch, source: SeriesSource, settings: AnalysisSettings, now_ms: int
) -> WatchCost:
    """Read the first rows of a tail, and then what is new an interval later, as the watcher does.

    Raises SourceError, and WatchError where the selector chooses nothing.
    """
    matchers, step_ms = parse_selector(watch.selector), settings.step_ms
    newest_ms = now_ms - SETTLE_MS
    first_ms = newest_ms - max(round(watch.interval_s * 1000), step_ms)
    selected = sum((await source.count(watch.tenant, matchers, _tail(newest_ms, step_ms))).values())
    tails = KeptWindows(source, late_rows=LATE_TAIL_ROWS)
    with counted_traffic() as first:
        await tails.fetch("", watch.tenant, matchers, _tail(first_ms, step_ms), again=True)
    began = time.process_time()
    with counted_traffic() as tick:
        batch = await tails.fetch("", watch.tenant, matchers, _tail(newest_ms, step_ms), again=True)
    read_s = time.process_time() - began
    if not len(batch):
        raise WatchError(
            f"{watch.selector} chooses no series of tenant {watch.tenant}",
            "See which labels they have: `patternwatch doctor`",
        )
    bank = bank_cost(batch, settings)
    until_ms = newest_ms - TAIL_ROWS * step_ms
    windows = history_windows(until_ms - round(watch.history_days * DAY_MS), until_ms, step_ms, selected)
    learned_ms = sum(window.rows * window.step_ms for window in windows)
    return WatchCost(
        selected=selected,
        series=len(batch),
        memory_bytes=round(len(batch) * bank.bytes_per_series),
        tick_requests=tick.requests,
        tick_bytes=tick.bytes,
        tick_cpu_s=read_s + len(batch) * bank.tick_s_per_series,
        begin_requests=len(windows) * max(tick.requests, 1),
        begin_bytes=round(first.bytes * learned_ms / (TAIL_ROWS * step_ms)),
    )


def _tail(end_ms: int, step_ms: int) -> Window:
    end_ms -= end_ms % step_ms
    start_ms = end_ms - (TAIL_ROWS - 1) * step_ms
    return Window(start_ms=start_ms, split_ms=end_ms, end_ms=end_ms, step_ms=step_ms)
