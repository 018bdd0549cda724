"""Histograms and summaries among raw series: which series are the parts of one.

Source: Prometheus documentation, "Metric types" and "Histograms and summaries".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from patternwatch.cortex.align import Grid
from patternwatch.cortex.bucket_bounds import bound_of, merge_equal_bounds
from patternwatch.cortex.native_histograms import NATIVE_LABEL
from patternwatch.cortex.raw import Described

QUANTILES = {"p50": 0.5, "p99": 0.99}


@dataclass(slots=True)
class Histogram:
    """The parts of one histogram (or summary) by the positions of their series.

    labels   those of the whole, with its name
    buckets  upper bounds and positions
    total    position of the sum, count likewise
    native   positions of a native histogram's parts, by name; of no account beside classic buckets
    series   number of parts, those included that are merged
    """

    labels: dict[str, str]
    buckets: list[tuple[float, int]] = field(default_factory=list)
    total: int | None = None
    count: int | None = None
    native: dict[str, int] = field(default_factory=dict)
    series: int = 0

    @property
    def is_native(self) -> bool:
        """Whether its native form counts: there is no classic one beside it."""
        return bool(self.native) and len(self.buckets) < 2

    @property
    def counters(self) -> list[int]:
        """Positions of the parts that only grow."""
        classic = [i for i in (self.total, self.count) if i is not None]
        native = [i for name, i in self.native.items() if name not in QUANTILES]
        return list(dict.fromkeys([*(i for _, i in self.buckets), *classic, *native]))

    @property
    def gives(self) -> int:
        """How many series are derived from it."""
        if self.is_native:
            return len(self.native)
        has_count, has_mean = self.count is not None, self.count is not None and self.total is not None
        return has_count + has_mean + (len(QUANTILES) if len(self.buckets) > 1 else 0)

    def complete(self, grid: Grid) -> None:
        """Merge buckets of one bound, and take the count where the bucket of all is missing; in place."""
        self.buckets = merge_equal_bounds(self.buckets, grid)
        if self.buckets and self.count is not None and np.isfinite(self.buckets[-1][0]):
            self.buckets.append((np.inf, self.count))


@dataclass(frozen=True, slots=True)
class Sorted:
    """Series by what they are part of.

    histograms  those that are found
    plain       positions of series that are no part of one
    malformed   positions of buckets whose bound is no number
    """

    histograms: list[Histogram]
    plain: list[int]
    malformed: list[int]


def histograms_among(raw: Described, rows: Iterable[int]) -> Sorted:
    """The histograms among the series at these positions."""
    histograms: dict[frozenset[tuple[str, str]], Histogram] = {}
    parts = _parts(_metrics(raw))
    plain: list[int] = []
    malformed: list[int] = []
    for i in rows:
        labels = raw.labels[i]
        name = labels.get("__name__", "")
        base, part = (name, NATIVE_LABEL) if NATIVE_LABEL in labels else parts[name]
        if not part:
            plain.append(i)
        elif part == "bucket" and bound_of(labels) is None:
            malformed.append(i)
        else:
            _put(histograms, base, part, labels, i)
    return Sorted(list(histograms.values()), plain, malformed)


class KeptHistograms:
    """`histograms_among` for one selection again and again: found anew only where series or types changed."""

    def __init__(self) -> None:
        self._of: tuple[Sequence[dict[str, str]], Sequence[str], list[int]] | None = None
        self._found = Sorted([], [], [])

    def __call__(self, raw: Described, rows: Iterable[int]) -> Sorted:
        """The same as `histograms_among`."""
        asked = raw.labels, raw.types, list(rows)
        if asked != self._of:
            self._found, self._of = histograms_among(raw, asked[2]), asked
        found = self._found
        # What is derived from a window merges buckets in place.
        fresh = [replace(h, buckets=list(h.buckets), native=dict(h.native)) for h in found.histograms]
        return Sorted(fresh, list(found.plain), list(found.malformed))


class _Metric(NamedTuple):
    """What all series of one name and type have in common."""

    name: str
    kind: str
    has_bound: bool
    has_quantile: bool


def _metrics(raw: Described) -> set[_Metric]:
    return {
        _Metric(labels.get("__name__", ""), kind, "le" in labels, "quantile" in labels)
        for labels, kind in zip(raw.labels, raw.types, strict=True)
    }


def _parts(metrics: Iterable[_Metric]) -> dict[str, tuple[str, str]]:
    """By name, the histogram or summary that a metric is a part of, and which; empty where it is none.

    It is by its type, or because buckets or quantiles with that name exist, or both sum and count.
    """
    metrics = list(metrics)
    bases: set[str] = set()
    found: dict[str, set[str]] = defaultdict(set)
    for name, kind, has_bound, has_quantile in metrics:
        base, _, suffix = name.rpartition("_")
        if suffix in ("sum", "count"):
            found[base].add(suffix)
        if suffix == "bucket" and has_bound:
            bases.add(base)
        elif kind == "summary" or has_quantile:
            bases.add(name)
        if kind in ("histogram", "summary") and suffix in ("sum", "count"):
            bases.add(base)
    bases |= {base for base, suffixes in found.items() if len(suffixes) == 2}
    parts = {}
    for metric in metrics:
        base, _, suffix = metric.name.rpartition("_")
        is_part = base in bases and suffix in ("sum", "count", "bucket")
        parts[metric.name] = (base, suffix) if is_part else ("", "")
    return parts


def _put(
    histograms: dict[frozenset[tuple[str, str]], Histogram],
    base: str,
    part: str,
    labels: dict[str, str],
    i: int,
) -> None:
    own = labels | {"__name__": base}
    own.pop("le", None)
    own.pop(NATIVE_LABEL, None)
    key = frozenset(own.items())
    histogram = histograms.get(key)
    if histogram is None:
        histogram = histograms[key] = Histogram(own)
    histogram.series += 1
    if part == NATIVE_LABEL:
        histogram.native[labels[NATIVE_LABEL]] = i
    elif part == "sum":
        histogram.total = i
    elif part == "count":
        histogram.count = i
    else:
        histogram.buckets.append((bound_of(labels) or 0.0, i))
