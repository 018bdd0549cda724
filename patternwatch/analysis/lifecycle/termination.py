"""What a replica tells while it is ended on purpose: not ready, idle, closing. That is no trouble."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.replica import Replica
from patternwatch.analysis.lifecycle.turnover import Turnover
from patternwatch.contracts.lives import LifeEventKind
from patternwatch.contracts.shard_results import Candidate

Terminations: TypeAlias = Mapping[tuple[str, str], int]
"""Entity and replica -> the row at which it had ended."""

_ON_PURPOSE: frozenset[LifeEventKind] = frozenset(("rollout", "scaled_in", "job_finished", "came_and_went"))
"""Not `usual`, nor `replaced` but at once: one that crashed may be either."""
_AT_ONCE_MS = 120_000
"""From one replica's first failed scrape, or its end, to another's first sample, or back, where a controller
was told to put it elsewhere, as while a node is drained; judgement. The pods of a node that fell silent are
replaced after five minutes (Kubernetes, "Taints and Tolerations", tolerationSeconds)."""
_GRACE_MS = 30_000
"""A deleted pod is not ready, and has so long to end (Kubernetes, terminationGracePeriodSeconds)."""
_IDLE = 0.1
"""Part of its usual requests up to which a replica has none any more: health checks go on; judgement."""


def terminations_of(turnovers: Iterable[Turnover], step_ms: int) -> Terminations:
    """The replicas that ended on purpose.

    >>> terminations_of([], 30_000)
    {}
    """
    return {
        (t.group.entity, r.name): row
        for t in turnovers
        if t.kind in _ON_PURPOSE or (t.kind == "replaced" and _is_at_once(t, step_ms))
        for r in t.replicas
        if r.name and (row := _ended(r)) is not None
    }


def _is_at_once(turnover: Turnover, step_ms: int) -> bool:
    """Whether each that ended was replaced as it did."""
    births = [r.born for r in turnover.group.replicas if r.born is not None]
    ends = [row for r in turnover.replicas if (row := _first_sign(r)) is not None]
    rows = _AT_ONCE_MS // step_ms
    return all(any(abs(born - end) <= rows for born in births) for end in ends)


def _first_sign(replica: Replica) -> int | None:
    rows = [row for row in (replica.down, replica.gone) if row is not None]
    return min(rows, default=None)


def _ended(replica: Replica) -> int | None:
    """When it ended, or the first that told of it: Kubernetes tells of the pods of a Job that is done."""
    if replica.gone is not None:
        return replica.gone
    gone = (t.gone for t in replica.tellers.values() if t.gone is not None)
    return replica.passed[1] if replica.passed else min(gone, default=None)


def since_last_request(
    terminations: Terminations, candidates: Iterable[Candidate], scope: Scope
) -> Terminations:
    """The same, each from where its replica had no more requests until it ended.

    A load balancer lets go of a target minutes before that ends (300 s by default at AWS, "Deregistration
    delay"), and blue stays for as long as somebody looks at green. What an idle replica tells meanwhile (the
    latency of a few health checks, a heap that shrinks) is its leaving.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> asked = Candidate(
    ...     labels={"__name__": "http_requests_total", "pod": "cart-5d4f8c7b9-x2x9k"}, derivation="rate",
    ...     category="traffic", screening_score=2.0, values=np.array([9, 8, 9, 9, 0, 0.1], dtype=np.float32),
    ... )
    >>> since_last_request({("cart", "cart-5d4f8c7b9-x2x9k"): 6}, [asked], Scope([], AnalysisSettings()))
    {('cart', 'cart-5d4f8c7b9-x2x9k'): 4}
    """
    idle: dict[tuple[str, str], int] = {}
    for c in candidates if terminations else ():
        if c.category != "traffic" or c.event:
            continue
        subject = scope.subject_of(c.labels)
        key = scope.entity(subject).name, subject.replica
        if (end := terminations.get(key)) is not None:
            own = np.nan_to_num(c.values[:end])
            busy = np.flatnonzero(own > _IDLE * np.median(own[own > 0.0])) if own.any() else np.zeros(0, int)
            # Of several that count its requests, the one that went on longest tells.
            idle[key] = max(idle.get(key, 0), int(busy[-1]) + 1 if len(busy) else 0)
    return {key: min(end, idle.get(key) or end) for key, end in terminations.items()}


def without_termination(
    candidate: Candidate, terminations: Terminations, scope: Scope, step_ms: int
) -> Candidate:
    """The series up to where its replica began to end on purpose; as it is where none did.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> ready = Candidate(
    ...     labels={"__name__": "kube_pod_status_ready", "pod": "cart-5d4f8c7b9-x2x9k"}, derivation="",
    ...     category="health", screening_score=2.0, values=np.array([1, 1, 1, 0], dtype=np.float32),
    ... )
    >>> scope = Scope([], AnalysisSettings())
    >>> without_termination(ready, {("cart", "cart-5d4f8c7b9-x2x9k"): 4}, scope, 30_000).values.tolist()
    [1.0, 1.0, nan, nan]
    """
    if not terminations:
        return candidate
    subject = scope.subject_of(candidate.labels)
    row = terminations.get((scope.entity(subject).name, subject.replica))
    if row is None:
        return candidate
    values = candidate.values.copy()
    values[max(row - 1 - -(-_GRACE_MS // step_ms), 0) :] = np.nan
    return candidate.model_copy(update={"values": values})
