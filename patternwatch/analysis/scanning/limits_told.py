"""The limits that a shard's series tell: constants, which no scan judges, and which say how much is left.

One that was lowered once, and stays so, is one too: a database that is started with fewer connections by
mistake is full with those that it had.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from patternwatch.analysis.metrics.limits import limit_labels
from patternwatch.contracts.limits import SEPARATOR, LimitGroup
from patternwatch.contracts.series import Flags, Labels, Matrix

MAX_LIMITS = 2_000
"""Limits that a scan tells of, about 80 bytes each."""


def limit_rows(labels: Sequence[Labels], derivation: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Which of N series may be limits, by their names: position -> the labels by which their use is found.

    >>> limit_rows([{"__name__": name, "job": "cart"} for name in ("process_max_fds", "up")], ["", ""])
    {0: ('job',)}
    """
    found = {}
    for i, (own, derived) in enumerate(zip(labels, derivation, strict=True)):
        if not derived and (by := limit_labels(own)) is not None:
            found[i] = by
    return found


def limits_told(
    labels: Sequence[Labels], values: Matrix, rows: Mapping[int, tuple[str, ...]]
) -> tuple[list[LimitGroup], list[str]]:
    """The limits by metric, and a note where there are more than a scan tells of.

    values  shape (N, T); NaN is a gap
    rows    which series may be limits (`limit_rows`)

    What moves is none, but for one step down, and what is 0 or less says that there is none.

    >>> labels = [{"__name__": "process_max_fds", "job": job} for job in ("cart", "web", "mail")]
    >>> values = np.array([[1024.0, 1024.0], [9.0, 8.0], [-1.0, -1.0]])
    >>> [group], _ = limits_told(labels, values, dict.fromkeys(range(3), ("job",)))
    >>> group.metric, group.limits, group.before
    ('process_max_fds', {'cart': 1024.0, 'web': 8.0}, {'web': 9.0})
    """
    positions = list(rows)
    least, most = np.fmin.reduce(values[positions], axis=1), np.fmax.reduce(values[positions], axis=1)
    lowered = _are_lowered(values[positions]) & (least > 0.0)
    told = np.flatnonzero(((least == most) | lowered) & (least > 0.0) & np.isfinite(least))
    groups: dict[tuple[str, tuple[str, ...]], dict[str, float]] = defaultdict(dict)
    before: dict[tuple[str, tuple[str, ...]], dict[str, float]] = defaultdict(dict)
    for k in told[:MAX_LIMITS].tolist():
        own, by = labels[positions[k]], rows[positions[k]]
        kind, key = (own["__name__"], by), SEPARATOR.join(own[name] for name in by)
        groups[kind][key] = float(least[k])
        if lowered[k]:
            before[kind][key] = float(most[k])
    notes = [f"Of {len(told):,} limits that a part of the series tells, {MAX_LIMITS:,} were read."]
    found = [
        LimitGroup(metric=metric, labels=list(by), limits=limits, before=before[metric, by])
        for (metric, by), limits in sorted(groups.items())
    ]
    return found, notes if len(told) > MAX_LIMITS else []


def _are_lowered(values: Matrix) -> Flags:
    """Which of N series have one value and from some row on a lower one, shape (N,)."""
    found = np.zeros(len(values), dtype=bool)
    for i in np.flatnonzero(np.fmin.reduce(values, axis=1) < np.fmax.reduce(values, axis=1)).tolist():
        steps = np.diff(values[i][np.isfinite(values[i])])
        found[i] = np.count_nonzero(steps) == 1 and steps.sum() < 0.0
    return found
