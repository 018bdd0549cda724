"""Counters whose first sample lies inside the window: before their first event they stood at zero.

A client library exports `http_requests_total{code="500"}` from the first error on, so that the series
that matters most has no baseline. Where a sibling (same metric, same target) was scraped before, the
target was alive and the counter at zero: its rate was zero, not unknown. Of an exporter that tells of many
pods the pod counts, too: one that is new did not count nothing before, it did not exist.
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from patternwatch.contracts.pod_labels import POD, POD_IDS
from patternwatch.contracts.series import Matrix
from patternwatch.cortex.raw import Described

_NEAR_ROWS = 10
"""Rows between the last sample of a series and the first of the one that it goes on as; judgement."""
_LATE_ROWS = 2
"""Rows at the window's end that a series may lack which goes on: the next scrape is under way."""
_TARGET = ("__name__", "job", "instance", *POD, *POD_IDS)


def zero_fill_before_first_sample(
    raw: Described, counters: Iterable[int], increase: Matrix, seconds: Matrix
) -> None:
    """Set `increase` and `seconds` to a sibling's quiet rows before each counter's first sample, in place.

    increase, seconds  increases and distances in seconds, shape (N, T), as `rates.increases` gives them

    The first sample's own increase stays unknown: a counter may come back under another label. Where a
    sibling ended as it began it did, and nothing is known of its rows before.
    Looking at one metric name only keeps the result the same however series are sharded by name.
    """
    chosen = list(counters)
    known = ~np.isnan(increase[chosen])
    young = np.flatnonzero(known.any(axis=1) & (known.argmax(axis=1) > 1))
    names = {raw.labels[chosen[k]].get("__name__", "") for k in young.tolist()}
    if not names:  # nearly always: labels are compared only where there is something to fill
        return
    siblings: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i in chosen:
        if raw.labels[i].get("__name__", "") in names:
            siblings[tuple(raw.labels[i].get(name, "") for name in _TARGET)].append(i)
    for group in siblings.values():
        if len(group) > 1:
            _fill(np.array(group), increase, seconds)


def _fill(group: np.ndarray[tuple[int], np.dtype[np.int64]], increase: Matrix, seconds: Matrix) -> None:
    known = ~np.isnan(increase[group])
    never = increase.shape[1]
    born = np.where(known.any(axis=1), known.argmax(axis=1) - 1, never)  # the row of the first sample itself
    last = np.where(known.any(axis=1), never - 1 - known[:, ::-1].argmax(axis=1), -never)
    ended = np.where(last < never - 1 - _LATE_ROWS, last, -never)
    goes_on = (np.abs(born[:, None] - ended) <= _NEAR_ROWS).any(axis=1)
    eldest = group[born.argmin()]
    young = (born > 0) & (born < never) & ~goes_on
    for i, row in zip(group[young], born[young], strict=True):
        before = ~np.isnan(increase[eldest, :row])
        increase[i, :row][before] = 0.0
        seconds[i, :row][before] = seconds[eldest, :row][before]
