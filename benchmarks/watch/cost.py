"""What a tick of many series costs, and the bytes a series takes: banks, members and entities, no reading.

River's objects do a small part of the same, one point of one series at a time, beside it.
"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from benchmarks.output import Result, progress
from benchmarks.watch.metrics import POD_METRICS, START_MS, STEP_MS
from benchmarks.watch.replay import TICK_ROWS
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch

SIZES = (10_000, 100_000)
SMALLEST, LARGEST = 10_000, 250_000
TICKS = 62
"""A whole block of the tails, so that their upkeep is in it, and two ticks that are not counted."""
COARSE_ROWS, LEARNED_PIECES, PIECE_ROWS = 10, 8, 12
"""History is learned at 5 minutes, in so many pieces of so many such rows: 16 blocks of the tails."""
RIVER_SERIES, RIVER_ROWS = 200, 240


class Noise:
    """Autoregressive noise of N series about 20, piece by piece."""

    def __init__(self, series: int, seed: int = 0) -> None:
        self._rng, self._last = np.random.default_rng(seed), np.zeros((series, 1))

    def rows(self, number: int) -> npt.NDArray[np.float64]:
        """The next so many rows, shape (N, number)."""
        new = self._rng.standard_normal((len(self._last), number))
        out, _ = lfilter([1.0], [1.0, -0.8], new, axis=1, zi=0.8 * self._last)
        self._last = out[:, -1:]
        return np.asarray(out + 20.0)


def labels_of(series: int) -> tuple[list[dict[str, str]], list[str]]:
    """Labels and derivations of so many series, pod by pod, three pods a service."""
    labels, derivations = list[dict[str, str]](), list[str]()
    metrics = POD_METRICS[:-1]
    for n in range(series):
        pod, metric = n // len(metrics), metrics[n % len(metrics)]
        service = f"svc{pod // 3:05d}"
        labels.append({"__name__": metric.name, "service": service, "pod": f"{service}-7d9f8c6b5-{pod % 3}"})
        derivations.append(metric.derivation)
    return labels, derivations


def cost(sizes: tuple[int, ...] = SIZES, largest: int = LARGEST) -> tuple[Result, list[Result]]:
    """The figures, and a row for each size."""
    rows = [ticks_of(size) for size in sorted({SMALLEST, *sizes, largest})]
    rows_by = {row["series"]: row for row in rows}
    of = rows_by.get(100_000, rows[-1])
    small, large = rows_by[SMALLEST], rows[-1]
    scale = 100_000 / of["series"]
    figures = {
        "tick_100k_s": of["tick_s"] * scale,
        "tick_100k_worst_s": of["worst_s"] * scale,
        "tick_100k_mean_s": of["mean_s"] * scale,
        "bytes_per_series": of["bytes_per_series"],
        "growth_over_linear": large["tick_s"] / small["tick_s"] * small["series"] / large["series"],
        "grown_to_series": large["series"],
        **river_tick_s(),
    }
    return figures, rows


def ticks_of(series: int) -> Result:
    """CPU seconds of ticks of this many series, and bytes a series."""
    labels, derivations = labels_of(series)
    watch, noise = ClusterWatch(AnalysisSettings(step_ms=STEP_MS), STEP_MS), Noise(series)
    row = 0

    def batch(rows: int, each: int) -> SeriesBatch:
        nonlocal row
        times = START_MS + STEP_MS * (row + each * np.arange(1, rows + 1, dtype=np.int64))
        row += rows * each
        return SeriesBatch(labels, times, noise.rows(rows), derivations)

    started = time.process_time()
    for _ in range(LEARNED_PIECES):
        watch.learn(batch(PIECE_ROWS, COARSE_ROWS))
    learned, taken = time.process_time() - started, list[float]()
    for _ in range(TICKS):
        new = batch(TICK_ROWS, 1)
        before = time.process_time()
        watch.observe(new, int(new.times[-1]))
        taken.append(time.process_time() - before)
    counted = np.array(taken[2:])
    out = {
        "series": series,
        "tick_s": float(np.median(counted)),
        "worst_s": float(counted.max()),
        "mean_s": float(counted.mean()),
        "us_a_series": 1e6 * float(np.median(counted)) / series,
        "bytes_per_series": watch.bytes_per_series,
        "learn_s": learned,
    }
    progress(str(out))
    return out


def river_tick_s() -> Result:
    """CPU seconds that River's objects would take for one tick of 100,000 series, in a loop."""
    from river import drift  # noqa: PLC0415 - seconds to load

    values = Noise(RIVER_SERIES).rows(RIVER_ROWS)
    figures = {}
    for name in ("ADWIN", "PageHinkley"):
        detectors: list[Any] = [vars(drift)[name]() for _ in range(RIVER_SERIES)]
        started = time.process_time()
        for detector, row in zip(detectors, values.tolist(), strict=True):
            for value in row:
                detector.update(value)
        each = (time.process_time() - started) / values.size
        figures[f"river_{name.lower()}_100k_s"] = each * TICK_ROWS * 100_000
    return figures
