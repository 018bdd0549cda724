"""Counts of the series of growing requests: later looks keep the cut of the first one.

Between two looks a series in a thousand comes or goes. Were the metrics packed into shards anew after that,
nearly every shard would select other metrics, and what is kept of it between the looks would be of no use. A
request in other shards gives the same report, so a planner that has forgotten the counts does no harm.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.requests import AnalysisRequest

MAX_KEPT_NAMES = 200_000
"""Metric names of all requests whose counts are kept, some 100 bytes each; the oldest requests make room."""
_MAX_MOVED = 0.1
"""Part of the series that may have come or gone since the cut was made: shards stay of about their size."""

_Key: TypeAlias = tuple[str, str, Matchers]


@dataclass(slots=True)
class KeptCounts:
    """The counts by metric name that the shards of each growing request were made by."""

    max_names: int = MAX_KEPT_NAMES
    _kept: OrderedDict[_Key, Mapping[str, int]] = field(default_factory=OrderedDict)

    def of_one_shard(self, request: AnalysisRequest, max_series: int) -> Mapping[str, int] | None:
        """The counts of the look before where one shard held all of its series; None where none is known.

        Such a shard selects what the request does: the same is read whatever it is counted to.

        max_series  that a shard holds

        >>> from patternwatch.contracts.series import Window
        >>> request = AnalysisRequest(
        ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), growing=True,
        ...     requested_at_ms=2, window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
        ... )
        >>> kept = KeptCounts()
        >>> counts = kept.steady(request, {"up": 100, "load": 90})
        >>> request = request.model_copy(update={"look": 1})
        >>> kept.of_one_shard(request, 190), kept.of_one_shard(request, 189)
        ({'up': 100, 'load': 90}, None)
        """
        counts = self._kept.get(_key(request), {})
        if not request.look or not 0 < sum(counts.values()) <= max_series:
            return None
        return self.steady(request, counts)

    def steady(self, request: AnalysisRequest, counts: Mapping[str, int]) -> Mapping[str, int]:
        """The counts to make the shards of this look by: those of the look before where they still fit.

        counts  number of series by metric name now; with another name they are taken

        >>> from patternwatch.contracts.series import Window
        >>> request = AnalysisRequest(
        ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), growing=True,
        ...     requested_at_ms=2, window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
        ... )
        >>> kept = KeptCounts()
        >>> kept.steady(request, {"up": 100, "load": 90})
        {'up': 100, 'load': 90}
        >>> kept.steady(request, {"up": 99, "load": 91}), kept.steady(request, {"up": 99, "jobs": 91})
        ({'up': 100, 'load': 90}, {'up': 99, 'jobs': 91})
        """
        key = _key(request)
        kept = self._kept.pop(key, None)
        if kept is not None and _still_fit(kept, counts):
            counts = kept
        if request.growing:
            self._kept[key] = counts
            while sum(map(len, self._kept.values())) > self.max_names:
                self._kept.popitem(last=False)
        return counts


def _key(request: AnalysisRequest) -> _Key:
    """Its selection too: one that selects nothing is made wider."""
    return request.tenant, request.request_id, request.matchers


def _still_fit(kept: Mapping[str, int], counts: Mapping[str, int]) -> bool:
    if kept.keys() != counts.keys():
        return False
    moved = sum(abs(series - kept[name]) for name, series in counts.items())
    return moved <= _MAX_MOVED * sum(kept.values())
