"""From what was scraped to what can be analysed.

Gauges stay. Counters become rates, also those that nobody declared (`cortex/counter_names.py`), and
timestamps ages (`cortex/timestamps.py`). A classic histogram becomes four series (rate of observations,
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
from patternwatch.cortex.bucket_bounds import bound_of, merge_equal_bounds
from patternwatch.cortex.counter_names import counters_among
from patternwatch.cortex.counter_steps import counter_steps
from patternwatch.cortex.quantiles import bucket_quantiles
from patternwatch.cortex.rates import increases
from patternwatch.cortex.raw import Described, RawSeries
from patternwatch.cortex.series_form import forms_of
from patternwatch.cortex.timestamps import timestamps_among
from patternwatch.cortex.zero_fill import zero_fill_before_first_sample

NO_SAMPLE = "no sample in the window"
NO_BOUND = "bucket whose bound (le) is no number"
_QUANTILES = {"p50": 0.5, "p99": 0.99}


@dataclass(slots=True)
class _Output:
    labels: list[dict[str, str]] = field(default_factory=list)
    values: list[Matrix] = field(default_factory=list)
    derivation: list[str] = field(default_factory=list)

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
    histograms, plain, malformed = _histograms(raw, seen & ~info)
    skipped.append(skipped_for(NO_BOUND, _names(raw, malformed)))
    for parts in histograms:
        parts.buckets = merge_equal_bounds(parts.buckets, grid)
        if parts.buckets and parts.count is not None and np.isfinite(parts.buckets[-1][0]):
            parts.buckets.append((np.inf, parts.count))  # without a bucket +Inf the count is its value
    steps = counter_steps(grid.values, grid.stamps)
    timestamps = timestamps_among(raw, grid, steps, plain)
    skipped += [skipped_for(reason, _names(raw, rows)) for reason, rows in timestamps.skipped.items()]
    plain = sorted(set(plain) - timestamps.found)
    forms = forms_of(grid.values[plain], grid.stamps[plain], steps[plain], window.split_row + 1)
    counted = counters_among(raw, plain, forms)
    counters, gauges = [i for i in plain if i in counted], [i for i in plain if i not in counted]
    increase, seconds = increases(grid.values, grid.stamps, steps)
    in_histograms = [i for parts in histograms for i in parts.members]
    zero_fill_before_first_sample(raw, [*counters, *in_histograms], increase, seconds)
    out = _Output()
    out.add([raw.labels[i] for i in gauges], grid.values[gauges, 1:], "")
    out.add([raw.labels[i] for i in counters], _rate(increase[counters], seconds[counters]), "rate")
    for derivation, ages in timestamps.ages.items():
        out.add([raw.labels[i] for i, _ in ages], np.array([age for _, age in ages]), derivation)
    for parts in histograms:
        _derive_histogram(out, raw, parts, increase, seconds)
    skipped += [{MERGED: {p.labels["__name__"]: max(p.series - p.gives, 0)}} for p in histograms]
    values = np.concatenate(out.values) if out.values else np.empty((0, window.rows))
    return SeriesBatch(out.labels, window.times(), values, out.derivation, merged(*skipped))


def _names(raw: Described, rows: Iterable[int]) -> Iterator[str]:
    return (raw.labels[i].get("__name__", "") for i in rows)


def _is_info(labels: dict[str, str], kind: str) -> bool:
    return kind == "info" or labels.get("__name__", "").endswith("_info")


@dataclass(slots=True)
class _Histogram:
    """The parts of one histogram (or summary) by the positions of their series."""

    labels: dict[str, str]
    buckets: list[tuple[float, int]] = field(default_factory=list)
    total: int | None = None
    count: int | None = None
    series: int = 0

    @property
    def members(self) -> list[int]:
        own = [i for _, i in self.buckets] + [i for i in (self.total, self.count) if i is not None]
        return list(dict.fromkeys(own))  # the count may be the last bucket too

    @property
    def gives(self) -> int:
        has_count, has_mean = self.count is not None, self.count is not None and self.total is not None
        return has_count + has_mean + (len(_QUANTILES) if len(self.buckets) > 1 else 0)


def _histograms(raw: Described, seen: npt.NDArray[np.bool_]) -> tuple[list[_Histogram], list[int], list[int]]:
    """The histograms among the series, those that are no part of one, and buckets whose bound is none."""
    histograms: dict[tuple[str, ...], _Histogram] = {}
    bases = _histogram_bases(raw)
    plain: list[int] = []
    malformed: list[int] = []
    for i in np.flatnonzero(seen).tolist():
        base, part = _histogram_part(raw.labels[i], bases)
        if not part:
            plain.append(i)
        elif part == "bucket" and bound_of(raw.labels[i]) is None:
            malformed.append(i)
        else:
            _put(histograms, base, part, raw.labels[i], i)
    return list(histograms.values()), plain, malformed


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
    base, _, suffix = labels.get("__name__", "").rpartition("_")
    if base in bases and suffix in ("sum", "count", "bucket"):
        return base, suffix
    return "", ""


def _put(
    histograms: dict[tuple[str, ...], _Histogram], base: str, part: str, labels: dict[str, str], i: int
) -> None:
    own = {k: v for k, v in labels.items() if k != "le"} | {"__name__": base}
    key = tuple(f"{k}={own[k]}" for k in sorted(own))
    histogram = histograms.setdefault(key, _Histogram(own))
    histogram.series += 1
    if part == "sum":
        histogram.total = i
    elif part == "count":
        histogram.count = i
    else:
        histogram.buckets.append((bound_of(labels) or 0.0, i))


def _derive_histogram(
    out: _Output, raw: Described, parts: _Histogram, increase: Matrix, seconds: Matrix
) -> None:
    if parts.count is not None:
        count = increase[parts.count]
        out.add([parts.labels], _rate(count, seconds[parts.count])[None, :], "count_rate")
        if parts.total is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(count > 0, increase[parts.total] / count, np.nan)
            out.add([parts.labels], mean[None, :], "mean")
    if len(parts.buckets) > 1:
        bounds = np.array([bound for bound, _ in parts.buckets])
        cumulative = increase[[i for _, i in parts.buckets]]
        for name, quantile in _QUANTILES.items():
            out.add([parts.labels], bucket_quantiles(bounds, cumulative, quantile)[None, :], name)


def _rate(increase: Matrix, seconds: Matrix) -> Matrix:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(seconds > 0, increase / seconds, np.nan))
