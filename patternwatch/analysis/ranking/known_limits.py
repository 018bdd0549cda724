"""The limits that the scans of a request tell, and of which series each is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from patternwatch.analysis.metrics.limits import counts_use, may_limit
from patternwatch.analysis.scoring.limits_reached import Limits
from patternwatch.contracts.limits import SEPARATOR, LimitGroup
from patternwatch.contracts.series import SUM, Labels
from patternwatch.contracts.shard_results import Candidate


class _Limit(NamedTuple):
    """How much there may be at last, and how much there might be at first."""

    now: float
    before: float


_NONE = _Limit(np.nan, np.nan)


class KnownLimits:
    """Finds the limit of a series.

    groups  of all shards, in any order

    >>> files = LimitGroup(metric="process_max_fds", labels=["job"], limits={"cart": 1024.0})
    >>> known, used = KnownLimits([files]), {"__name__": "process_open_fds", "job": "cart", "pod": "a"}
    >>> known.of(used, ""), known.of(used, "rate"), known.of({**used, "job": "web"}, "")
    (1024.0, None, None)
    """

    def __init__(self, groups: Iterable[LimitGroup]) -> None:
        told: dict[str, dict[tuple[str, ...], dict[str, _Limit]]] = defaultdict(lambda: defaultdict(dict))
        for group in groups:
            told[group.metric][tuple(group.labels)].update(
                {key: _Limit(limit, group.before.get(key, limit)) for key, limit in group.limits.items()}
            )
        self._told: Mapping[str, Mapping[tuple[str, ...], Mapping[str, _Limit]]] = told
        self._by_use: dict[str, list[str]] = {}

    def of(self, labels: Labels, derivation: str) -> float | None:
        """How much there may be of what a series counts, by the limit that shares most labels with it."""
        found = self._limit(labels, derivation)
        return None if found is None else found.now

    def _limit(self, labels: Labels, derivation: str) -> _Limit | None:
        if derivation not in ("", SUM) or not self._told:
            return None
        found: tuple[int, _Limit] | None = None
        for metric in self._limits_of(labels.get("__name__", "")):
            for by, limits in self._told[metric].items() if counts_use(metric, labels) else ():
                if len(by) <= (found[0] if found else -1) or not all(name in labels for name in by):
                    continue
                limit = limits.get(SEPARATOR.join(labels[name] for name in by))
                if limit is not None:
                    found = len(by), limit
        return found[1] if found else None

    def of_all(self, candidates: Sequence[Candidate]) -> Limits:
        """The limits of N series."""
        found = [self._limit(c.labels, c.derivation) or _NONE for c in candidates]
        now, before = np.array(found, dtype=np.float64).reshape(-1, 2).T
        return Limits(now, before)

    def _limits_of(self, metric: str) -> list[str]:
        """The metrics that may tell the limit of one, in alphabetical order."""
        if metric not in self._by_use:
            self._by_use[metric] = [name for name in sorted(self._told) if may_limit(name, metric)]
        return self._by_use[metric]
