"""What has one limit and is told in parts: the connections of a database server, by database and state.

None of ten databases comes near the limit of the server; together they do. So where a server tells of
several, their sum is one more series.
"""

from collections import defaultdict
from dataclasses import replace
from typing import Final

import numpy as np

from patternwatch.contracts.series import SUM, Matrix, SeriesBatch, Vector

_PARTS: Final = frozenset(
    (
        *("datname", "datid", "database", "state", "usename", "user", "application_name", "backend_type"),
        *("wait_event", "wait_event_type"),
    )
)
"""Labels that part it (postgres_exporter, CloudNativePG)."""
_TOLD_IN_PARTS: Final = frozenset(
    ("pg_stat_database_numbackends", "pg_stat_activity_count", "cnpg_backends_total")
)


def with_sums(batch: SeriesBatch) -> SeriesBatch:
    """The batch, and the sum of each such metric of each server after its series.

    >>> labels = [{"__name__": "pg_stat_database_numbackends", "instance": "a", "datname": n} for n in "xy"]
    >>> batch = SeriesBatch(labels, np.arange(2), np.array([[3.0, 4.0], [5.0, np.nan]]), ["", ""])
    >>> summed = with_sums(batch)
    >>> summed.labels[2], summed.derivation[2], summed.values[2].tolist()
    ({'__name__': 'pg_stat_database_numbackends', 'instance': 'a'}, 'sum', [8.0, 4.0])
    """
    members: dict[tuple[tuple[str, str], ...], list[int]] = defaultdict(list)
    for i, own in enumerate(batch.labels):
        if own.get("__name__") in _TOLD_IN_PARTS and not batch.derivation[i]:
            members[tuple(sorted(item for item in own.items() if item[0] not in _PARTS))].append(i)
    several = [(dict(key), rows) for key, rows in sorted(members.items()) if len(rows) > 1]
    if not several:
        return batch
    sums = np.array([_sum(batch.values[rows]) for _, rows in several])
    reference = batch.seasonal_reference
    if reference is not None:
        reference = np.concatenate([reference, [_sum(reference[rows]) for _, rows in several]])
    return replace(
        batch,
        labels=[*batch.labels, *(labels for labels, _ in several)],
        values=np.concatenate([batch.values, sums]),
        derivation=[*batch.derivation, *[SUM] * len(several)],
        seasonal_reference=reference,
    )


def _sum(parts: Matrix) -> Vector:
    """What they are together, shape (T,); a part that has not begun, or has ended, is none of it.

    parts  shape (K, T); NaN is a gap

    A part that misses a point among others is not known to be 0: there is no sum of that row.
    """
    known = np.isfinite(parts)
    lives = np.maximum.accumulate(known, axis=1) & np.maximum.accumulate(known[:, ::-1], axis=1)[:, ::-1]
    whole = known.any(axis=0) & (known | ~lives).all(axis=0)
    return np.where(whole, np.where(known, parts, 0.0).sum(axis=0), np.nan)
