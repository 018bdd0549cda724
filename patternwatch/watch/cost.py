"""What it costs to watch these series, measured on a part of them."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch

MAX_MEASURED = 5000
"""Series of which one is measured: a tenth of a second a tick, and what a series costs hardly changes."""
BYTES_PER_SERIES = 8192
"""What a worker counts on before it has seen a series: 4 kB of banks, 2 kB of its labels (ten of them) as
Python keeps them, and 2 kB while history is read (`bank_cost`, and `python -m benchmarks.watch` of banks)."""


@dataclass(frozen=True, slots=True)
class BankCost:
    """Of one series: bytes of memory, its labels included, and seconds of CPU a tick."""

    bytes_per_series: float
    tick_s_per_series: float


def bank_cost(batch: SeriesBatch, settings: AnalysisSettings) -> BankCost:
    """Watch a batch of at least four rows: the older half as history, then the rest tick by tick.

    The last tick counts: at the first one all labels are read. Raises ValueError where the batch is empty
    or shorter.

    >>> import numpy as np
    >>> labels = [{"__name__": "queue_length", "service": f"cart-{n}"} for n in range(200)]
    >>> batch = SeriesBatch(labels, 30_000 * np.arange(1, 17), np.ones((200, 16)), [""] * 200)
    >>> cost = bank_cost(batch, AnalysisSettings())
    >>> 4000 < cost.bytes_per_series < 8400, cost.tick_s_per_series > 0
    (True, True)
    """
    rows = len(batch.times)
    if not len(batch) or rows < 4:
        raise ValueError(f"{len(batch)} series of {rows} rows: give some, of four rows or more")
    part = batch.take(range(min(len(batch), MAX_MEASURED)))
    _watched(part, settings)  # so that code is loaded and compiled before
    with _traced():
        before, _ = tracemalloc.get_traced_memory()
        watch = _watched(part, settings)
        after, _ = tracemalloc.get_traced_memory()
    began = time.process_time()
    watch.observe(_rows(part, rows - 2, rows), int(part.times[-1]))
    took_s = time.process_time() - began
    return BankCost((after - before) / len(part), took_s / len(part))


def _watched(batch: SeriesBatch, settings: AnalysisSettings) -> ClusterWatch:
    rows = len(batch.times)
    watch = ClusterWatch(settings, int(batch.times[1] - batch.times[0]))
    watch.learn(_rows(batch, 0, rows // 2))
    watch.observe(_rows(batch, rows // 2, rows - 1), int(batch.times[-2]))
    return watch


@contextmanager
def _traced() -> Iterator[None]:
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        yield
    finally:
        if not was_tracing:
            tracemalloc.stop()


def _rows(batch: SeriesBatch, first: int, behind: int) -> SeriesBatch:
    """Some rows, with label sets of their own."""
    labels = [dict(own) for own in batch.labels] if first == 0 else batch.labels
    return SeriesBatch(labels, batch.times[first:behind], batch.values[:, first:behind], batch.derivation)
