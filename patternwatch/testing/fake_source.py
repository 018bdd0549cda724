"""A source of series that holds what it was given, and fails when it is told to."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence

import numpy as np

from patternwatch.compiled import Floats
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.label_partition import LabelPartition, best_partition, labels_to_try


class FakeSource:
    """A `SeriesSource` of series that lie on every window alike: the window's rows are the arrays' columns.

    labels      N label sets, `__name__` included
    values      shape (N, T); NaN is a gap
    derivation  N words as in `SeriesBatch`; gauges where it is not given
    fail        errors that the next calls raise, one a call; more may be put into `failures` later

    >>> import asyncio
    >>> source = FakeSource([{"__name__": "up", "job": "a"}, {"__name__": "up", "job": "b"}], np.ones((2, 3)))
    >>> window = Window(start_ms=0, split_ms=1000, end_ms=2000, step_ms=1000)
    >>> asyncio.run(source.count("tenant", (), window))
    {'up': 2}
    >>> asyncio.run(source.partition("tenant", (), window, max_series=1)).label
    'job'
    """

    def __init__(
        self,
        labels: Sequence[dict[str, str]],
        values: Floats,
        derivation: Sequence[str] = (),
        fail: Iterable[Exception] = (),
    ) -> None:
        if values.ndim != 2 or len(labels) != len(values):
            raise ValueError(f"{len(labels)} label sets for values of the shape {values.shape}")
        self._labels, self._values = list(labels), values
        self._derivation = list(derivation) or [""] * len(labels)
        self.failures = deque(fail)
        self.calls: list[tuple[str, str, Matchers]] = []
        """What was asked: method, tenant and matchers, in order."""
        self.closed = False

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many series each metric name has."""
        rows = self._asked("count", tenant, matchers)
        return dict(Counter(self._labels[i].get("__name__", "") for i in rows))

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        """The label that partitions these series best."""
        own = [self._labels[i] for i in self._asked("partition", tenant, matchers)]
        there = {label for labels in own for label in labels}
        names = {labels.get("__name__", "") for labels in own}
        tried = labels_to_try(names, there, splits_targets=False, max_series=len(there))
        counts = {label: Counter(labels.get(label, "") for labels in own) for label in tried}
        return best_partition(counts, max_series)

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        """None: every window is held whole."""
        return None

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """The series under these matchers; raises ValueError where the window has other rows than T."""
        rows = self._asked("fetch", tenant, matchers)
        if window.rows != self._values.shape[1]:
            raise ValueError(f"a window of {window.rows} rows for values of {self._values.shape[1]}")
        return SeriesBatch(
            [dict(self._labels[i]) for i in rows],
            window.times(),
            self._values[np.array(rows, dtype=np.intp)].copy(),
            [self._derivation[i] for i in rows],
        )

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def _asked(self, method: str, tenant: str, matchers: Matchers) -> list[int]:
        self.calls.append((method, tenant, matchers))
        if self.failures:
            raise self.failures.popleft()
        return [i for i, own in enumerate(self._labels) if all(m.matches(own) for m in matchers)]
