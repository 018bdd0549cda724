"""Queues that nobody serves: their consumers are gone, and they are longer than they ever were.

How many consumers there are is as much as there is to do, and fewer of them are somebody else's doing. Where
work waits and nobody is there to take it, a queue is no less out of service than a target that is down.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.metrics.category_rules import WAITS
from patternwatch.analysis.scoring.ended_work import tells_consumers
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Labels, Matrix, Vector

_WAITS = re.compile(WAITS)
_STAYS = 3
"""Last points without a consumer: a moment without one is a restart; as of running work."""


def with_unserved_queues(labels: Sequence[Labels], categories: Sequence[str], values: Matrix) -> list[str]:
    """The categories of N changed series: the consumers of such a queue tell of health.

    labels  of the series
    values  shape (N, T); NaN is a gap

    >>> own = [{"__name__": f"queue_{what}", "queue": "mails"} for what in ("consumers", "messages")]
    >>> values = np.array([[4.0, 4.0, 0.0, 0.0, 0.0], [9.0, 8.0, 20.0, 30.0, 40.0]])
    >>> with_unserved_queues(own, ["saturation"] * 2, values)
    ['health', 'saturation']
    >>> with_unserved_queues(own, ["saturation"] * 2, values[:, :3])
    ['saturation', 'saturation']
    """
    names = [in_snake_case(own.get("__name__", "")) for own in labels]
    consumers = [i for i, name in enumerate(names) if tells_consumers(name)]
    if not consumers:
        return list(categories)
    queues: dict[frozenset[tuple[str, str]], list[int]] = defaultdict(list)
    for i, (name, category) in enumerate(zip(names, categories, strict=True)):
        if category == "saturation" and _WAITS.search(name) and i not in consumers:
            queues[place_of(labels[i])].append(i)
    found = list(categories)
    for i in consumers:
        gone = _gone_from(values[i])
        if gone is not None and any(
            _is_longest(values[k], gone) for k in queues.get(place_of(labels[i]), ())
        ):
            found[i] = "health"
    return found


def place_of(labels: Labels) -> frozenset[tuple[str, str]]:
    """Which queue a series tells of: all of its labels but the metric's name.

    >>> sorted(place_of({"__name__": "queue_consumers", "queue": "mails"}))
    [('queue', 'mails')]
    """
    return frozenset(item for item in labels.items() if item[0] != "__name__")


def _gone_from(values: Vector) -> int | None:
    """The row from which on there are none to the end; None where there are some, or never were."""
    rows = np.flatnonzero(np.isfinite(values))
    there = np.flatnonzero(values[rows] > 0.0)
    if not len(there) or len(rows) - there[-1] - 1 < _STAYS:
        return None
    return int(rows[there[-1] + 1])


def _is_longest(values: Vector, row: int) -> bool:
    """Whether a queue is longer at last than it ever was before a row."""
    before, since = values[:row], values[row:]
    before, since = before[np.isfinite(before)], since[np.isfinite(since)]
    return len(before) > 0 and len(since) > 0 and bool(since[-1] > max(before.max(), 0.0))
