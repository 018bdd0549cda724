"""Histograms and summaries among raw series: which series are the parts of one.

Source: Prometheus documentation, "Metric types" and "Histograms and summaries".
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

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
    histograms: dict[tuple[str, ...], Histogram] = {}
    bases = _bases(raw)
    plain: list[int] = []
    malformed: list[int] = []
    for i in rows:
        base, part = _part(raw.labels[i], bases)
        if not part:
            plain.append(i)
        elif part == "bucket" and bound_of(raw.labels[i]) is None:
            malformed.append(i)
        else:
            _put(histograms, base, part, raw.labels[i], i)
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


def _bases(raw: Described) -> set[str]:
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


def _part(labels: dict[str, str], bases: set[str]) -> tuple[str, str]:
    if NATIVE_LABEL in labels:
        return labels.get("__name__", ""), NATIVE_LABEL
    base, _, suffix = labels.get("__name__", "").rpartition("_")
    if base in bases and suffix in ("sum", "count", "bucket"):
        return base, suffix
    return "", ""


def _put(
    histograms: dict[tuple[str, ...], Histogram], base: str, part: str, labels: dict[str, str], i: int
) -> None:
    own = {k: v for k, v in labels.items() if k not in ("le", NATIVE_LABEL)} | {"__name__": base}
    key = tuple(f"{k}={own[k]}" for k in sorted(own))
    histogram = histograms.setdefault(key, Histogram(own))
    histogram.series += 1
    if part == NATIVE_LABEL:
        histogram.native[labels[NATIVE_LABEL]] = i
    elif part == "sum":
        histogram.total = i
    elif part == "count":
        histogram.count = i
    else:
        histogram.buckets.append((bound_of(labels) or 0.0, i))
