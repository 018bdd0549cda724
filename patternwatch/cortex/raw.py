"""Raw samples as they were scraped: ragged series in flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.skipped import Skipped, merged

STALE_NAN = 0x7FF0000000000002
"""Bit pattern of Prometheus' stale marker (a NaN): the series ended here."""


class Described(Protocol):
    """N series by their labels and types, whatever form their samples have."""

    @property
    def labels(self) -> list[dict[str, str]]:
        """N label sets."""
        ...

    @property
    def types(self) -> list[str]:
        """N metric types."""
        ...

    @property
    def skipped(self) -> Skipped:
        """Series that were left out on the way here."""
        ...

    def __len__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class RawSeries:
    """N series of raw samples; series i owns `timestamps[offsets[i]:offsets[i + 1]]`, `values` likewise.

    labels      N label sets
    types       N metric types as Prometheus' metadata names them: gauge, counter, histogram, summary, unknown
    offsets     int64, shape (N + 1,)
    timestamps  int64 ms, ascending within a series
    values      float64; stale markers are already left out
    skipped     series that were left out on the way here
    """

    labels: list[dict[str, str]]
    types: list[str]
    offsets: npt.NDArray[np.int64]
    timestamps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    skipped: Skipped = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def matching(self, matchers: Matchers) -> "RawSeries":
        """Only the series whose labels fulfil every matcher, which each value of its label is asked once."""
        kept = list(range(len(self)))
        for matcher in matchers:
            values = [self.labels[i].get(matcher.name, "") for i in kept]
            fits = {value: matcher.matches({matcher.name: value}) for value in set(values)}
            kept = [i for i, value in zip(kept, values, strict=True) if fits[value]]
        return self._take(kept)

    def between(self, start_ms: int, end_ms: int) -> "RawSeries":
        """Only the samples of `start_ms <= t <= end_ms`; series without any are left out."""
        inside = (self.timestamps >= start_ms) & (self.timestamps <= end_ms)
        series = np.repeat(np.arange(len(self)), np.diff(self.offsets))[inside]
        counts = np.bincount(series, minlength=len(self))
        kept = np.flatnonzero(counts)
        return RawSeries(
            [self.labels[i] for i in kept],
            [self.types[i] for i in kept],
            _offsets(counts[kept]),
            self.timestamps[inside],
            self.values[inside],
            self.skipped,
        )

    def shifted(self, by_ms: int) -> "RawSeries":
        """The same samples, moved in time."""
        return RawSeries(
            self.labels, self.types, self.offsets, self.timestamps + by_ms, self.values, self.skipped
        )

    def _take(self, kept: list[int]) -> "RawSeries":
        sizes = np.diff(self.offsets)
        mask = np.zeros(len(self), dtype=bool)
        mask[kept] = True
        samples = np.repeat(mask, sizes)
        return RawSeries(
            [self.labels[i] for i in kept],
            [self.types[i] for i in kept],
            _offsets(sizes[mask]),
            self.timestamps[samples],
            self.values[samples],
        )


def ragged(
    labels: list[dict[str, str]],
    types: list[str],
    timestamps: Sequence[npt.NDArray[np.int64]],
    values: Sequence[npt.NDArray[np.float64]],
) -> RawSeries:
    """Join per-series arrays; stale markers are dropped, series are put into the order of their labels."""
    order = sorted(range(len(labels)), key=lambda i: sorted(labels[i].items()))
    fresh = [v.view(np.uint64) != STALE_NAN for v in values]
    kept_t = [timestamps[i][fresh[i]] for i in order]
    kept_v = [values[i][fresh[i]] for i in order]
    return RawSeries(
        [labels[i] for i in order],
        [types[i] for i in order],
        _offsets(np.array([len(t) for t in kept_t], dtype=np.int64)),
        np.concatenate(kept_t) if kept_t else np.empty(0, np.int64),
        np.concatenate(kept_v) if kept_v else np.empty(0, np.float64),
    )


def joined(parts: Sequence[RawSeries]) -> RawSeries:
    """The series of several disjoint parts, in the order of their labels as one `ragged` gives them."""
    if len(parts) == 1:
        return parts[0]
    labels = [each for part in parts for each in part.labels]
    types = [each for part in parts for each in part.types]
    starts, sizes = _spans(parts)
    order = np.array(sorted(range(len(labels)), key=lambda i: sorted(labels[i].items())), dtype=np.intp)
    offsets = _offsets(sizes[order])
    # Position of every sample of the result in the parts laid end to end.
    source = np.repeat(starts[order] - offsets[:-1], sizes[order]) + np.arange(offsets[-1])
    return RawSeries(
        [labels[i] for i in order],
        [types[i] for i in order],
        offsets,
        np.concatenate([part.timestamps for part in parts])[source],
        np.concatenate([part.values for part in parts])[source],
        merged(*(part.skipped for part in parts)),
    )


def nothing_but(skipped: Skipped) -> RawSeries:
    """No series, only what was left out."""
    empty = ragged([], [], [], [])
    return RawSeries(empty.labels, empty.types, empty.offsets, empty.timestamps, empty.values, skipped)


def _spans(parts: Sequence[RawSeries]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First sample and number of samples of every series, the parts laid end to end."""
    before = np.concatenate([[0], np.cumsum([len(part.values) for part in parts])])
    starts = [part.offsets[:-1] + n for part, n in zip(parts, before, strict=False)]
    sizes = [np.diff(part.offsets) for part in parts]
    return np.concatenate(starts).astype(np.int64), np.concatenate(sizes).astype(np.int64)


def _offsets(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
