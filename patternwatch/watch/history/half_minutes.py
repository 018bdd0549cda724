"""Rows of half a minute, where the source gives one every ten or fifteen seconds.

What a watch compares are windows of so many rows, which stand for times: how long a container takes to start,
how long a lone spike lasts, how long a replaced pod is away. They were chosen for rows of half a minute, and
finer ones are put together to such. Rows of a few seconds are kept: who watches these means them.
"""

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.series import Labels, Matrix, SeriesBatch

JUDGED_MS, FINEST_MS = 30_000, 10_000


def judged_step(step_ms: int) -> int:
    """Between two rows that are judged, where the source gives one every `step_ms`.

    >>> [judged_step(step_ms) for step_ms in (1_000, 10_000, 15_000, 20_000, 30_000, 60_000)]
    [1000, 30000, 30000, 20000, 30000, 60000]
    """
    is_finer = FINEST_MS <= step_ms < JUDGED_MS and JUDGED_MS % step_ms == 0
    return JUDGED_MS if is_finer else step_ms


class HalfMinutes:
    """Puts batches together to such rows, one after the other; what is not over waits for the next one.

    step_ms  between two rows of the source: where that is judged as it is, batches are given back

    >>> rows, labels = HalfMinutes(15_000), [{"__name__": "load"}]
    >>> for at in (1, 4):
    ...     times = 15_000 * np.arange(at, at + 3)
    ...     rows.take(SeriesBatch(labels, times, np.array([[1.0, 2.0, 3.0]]), ["rate"])).values.tolist()
    [[1.5]]
    [[2.0, 2.5]]
    """

    def __init__(self, step_ms: int) -> None:
        self._step_ms = step_ms
        self._waits: SeriesBatch | None = None

    def take(self, batch: SeriesBatch) -> SeriesBatch:
        """The half minutes that are over; a batch of rows that are coarser already as it is."""
        apart = int(np.diff(batch.times).min()) if len(batch.times) > 1 else self._step_ms
        if apart >= judged_step(self._step_ms):
            return batch
        if self._waits is not None and batch.times[0] > self._waits.times[-1]:
            times = np.concatenate([self._waits.times, batch.times])
            values = np.concatenate([_rows_of(self._waits, batch), batch.values], axis=1)
            batch = SeriesBatch(batch.labels, times, values, batch.derivation)
        over = batch.times[-1] // JUDGED_MS * JUDGED_MS
        late = batch.times > over
        self._waits = (
            SeriesBatch(batch.labels, batch.times[late], batch.values[:, late], batch.derivation)
            if late.any()
            else None
        )
        return half_minutes(batch)


def _rows_of(earlier: SeriesBatch, batch: SeriesBatch) -> Matrix:
    """The values of an earlier batch of the series of this one, NaN of those that it lacks."""
    if earlier.labels == batch.labels and earlier.derivation == batch.derivation:
        return earlier.values
    theirs, mine = (zip(each.labels, each.derivation, strict=True) for each in (earlier, batch))
    known = {_key(*series): row for row, series in enumerate(theirs)}
    rows = np.array([known.get(_key(*series), -1) for series in mine], dtype=np.int64)
    found = np.full((len(rows), len(earlier.times)), np.nan)
    found[rows >= 0] = earlier.values[rows[rows >= 0]]
    return found


def _key(labels: Labels, derivation: str) -> tuple[frozenset[tuple[str, str]], str]:
    return frozenset(labels.items()), derivation


def half_minutes(batch: SeriesBatch) -> SeriesBatch:
    """The half minutes that are over in a batch of finer rows; each has the time of its last row.

    What is derived is the mean of its rows, a gauge the newest of them, as the source would give it.

    >>> times, values = 15_000 * np.arange(1, 6), np.array([[1.0, 3.0, 5.0, np.nan, 9.0]])
    >>> for how in ("rate", ""):
    ...     rows = half_minutes(SeriesBatch([{"__name__": "load"}], times, values, [how]))
    ...     print(rows.times.tolist(), rows.values.tolist())
    [30000, 60000] [[2.0, 5.0]]
    [30000, 60000] [[3.0, 5.0]]
    """
    of = -(-batch.times // JUDGED_MS)
    is_over = of * JUDGED_MS <= batch.times[-1]
    if not is_over.any():
        return SeriesBatch(batch.labels, batch.times[:0], batch.values[:, :0], batch.derivation)
    values, of = batch.values[:, is_over], of[is_over]
    begins = np.flatnonzero(np.diff(of, prepend=of[0] - 1))
    is_derived = np.array([bool(how) for how in batch.derivation])[:, None]
    merged = np.where(is_derived, _means(values, begins), _newest(values, begins))
    return SeriesBatch(batch.labels, of[begins] * JUDGED_MS, merged, batch.derivation)


def _means(values: Matrix, begins: Integers) -> Matrix:
    known = ~np.isnan(values)
    number = np.add.reduceat(known, begins, axis=1, dtype=np.int64)
    sums = np.add.reduceat(np.where(known, values, 0.0), begins, axis=1)
    return np.asarray(np.where(number > 0, sums / np.maximum(number, 1), np.nan))


def _newest(values: Matrix, begins: Integers) -> Matrix:
    newest = np.full((len(values), len(begins)), np.nan)
    of = np.searchsorted(begins, np.arange(values.shape[1]), side="right") - 1
    for k, group in enumerate(of.tolist()):  # a few rows: later ones overwrite earlier ones
        newest[:, group] = np.where(np.isnan(values[:, k]), newest[:, group], values[:, k])
    return newest
