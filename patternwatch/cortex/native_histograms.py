"""Native histograms as raw series: count, sum and quantiles of each, under a label that no server stores.

So few numbers of one go the same way as any samples do; `derive` makes of them what it makes of a classic
histogram. A quantile is that of what was observed since the sample before.
Source: Prometheus documentation, "Native Histograms".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from patternwatch.compiled import Floats, Integers
from patternwatch.contracts.skipped import skipped_for
from patternwatch.cortex.native_quantiles import CUSTOM, quantiles_of_increase
from patternwatch.cortex.raw import RawSeries, joined, ragged

NATIVE_LABEL = "__native__"
"""Labels that begin so are a server's own, so that no series has it."""
PARTS = ("count", "sum", "p50", "p99")
GAUGE_HISTOGRAM = "gauge histogram"
"""Why a native histogram is left out whose counts may fall at any time."""
RESET, GAUGE = 1, 3
"""prometheus.Histogram.ResetHint."""


@dataclass(frozen=True, slots=True)
class NativeSeries:
    """One series of native histograms.

    labels      its labels
    timestamps  int64 ms, shape (n,), ascending
    samples     float64, shape (4, n): count, sum, median and 99th percentile; the quantiles are those of what
                was observed since the sample before, NaN where nothing was
    is_gauge    whether it says of itself that its counts may fall
    """

    labels: dict[str, str]
    timestamps: Integers
    samples: Floats
    is_gauge: bool = False


def with_native(raw: RawSeries, native: Sequence[NativeSeries]) -> RawSeries:
    """The same series and what is known of these histograms; gauge histograms are counted in `skipped`."""
    if not native:
        return raw
    parts = [
        ({**one.labels, NATIVE_LABEL: part}, one.timestamps[there], values[there])
        for one in native
        if not one.is_gauge
        for part, values in zip(PARTS, one.samples, strict=True)
        for there in [~np.isnan(values)]
        if there.any()
    ]
    left_out = skipped_for(GAUGE_HISTOGRAM, (n.labels.get("__name__", "") for n in native if n.is_gauge))
    found = ragged(
        [labels for labels, _, _ in parts],
        ["histogram"] * len(parts),
        [times for _, times, _ in parts],
        [values for _, _, values in parts],
    )
    return joined(
        [raw, RawSeries(found.labels, found.types, found.offsets, found.timestamps, found.values, left_out)]
    )


def series_of_json(labels: dict[str, str], samples: Sequence[Any], step_ms: int) -> NativeSeries:
    """A series out of the JSON of a query: pairs of a time in seconds and a histogram.

    Buckets are [boundary rule, lower bound, upper bound, count]. Raises KeyError, TypeError or ValueError
    where it is none.
    """
    times = [round(float(seconds) * 1000) for seconds, _ in samples]
    kept = [
        k
        for k in range(len(times))
        if not step_ms or k + 1 == len(times) or (times[k + 1] - 1) // step_ms != (times[k] - 1) // step_ms
    ]
    values = np.full((len(PARTS), len(kept)), np.nan)
    before = np.empty((3, 0))
    for n, k in enumerate(kept):
        told = samples[k][1]
        buckets = _buckets(told.get("buckets") or [])
        values[:2, n] = float(told["count"]), float(told["sum"])
        if n > 0:
            if values[0, n] < values[0, n - 1]:
                before = np.empty((3, 0))
            edges = np.empty((2, 2 * (before.shape[1] + buckets.shape[1]) + 1))
            quantiles_of_increase(
                before, before.shape[1], buckets, buckets.shape[1], _schema(buckets), edges, values[2:, n]
            )
        before = buckets
    return NativeSeries(labels, np.array([times[k] for k in kept], np.int64), values)


def _buckets(told: Sequence[Sequence[Any]]) -> Floats:
    buckets = np.array([[float(low), float(high), float(n)] for _, low, high, n in told]).reshape(-1, 3).T
    buckets = buckets[:, np.argsort(buckets[1], kind="stable")]
    if len(buckets[0]) and buckets[0, 0] < 0.0 < buckets[1, 0]:
        buckets[0, 0] = 0.0  # the zero bucket, without negative observations beside it
    return np.ascontiguousarray(buckets)


def _schema(buckets: Floats) -> int:
    """JSON does not tell the schema: of an exponential one, all bounds are powers of one root."""
    low, high = buckets[0], buckets[1]
    told = (low > 0.0) & np.isfinite(high)
    with np.errstate(divide="ignore", invalid="ignore"):
        doublings = 1.0 / np.log2(high[told] / low[told])
    widths = np.rint(np.log2(doublings)) if len(doublings) else np.zeros(1)
    alike = np.ptp(widths) == 0.0 and np.allclose(doublings, 2.0 ** widths[0], rtol=1e-6)
    return int(widths[0]) if alike and np.isfinite(buckets[:2]).all() else CUSTOM
