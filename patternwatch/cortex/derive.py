"""From what was scraped to what can be analysed.

Gauges stay. Counters become rates. A classic histogram becomes four series (rate of observations,
mean, median, 99th percentile) instead of one per bucket; a summary's sum and count become rate and
mean. What cannot be used is counted by reason.
Source: Prometheus documentation, "Metric types" and "Histograms and summaries".
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import Matrix, SeriesBatch, Window
from patternwatch.contracts.skipped import INFO, MERGED, merged, skipped_for
from patternwatch.cortex.align import Grid, align
from patternwatch.cortex.metric_names import COUNTER_SUFFIXES
from patternwatch.cortex.native_histograms import NATIVE_LABEL
from patternwatch.cortex.quantiles import bucket_quantiles
from patternwatch.cortex.rates import increases, is_monotone
from patternwatch.cortex.raw import Described, RawSeries
from patternwatch.cortex.zero_fill import zero_fill_before_first_sample

NO_SAMPLE = "no sample in the window"
_QUANTILES = {"p50": 0.5, "p99": 0.99}


@dataclass(slots=True)
class _Output:
    labels: list[dict[str, str]] = field(default_factory=list)
    values: list[Matrix] = field(default_factory=list)
    derivation: list[str] = field(default_factory=list)
    native: list[int] = field(default_factory=list)

    def add(self, labels: list[dict[str, str]], values: Matrix, derivation: str) -> None:
        self.labels += labels
        self.values.append(values)
        self.derivation += [derivation] * len(labels)


def derive(raw: RawSeries, window: Window) -> SeriesBatch:
    """Align raw series to the window and turn them into series that can be compared over time.

    Left out and counted: series of infinite values only, or with no sample inside the window, and series
    that only carry facts in their labels (`build_info 1`).
    """
    return derive_aligned(raw, align(raw, window))


def derive_aligned(raw: Described, grid: Grid) -> SeriesBatch:
    """The same for series that lie on their grid already, which is changed in place."""
    window = grid.window
    grid.values[~np.isfinite(grid.values)] = np.nan
    info = np.fromiter(map(_is_info, raw.labels, raw.types), bool, len(raw))
    seen = np.asarray(~np.isnan(grid.values[:, 1:]).all(axis=1))
    skipped = [
        raw.skipped,
        skipped_for(NO_SAMPLE, _names(raw, np.flatnonzero(~seen))),
        skipped_for(INFO, _names(raw, np.flatnonzero(seen & info))),
    ]
    seen &= ~info
    counters, histograms, gauges = _sorted_out(raw, grid, seen)
    increase, seconds = increases(grid.values, grid.stamps)
    in_histograms = [i for parts in histograms for i in parts.counters]
    zero_fill_before_first_sample(raw, [*counters, *in_histograms], increase, seconds)
    out = _Output()
    out.add([raw.labels[i] for i in gauges], grid.values[gauges, 1:], "")
    out.add([raw.labels[i] for i in counters], _rate(increase[counters], seconds[counters]), "rate")
    for parts in histograms:
        if parts.is_native:
            _derive_native(out, parts, grid, increase, seconds)
        else:
            _derive_histogram(out, parts, increase, seconds)
    skipped += [{MERGED: {p.labels["__name__"]: len(p.members) - p.gives}} for p in histograms]
    values = np.concatenate(out.values) if out.values else np.empty((0, window.rows))
    return SeriesBatch(
        out.labels, window.times(), values, out.derivation, merged(*skipped), native=frozenset(out.native)
    )


def _names(raw: Described, rows: Iterable[int]) -> Iterator[str]:
    return (raw.labels[i].get("__name__", "") for i in rows)


def _is_info(labels: dict[str, str], kind: str) -> bool:
    return kind == "info" or labels.get("__name__", "").endswith("_info")


@dataclass(slots=True)
class _Histogram:
    """The parts of one histogram (or summary) by the positions of their series.

    native  of a native histogram, by the names of `PARTS`; of no account beside classic buckets
    """

    labels: dict[str, str]
    buckets: list[tuple[float, int]] = field(default_factory=list)
    total: int | None = None
    count: int | None = None
    native: dict[str, int] = field(default_factory=dict)

    @property
    def is_native(self) -> bool:
        return bool(self.native) and len(self.buckets) < 2

    @property
    def members(self) -> list[int]:
        classic = [i for i in (self.total, self.count) if i is not None]
        return [i for _, i in self.buckets] + classic + list(self.native.values())

    @property
    def counters(self) -> list[int]:
        return [i for i in self.members if i not in (self.native.get(name) for name in _QUANTILES)]

    @property
    def gives(self) -> int:
        if self.is_native:
            return len(self.native)
        has_count, has_mean = self.count is not None, self.count is not None and self.total is not None
        return has_count + has_mean + (len(_QUANTILES) if len(self.buckets) > 1 else 0)


def _sorted_out(
    raw: Described, grid: Grid, seen: npt.NDArray[np.bool_]
) -> tuple[list[int], list[_Histogram], list[int]]:
    monotone = is_monotone(grid.values)
    histograms: dict[tuple[str, ...], _Histogram] = {}
    bases = _histogram_bases(raw)
    counters: list[int] = []
    gauges: list[int] = []
    for i, (labels, kind) in enumerate(zip(raw.labels, raw.types, strict=True)):
        if not seen[i]:
            continue
        base, part = _histogram_part(labels, bases)
        if part:
            _put(histograms, base, part, labels, i)
        elif kind == "counter" or (
            kind in ("unknown", "") and labels.get("__name__", "").endswith(COUNTER_SUFFIXES) and monotone[i]
        ):
            counters.append(i)
        else:
            gauges.append(i)
    return counters, list(histograms.values()), gauges


def _histogram_bases(raw: Described) -> set[str]:
    """Names of histograms and summaries: by type, or because buckets or quantiles with that name exist."""
    bases: set[str] = set()
    parts: dict[str, set[str]] = defaultdict(set)
    for labels, kind in zip(raw.labels, raw.types, strict=True):
        name = labels.get("__name__", "")
        base, _, suffix = name.rpartition("_")
        if suffix in ("sum", "count"):
            parts[base].add(suffix)
        if suffix == "bucket" and "le" in labels:
            bases.add(base)
        elif kind == "summary" or "quantile" in labels:
            bases.add(name)
        if kind in ("histogram", "summary") and suffix in ("sum", "count"):
            bases.add(base)
    return bases | {base for base, found in parts.items() if len(found) == 2}


def _histogram_part(labels: dict[str, str], bases: set[str]) -> tuple[str, str]:
    if NATIVE_LABEL in labels:
        return labels.get("__name__", ""), NATIVE_LABEL
    base, _, suffix = labels.get("__name__", "").rpartition("_")
    if base in bases and (suffix in ("sum", "count") or (suffix == "bucket" and "le" in labels)):
        return base, suffix
    return "", ""


def _put(
    histograms: dict[tuple[str, ...], _Histogram], base: str, part: str, labels: dict[str, str], i: int
) -> None:
    own = {k: v for k, v in labels.items() if k not in ("le", NATIVE_LABEL)} | {"__name__": base}
    key = tuple(f"{k}={own[k]}" for k in sorted(own))
    histogram = histograms.setdefault(key, _Histogram(own))
    if part == NATIVE_LABEL:
        histogram.native[labels[NATIVE_LABEL]] = i
    elif part == "sum":
        histogram.total = i
    elif part == "count":
        histogram.count = i
    else:
        histogram.buckets.append((float(labels["le"]), i))


def _derive_native(out: _Output, parts: _Histogram, grid: Grid, increase: Matrix, seconds: Matrix) -> None:
    native = parts.native
    first = len(out.labels)
    _derive_mean(out, parts.labels, native.get("count"), native.get("sum"), increase, seconds)
    for name in _QUANTILES:
        if name in native:
            out.add([parts.labels], grid.values[native[name], None, 1:], name)
    out.native += range(first, len(out.labels))


def _derive_mean(
    out: _Output,
    labels: dict[str, str],
    count: int | None,
    total: int | None,
    increase: Matrix,
    seconds: Matrix,
) -> None:
    """Rate of observations, and their mean, from the positions of both counters."""
    if count is not None:
        observed = increase[count]
        out.add([labels], _rate(observed, seconds[count])[None, :], "count_rate")
        if total is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(observed > 0, increase[total] / observed, np.nan)
            out.add([labels], mean[None, :], "mean")


def _derive_histogram(out: _Output, parts: _Histogram, increase: Matrix, seconds: Matrix) -> None:
    _derive_mean(out, parts.labels, parts.count, parts.total, increase, seconds)
    if len(parts.buckets) > 1:
        parts.buckets.sort()
        bounds = np.array([bound for bound, _ in parts.buckets])
        cumulative = increase[[i for _, i in parts.buckets]]
        for name, quantile in _QUANTILES.items():
            out.add([parts.labels], bucket_quantiles(bounds, cumulative, quantile)[None, :], name)


def _rate(increase: Matrix, seconds: Matrix) -> Matrix:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(seconds > 0, increase / seconds, np.nan))
