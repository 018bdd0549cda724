"""A rolling restart: while one replica is away the others say so, and no longer once all are back.

Partitions that lack a copy, members that are missing, pods that are not ready: each step of a rolling update
of a StatefulSet has them, under the same names. What is over when the last replica is back is the update's.
"""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.restarts import Restarts, by_entity
from patternwatch.analysis.lifecycle.turnover import APART_ROWS, TOGETHER_ROWS
from patternwatch.contracts.shard_results import Candidate

_AWAY_ROWS = 6
"""Rows before the first word of a new process from which it may have been away, and after it until which it
may catch up; judgement."""
_BACK_ROWS = 3
"""Rows after all that which are as usual: with fewer nobody knows that it is over; judgement."""
_FELT = frozenset(("latency", "traffic"))
"""What users have of it: a restart that is not noticed leaves these alone."""


class Rolling(NamedTuple):
    """The rows from and to which the restarts of an entity explain what its replicas tell of one another."""

    first: int
    last: int


Rollings: TypeAlias = Mapping[str, Rolling]
"""By entity."""


def rolling_restarts(restarts: Restarts) -> Rollings:
    """The entities of which several replicas were started anew one after the other, none long after the last.

    >>> from patternwatch.analysis.lifecycle.restarts import Anew
    >>> rolling_restarts({("kafka", f"kafka-{n}"): Anew(240 + 8 * n, 0) for n in range(3)})
    {'kafka': Rolling(first=234, last=262)}
    >>> rolling_restarts({("kafka", f"kafka-{n}"): Anew(240, 0) for n in range(3)})
    {}
    """
    found = {}
    for entity, own in by_entity(restarts, APART_ROWS).items():
        rows = [anew.row for anew in own.values()]
        if not any(anew.is_exit for anew in own.values()) and max(rows) - min(rows) > TOGETHER_ROWS:
            found[entity] = Rolling(min(rows) - _AWAY_ROWS, max(rows) + _AWAY_ROWS)
    return found


def only_while_rolling(candidate: Candidate, rollings: Rollings, scope: Scope) -> bool:
    """Whether a series moved only while the replicas of its entity were restarted in turn, and came back.

    Rates are none of it: requests that fail at each step are felt, if only for a while.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> missing = np.zeros(40, dtype=np.float32)
    >>> missing[11:14] = 12.0
    >>> under = Candidate(
    ...     labels={"__name__": "underreplicatedpartitions", "job": "kafka"}, derivation="",
    ...     category="error", screening_score=2.0, values=missing,
    ... )
    >>> scope = Scope([], AnalysisSettings())
    >>> [only_while_rolling(under, {"kafka": Rolling(10, last)}, scope) for last in (30, 12, 38)]
    [True, False, False]
    """
    if not rollings or candidate.derivation or candidate.event or candidate.category in _FELT:
        return False
    rolling = rollings.get(scope.entity(scope.subject_of(candidate.labels)).name)
    if rolling is None:
        return False
    before, after = candidate.values[: max(rolling.first, 0)], candidate.values[rolling.last :]
    if np.isfinite(after).sum() < _BACK_ROWS or not np.isfinite(before).any():
        return False
    usual = np.nanmin(before), np.nanmax(before)
    return bool(usual[0] <= np.nanmin(after) and np.nanmax(after) <= usual[1])
