"""Series that are not judged: how many, for which reason, of which metrics."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TypeAlias

Skipped: TypeAlias = Mapping[str, Mapping[str, int]]
"""Numbers of series by reason, then by metric; the metric is empty where only their number is known."""

CONSTANT = "constant"
INFO = "info metrics (facts in their labels)"
MERGED = "buckets and sums merged into their histograms"
REPLICA = "merged with the same series of another replica"
CREATION = "creation time of a counter"
BOOKKEEPING = "bookkeeping of Kubernetes objects"
ROLE = "which of several replicas leads"
HIGH_WATER = "highest values since a process began"
UNREAD = "in a part that was not read"
"""Of series that were expected: how many there are is known from counting them."""
NOTHING_LOST: frozenset[str] = frozenset(
    (CONSTANT, INFO, MERGED, REPLICA, CREATION, BOOKKEEPING, ROLE, HIGH_WATER)
)
"""Reasons that hide nothing: never moved, facts in labels only, part of a histogram or counter, a twin, what
numbers writes to an object, says who leads, or how high something that is told as well once was."""
MAX_METRICS = 40
"""Metrics that are named for one reason: a page shows a few, a program finds most; the rest is a number."""


def skipped_for(reason: str, metrics: Iterable[str]) -> Skipped:
    """One series for each name in `metrics`, all for the same reason; nothing where there are none.

    >>> skipped_for("constant", ["up", "up", "build_id"])
    {'constant': {'build_id': 1, 'up': 2}}
    """
    counts = Counter(metrics)
    return {reason: dict(sorted(counts.items()))} if counts else {}


def merged(*parts: Skipped) -> Skipped:
    """The sums of several, in the order of reasons and metrics: the order of `parts` does not matter.

    >>> merged({"constant": {"up": 1}}, {"info": {"os_info": 1}, "constant": {"up": 2}})
    {'constant': {'up': 3}, 'info': {'os_info': 1}}
    """
    sums: dict[str, Counter[str]] = {}
    for part in parts:
        for reason, metrics in part.items():
            sums.setdefault(reason, Counter()).update(metrics)
    counts = {reason: dict(sorted((+sums[reason]).items())) for reason in sorted(sums)}
    return {reason: metrics for reason, metrics in counts.items() if metrics}


def totals(skipped: Skipped) -> dict[str, int]:
    """Numbers of series by reason.

    >>> totals({"constant": {"up": 3, "": 10}})
    {'constant': 13}
    """
    return {reason: sum(metrics.values()) for reason, metrics in sorted(skipped.items())}


def shortened(skipped: Skipped, max_metrics: int = MAX_METRICS) -> Skipped:
    """The metrics with the most series for each reason; those of the others are added up without a name.

    >>> shortened({"constant": {"a": 1, "b": 5, "c": 1, "d": 4}}, max_metrics=2)
    {'constant': {'b': 5, 'd': 4, '': 2}}
    """
    return {reason: largest(metrics, max_metrics) for reason, metrics in skipped.items()}


def largest(metrics: Mapping[str, int], limit: int) -> dict[str, int]:
    """So many metrics with the most series; those of the others are added up without a name.

    >>> largest({"a": 1, "b": 5, "c": 2}, 1)
    {'b': 5, '': 3}
    """
    named = sorted(((n, m) for m, n in metrics.items() if m), key=lambda pair: (-pair[0], pair[1]))
    kept = {metric: number for number, metric in named[:limit]}
    rest = sum(metrics.values()) - sum(kept.values())
    return kept | ({"": rest} if rest else {})
