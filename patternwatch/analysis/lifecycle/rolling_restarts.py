"""A rolling restart: while one replica is away the others say so, and no longer once all are back.

Partitions that lack a copy, members that are missing, pods that are not ready: each step of a rolling update
has them, under the same names (a StatefulSet) or under others (a Deployment, a DaemonSet). What is over when
the last replica is back is the update's.
So is a role that one replica gave up when it was restarted, alone or in turn, and another one has from
then on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.restarts import Restarts, by_entity
from patternwatch.analysis.lifecycle.termination import Terminations
from patternwatch.analysis.lifecycle.turnover import APART_ROWS, TOGETHER_ROWS
from patternwatch.analysis.metrics.categories import CATEGORIES
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.shard_results import Candidate

_AWAY_ROWS = 6
"""Rows before the first word of a new process from which it may have been away, and after it until which it
may catch up; judgement."""
_BACK_ROWS = 3
"""Rows after all that which are as usual: with fewer nobody knows that it is over; judgement."""
_ALIKE = 0.25
"""Part of the movement by which what one has now may differ from what the other had; judgement."""
_FELT = frozenset(("latency", "traffic"))
"""What users have of it: a restart that is not noticed leaves these alone."""


class Rolling(NamedTuple):
    """The rows from and to which the restarts of an entity explain what its replicas tell of one another."""

    first: int
    last: int


Rollings: TypeAlias = Mapping[str, Rolling]
"""By entity."""


def rolling_restarts(restarts: Restarts, ended: Terminations | None = None) -> Rollings:
    """The entities of which several replicas were started anew one after the other, none long after the last.

    ended  those that ended on purpose: others took their places

    >>> from patternwatch.analysis.lifecycle.restarts import Anew
    >>> rolling_restarts({("kafka", f"kafka-{n}"): Anew(240 + 8 * n, 0) for n in range(3)})
    {'kafka': Rolling(first=234, last=262)}
    >>> rolling_restarts({("kafka", f"kafka-{n}"): Anew(240, 0) for n in range(3)})
    {}
    """
    planned = {**_replaced(ended or {}), **planned_restarts(restarts)}
    in_turn = (entity for entity, rolling in planned.items() if _length(rolling) > TOGETHER_ROWS)
    return {entity: planned[entity] for entity in in_turn}


def _replaced(ended: Terminations) -> Rollings:
    rows: dict[str, list[int]] = defaultdict(list)
    for (entity, _), row in ended.items():
        rows[entity].append(row)
    return {entity: Rolling(min(own) - _AWAY_ROWS, max(own) + _AWAY_ROWS) for entity, own in rows.items()}


def _length(rolling: Rolling) -> int:
    """Rows from the first word of a new process to the last one."""
    return rolling.last - rolling.first - 2 * _AWAY_ROWS


def planned_restarts(restarts: Restarts) -> Rollings:
    """The entities of which a replica or more were started anew and none ended by itself, for `roles_moved`.

    Of a leader that is restarted alone another one takes the role; what then fails is told by what fails.

    >>> from patternwatch.analysis.lifecycle.restarts import Anew
    >>> planned_restarts({("zk", "zk-1"): Anew(250, 0)})
    {'zk': Rolling(first=244, last=256)}
    >>> planned_restarts({("zk", "zk-1"): Anew(250, 0, is_exit=True)})
    {}
    """
    found = {}
    for entity, own in by_entity(restarts, APART_ROWS).items():
        rows = [anew.row for anew in own.values()]
        if not any(anew.is_exit for anew in own.values()):
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


def roles_moved(candidates: Iterable[Candidate], rollings: Rollings, scope: Scope) -> set[str]:
    """The series, by id, of roles that went from one replica to another one as they were restarted.

    rollings  those of `planned_restarts`

    A master that is restarted is a replica afterwards, and a replica is master: how many follow it, how far
    it is behind. The two may move far apart in time, for one of them is told anew from its own restart on.
    Troubles are no roles, nor are rates: work moves with a role, and is told as such anyway.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> def followers(pod: str, before: float, after: float) -> Candidate:
    ...     values = np.repeat(np.array([before, after], dtype=np.float32), 20)
    ...     labels = {"__name__": "connected_slaves", "job": "redis", "pod": pod}
    ...     return Candidate(
    ...         labels=labels, derivation="", category="other", screening_score=2.0, values=values
    ...     )
    >>> moved = [followers("redis-0", 1, 0), followers("redis-1", 0, 1), followers("redis-2", 0, 3)]
    >>> len(roles_moved(moved, {"redis": Rolling(18, 30)}, Scope([], AnalysisSettings())))
    2
    """
    levels: dict[tuple[str, str], list[tuple[float, float, str, str]]] = defaultdict(list)
    for c in candidates if rollings else ():
        if c.derivation or c.event or c.category in _FELT or CATEGORIES[c.category].is_trouble:
            continue
        subject = scope.subject_of(c.labels)
        entity = scope.entity(subject).name
        rolling = rollings.get(entity)
        after = c.values[np.isfinite(c.values)][-_BACK_ROWS:]
        before = c.values[: max(rolling.first, 0)] if rolling else c.values[:0]
        if len(after) and np.isfinite(before).any():
            was, now = float(np.nanmedian(before)), float(np.median(after))
            own = series_id(c.labels, c.derivation)
            levels[entity, c.labels.get("__name__", "")].append((was, now, subject.replica, own))
    found = set[str]()
    for told in levels.values():
        for was, now, replica, own in told:
            for other_was, other_now, other, theirs in told:
                far = _ALIKE * min(was - now, other_now - other_was)
                if replica != other and max(abs(was - other_now), abs(now - other_was)) <= far > 0.0:
                    found |= {own, theirs}
    return found
