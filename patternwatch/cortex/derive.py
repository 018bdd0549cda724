"""From what was scraped to what can be analysed.

Gauges stay. Counters become rates, also those that nobody declared (`cortex/counter_names.py`), and
timestamps ages (`cortex/timestamps.py`), which are judged by what is usual as ages told as such are
(`cortex/age_gauges.py`), and as flags are of what runs for longer than ever (`cortex/state_ages.py`). A
classic histogram becomes four series (rate of observations, mean, median, 99th percentile) instead of one per
bucket; a summary's sum and count become rate and mean. What cannot be used is counted by reason.
Source: Prometheus documentation, "Metric types" and "Histograms and summaries".
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from patternwatch.compiled import Flags, Floats, kernel
from patternwatch.contracts.fact_series import FACT_SERIES
from patternwatch.contracts.series import Matrix, SeriesBatch, Window
from patternwatch.contracts.skipped import INFO, MERGED, merged, skipped_for
from patternwatch.cortex.align import Grid, align
from patternwatch.cortex.histogram_parts import QUANTILES, Histogram, Sorted, histograms_among
from patternwatch.cortex.name_roles import NameRoles, name_roles
from patternwatch.cortex.plain_series import plain_series
from patternwatch.cortex.quantiles import bucket_quantiles
from patternwatch.cortex.rates import per_second
from patternwatch.cortex.raw import Described, RawSeries

NO_SAMPLE = "no sample in the window"
NO_BOUND = "bucket whose bound (le) is no number"


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
    that only carry facts in their labels (`build_info 1`), of which those go along that say whose others are.
    """
    return derive_aligned(raw, align(raw, window))


def derive_aligned(
    raw: Described,
    grid: Grid,
    find_histograms: Callable[[Described, Iterable[int]], Sorted] = histograms_among,
    find_roles: Callable[[Described], NameRoles] = name_roles,
) -> SeriesBatch:
    """The same for series that lie on their grid already, which is changed in place."""
    window = grid.window
    roles = find_roles(raw)
    info = roles.facts
    seen = _without_infinite(grid.values)
    skipped = [
        raw.skipped,
        skipped_for(NO_SAMPLE, _names(raw, np.flatnonzero(~seen))),
        skipped_for(INFO, _names(raw, np.flatnonzero(seen & info))),
    ]
    parted = find_histograms(raw, np.flatnonzero(seen & ~info).tolist())
    histograms, plain = parted.histograms, parted.plain
    skipped.append(skipped_for(NO_BOUND, _names(raw, parted.malformed)))
    for parts in histograms:
        parts.complete(grid)
    in_histograms = [i for parts in histograms for i in parts.counters]
    found = plain_series(raw, grid, roles, plain, in_histograms)
    increase, seconds, counters, gauges = found.increase, found.seconds, found.counters, found.gauges
    skipped += [skipped_for(reason, _names(raw, rows)) for reason, rows in found.timestamps.skipped.items()]
    out = _Output()
    levels = grid.values[gauges, 1:]
    for i, late in found.ages.items():
        levels[np.searchsorted(gauges, i)] = late
    out.add([raw.labels[i] for i in gauges.tolist()], levels, "")
    out.add([raw.labels[i] for i in counters.tolist()], per_second(increase, seconds, counters), "rate")
    for derivation, ages in found.timestamps.ages.items():
        out.add([raw.labels[i] for i, _ in ages], np.array([age for _, age in ages]), derivation)
    for parts in histograms:
        if parts.is_native:
            _derive_native(out, parts, grid, increase, seconds)
        else:
            _derive_histogram(out, parts, increase, seconds)
    skipped += [{MERGED: {p.labels["__name__"]: max(p.series - p.gives, 0)}} for p in histograms]
    values = np.concatenate(out.values) if out.values else np.empty((0, window.rows))
    return SeriesBatch(
        out.labels,
        window.times(),
        values,
        out.derivation,
        merged(*skipped),
        native=frozenset(out.native),
        facts=tuple(_facts(raw, np.flatnonzero(seen & info).tolist())),
    )


def _facts(raw: Described, rows: Iterable[int]) -> Iterator[dict[str, str]]:
    return (raw.labels[i] for i in rows if raw.labels[i].get("__name__") in FACT_SERIES)


def _names(raw: Described, rows: Iterable[int]) -> Iterator[str]:
    return (raw.labels[i].get("__name__", "") for i in rows)


def _derive_native(out: _Output, parts: Histogram, grid: Grid, increase: Matrix, seconds: Matrix) -> None:
    native = parts.native
    first = len(out.labels)
    _derive_mean(out, parts.labels, native.get("count"), native.get("sum"), increase, seconds)
    for name in QUANTILES:
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
        out.add([labels], per_second(increase, seconds, np.array([count])), "count_rate")
        if total is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(observed > 0, increase[total] / observed, np.nan)
            out.add([labels], mean[None, :], "mean")


def _derive_histogram(out: _Output, parts: Histogram, increase: Matrix, seconds: Matrix) -> None:
    _derive_mean(out, parts.labels, parts.count, parts.total, increase, seconds)
    if len(parts.buckets) > 1:
        bounds = np.array([bound for bound, _ in parts.buckets])
        cumulative = increase[[i for _, i in parts.buckets]]
        for name, quantile in QUANTILES.items():
            out.add([parts.labels], bucket_quantiles(bounds, cumulative, quantile)[None, :], name)


@kernel
def _without_infinite(values: Floats) -> Flags:
    """Make infinite values gaps, in place; whether each series has a sample in the window itself."""
    seen = np.zeros(len(values), np.bool_)
    for i in range(len(values)):
        for c in range(values.shape[1]):
            if np.isfinite(values[i, c]):
                seen[i] |= c > 0  # the first column lies before the window
            else:
                values[i, c] = np.nan
    return seen
