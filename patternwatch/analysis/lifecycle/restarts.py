"""What was started anew in its place: a process, a container or a machine, by its own word when it began.

A pod that is replaced ends, and its twin begins; a process on a machine goes on under the same labels. What
it holds (memory, connections, threads, descriptors) begins anew with it: that this fell is no news.
Which names tell that: `contracts/metric_words.py`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.placed_lives import replica_of
from patternwatch.analysis.lifecycle.turnover import TOGETHER_ROWS
from patternwatch.contracts.lives import Restart
from patternwatch.contracts.metric_words import tells_start, tells_uptime
from patternwatch.contracts.series import Labels, Matrix, Vector, Window
from patternwatch.contracts.shard_results import Candidate, ShardResult

MAX_RESTARTS = 1_000
"""That a scan tells of."""
_MIN_MOVE_S = 2.0
"""Of a time of start: where it is told as now less the uptime, it trembles by a second."""
_MILLISECONDS = 1e11
"""Unix times from here on are told in milliseconds."""
_HELD = frozenset(("cpu", "memory", "saturation", "disk", "network", "other"))
"""Categories of what a process holds or uses; of the others a fall is a fall for whoever asks it."""


class Anew(NamedTuple):
    """When one replica was started anew: the first row that knows of it, and the time.

    is_exit  whether the one before ended by itself or was killed, by what tells that
    reason   why it ended, where that is told
    """

    row: int
    at_ms: int
    is_exit: bool = False
    reason: str = ""


Restarts: TypeAlias = Mapping[tuple[str, str], Anew]
"""Entity and replica -> its last start."""


def restarts_of(
    labels: Sequence[Labels], derivation: Sequence[str], values: Matrix, window: Window, earliest: int
) -> list[Restart]:
    """What was started anew, by those of N series that tell when or for how long something runs.

    derivation  of each: a rate of an uptime is none
    values      shape (N, T); NaN is a gap
    earliest    first row at which a trouble can begin

    >>> window = Window(start_ms=10**12, split_ms=10**12 + 6000, end_ms=10**12 + 7000, step_ms=1000)
    >>> labels = [{"__name__": "process_start_time_seconds", "job": "cart"}]
    >>> [cart] = restarts_of(labels, [""], np.array([[9e8] * 5 + [1e9 + 4.5] * 3]), window, 2)
    >>> cart.row, cart.at_ms - window.start_ms
    (5, 4500)
    """
    found = []
    for i, own in enumerate(labels):
        name = own.get("__name__", "")
        if derivation[i] or not (tells_start(name) or tells_uptime(name)):
            continue
        anew = _last_start(values[i], window, is_time=tells_start(name))
        if anew is not None and anew.row >= earliest:
            found.append(Restart(labels=dict(own), row=anew.row, at_ms=anew.at_ms))
    return found[:MAX_RESTARTS]


def _last_start(values: Vector, window: Window, *, is_time: bool) -> Anew | None:
    """The last start that a series tells of; None where it was up all the time."""
    rows = np.flatnonzero(np.isfinite(values))
    told = values[rows]
    if not is_time:
        fell = np.flatnonzero(told[1:] < told[:-1]) + 1
        row = int(rows[fell[-1]]) if len(fell) else None
        return None if row is None else Anew(row, window.start_ms + row * window.step_ms)
    times = told * (1.0 if len(told) and told[-1] > _MILLISECONDS else 1000.0)
    later = np.flatnonzero((np.diff(times) > 1000.0 * _MIN_MOVE_S) & (times[1:] >= window.start_ms)) + 1
    return Anew(int(rows[later[-1]]), int(times[later[-1]])) if len(later) else None


def started_anew(results: Iterable[ShardResult], scope: Scope) -> Restarts:
    """Which replicas were started anew, by the restarts of all shards in any order.

    scope  names the entities

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> started_anew([], Scope([], AnalysisSettings()))
    {}
    """
    found: dict[tuple[str, str], Anew] = {}
    reasons: list[tuple[tuple[str, str], Restart]] = []
    for restart in (one for result in results for one in result.restarts):
        subject = scope.subject_of(restart.labels)
        entity = scope.entity(subject)
        key = entity.name, replica_of(subject, entity)
        if restart.reason:
            reasons.append((key, restart))
        else:
            found[key] = _joined(found.get(key), Anew(restart.row, restart.at_ms, restart.is_exit))
    for key, restart in sorted(reasons, key=lambda told: told[1].reason):
        last = found.get(key)
        if last is not None and abs(last.row - restart.row) <= TOGETHER_ROWS:
            found[key] = last._replace(is_exit=True, reason=restart.reason)
    return found


def _joined(one: Anew | None, other: Anew) -> Anew:
    """The later of two starts of a replica, or what both tell of the same one."""
    if one is None:
        return other
    last = max(one, other)
    together = abs(one.row - other.row) <= TOGETHER_ROWS
    return last._replace(is_exit=one.is_exit or other.is_exit) if together else last


def by_entity(restarts: Restarts, apart_rows: int) -> dict[str, dict[str, Anew]]:
    """By entity the replicas that were started anew last, together: none `apart_rows` after the one before.

    >>> starts = {("cart", "a"): Anew(240, 0), ("cart", "b"): Anew(247, 7), ("cart", "c"): Anew(90, 1)}
    >>> {name: list(own) for name, own in by_entity(starts, 20).items()}
    {'cart': ['a', 'b']}
    """
    replicas: dict[str, list[tuple[Anew, str]]] = defaultdict(list)
    for (entity, replica), anew in restarts.items():
        replicas[entity].append((anew, replica))
    found = {}
    for entity, own in sorted(replicas.items()):
        own.sort()
        first = len(own) - 1
        while first and own[first][0].row - own[first - 1][0].row <= apart_rows:
            first -= 1
        found[entity] = {replica: anew for anew, replica in own[first:]}
    return found


def only_began_anew(candidate: Candidate, restarts: Restarts, scope: Scope) -> bool:
    """Whether a series tells only that its process was started anew: what it held is not there yet.

    It is a gauge of what a process holds, and has not been higher since than it was before.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> heap = Candidate(
    ...     labels={"__name__": "heap_bytes", "job": "cart", "instance": "a:80"}, derivation="",
    ...     category="memory", screening_score=2.0, values=np.array([9, 8, 9, 1], dtype=np.float32),
    ... )
    >>> scope, restarts = Scope([], AnalysisSettings()), {("cart", "a:80"): Anew(3, 0)}
    >>> only_began_anew(heap, restarts, scope), only_began_anew(heap, {}, scope)
    (True, False)
    """
    if not restarts or candidate.derivation or candidate.event or candidate.category not in _HELD:
        return False
    subject = scope.subject_of(candidate.labels)
    entity = scope.entity(subject)
    anew = restarts.get((entity.name, replica_of(subject, entity)))
    if anew is None:
        return False
    before, after = candidate.values[: anew.row], candidate.values[anew.row :]
    known = np.isfinite(before).any() and np.isfinite(after).any()
    return bool(known and np.nanmax(after) <= np.nanmax(before))
