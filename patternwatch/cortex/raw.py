"""Raw samples as they were scraped: ragged series in flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.matchers import Matchers

STALE_NAN = 0x7FF0000000000002
"""Bit pattern of Prometheus' stale marker (a NaN): the series ended here."""


@dataclass(frozen=True, slots=True)
class RawSeries:
    """N series of raw samples; series i owns `timestamps[offsets[i]:offsets[i + 1]]`, `values` likewise.

    labels      N label sets
    types       N metric types as Prometheus' metadata names them: gauge, counter, histogram, summary, unknown
    offsets     int64, shape (N + 1,)
    timestamps  int64 ms, ascending within a series
    values      float64; stale markers are already left out
    """

    labels: list[dict[str, str]]
    types: list[str]
    offsets: npt.NDArray[np.int64]
    timestamps: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.labels)

    def matching(self, matchers: Matchers) -> "RawSeries":
        """Only the series whose labels fulfil every matcher."""
        return self._take(
            [i for i, labels in enumerate(self.labels) if all(m.matches(labels) for m in matchers)]
        )

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
        )

    def shifted(self, by_ms: int) -> "RawSeries":
        """The same samples, moved in time."""
        return RawSeries(self.labels, self.types, self.offsets, self.timestamps + by_ms, self.values)

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


def _offsets(sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
