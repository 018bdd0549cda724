"""From a request to shards: families of metric names, packed by their number of series."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from patternwatch.analysis.planning.candidates import candidates_of_a_shard
from patternwatch.contracts.errors import NoSeriesError, SelectorError
from patternwatch.contracts.ids import shard_id
from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.skipped import largest
from patternwatch.cortex.label_partition import (
    MAX_MATCHER_CHARS,
    Group,
    LabelPartition,
    by_name,
    matcher_of,
    packed,
)
from patternwatch.cortex.listed_values import narrowed

__all__ = ["MAX_MATCHER_CHARS", "oversized_metrics", "plan_shards"]

OVER_CAP = "over the cap on series of a request"
_PARTITION_MATCHER_CHARS = 50_000
"""Characters of the matchers of one part of a metric; above `MAX_MATCHER_CHARS`, since a part lists the
values of one label and the source sends such long matchers in the body of a request."""
_TOLD_ON = 4
"""Further shards that each shard, and so its result, tells about. What a lost part holds is then unknown only
where all of them are lost as well: of two workers with one dead, three times in a hundred."""
_TOLD_METRICS = 20
"""Metrics that are named of one shard."""


@dataclass(frozen=True, slots=True)
class _Bin:
    """What one shard holds: matchers beside the request's own, and how many series."""

    matchers: Matchers
    """The names first."""
    series: int
    metrics: Mapping[str, int]
    """How many series of each metric."""

    def under(self, selected: Matchers) -> Matchers:
        """These matchers within the request's selection."""
        names, *rest = self.matchers
        return (*narrowed(selected, names), *rest)


def plan_shards(
    request: AnalysisRequest,
    counts: Mapping[str, int],
    settings: AnalysisSettings,
    partitions: Mapping[str, LabelPartition] | None = None,
) -> list[Shard]:
    """Split a request by metric name into shards of about `settings.shard_series` series.

    counts      number of series by metric name, as `SeriesSource.count` returns them
    partitions  for a family of `oversized_metrics`, by its first name: the label to split it by

    The parts of a histogram stay together, since what is derived from it needs them all. A family with
    more series than a shard holds, and without a partition, has a shard of its own. With more than
    `settings.max_series` series the largest families are left out, and the first shard says how many
    series that is. The same counts give the same shards.

    Raises NoSeriesError where no series match, SelectorError where each metric alone is over the cap.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> settings = AnalysisSettings(shard_series=1000)
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", settings, 60_000_000, "r1"
    ... )
    >>> shards = plan_shards(request, {"up": 600, "cpu_usage": 700}, settings)
    >>> [(shard.shard_id, str(shard.matchers[-1]), shard.expected_series) for shard in shards]
    [('r1-0', '__name__="cpu_usage"', 700), ('r1-1', '__name__="up"', 600)]
    """
    families, over = _capped(by_name(counts).groups, settings.max_series)
    left_out = sum(counts[name] for name in over)
    if not any(counts.values()):
        raise NoSeriesError(
            f"No series match {format_selector(request.matchers)} in this window",
            "Check the label values, the tenant and the time",
        )
    if not families:
        raise SelectorError(
            f"{format_selector(request.matchers)} selects {left_out} series, all in metrics over the cap of "
            f"{settings.max_series}",
            "Narrow the selector, or raise analysis.max_series",
        )
    bins = _binned(families, counts, partitions or {}, settings.shard_series)
    max_series = candidates_of_a_shard(settings, len(bins))
    whole = len(bins) == 1 and not left_out
    told = [largest(held.metrics, _TOLD_METRICS) for held in bins]
    return [
        Shard(
            shard_id=shard_id(request.request_id, number),
            number=number,
            of=len(bins),
            request=request,
            matchers=request.matchers if whole else held.under(request.matchers),
            expected_series=held.series,
            max_candidates=max_series,
            left_out={OVER_CAP: left_out} if left_out and number == 0 else {},
            left_out_metrics={OVER_CAP: {name: counts[name] for name in over}}
            if over and number == 0
            else {},
            expected={n % len(bins): told[n % len(bins)] for n in range(number, number + _TOLD_ON + 1)},
        )
        for number, held in enumerate(bins)
    ]


def oversized_metrics(counts: Mapping[str, int], settings: AnalysisSettings) -> list[tuple[str, ...]]:
    """Families of metric names that have more series than a shard holds: worth splitting by a label.

    >>> oversized_metrics({"up": 10, "wait_bucket": 4000, "wait_sum": 400}, AnalysisSettings())
    [('wait_bucket', 'wait_sum')]
    """
    families, _ = _capped(by_name(counts).groups, settings.max_series)
    return [names for names, series in families if series > settings.shard_series]


def _capped(families: Iterable[Group], max_series: int) -> tuple[list[Group], list[str]]:
    """The families that fit under the cap, and the names of those that do not.

    The smallest are kept: one metric with a runaway label must not hide a hundred ordinary ones.
    """
    kept: list[Group] = []
    left_out: list[str] = []
    held = 0
    for family in sorted(families, key=lambda f: (f[1], f[0])):
        if held + family[1] <= max_series:
            kept.append(family)
            held += family[1]
        else:
            left_out += family[0]
    return sorted(kept, key=lambda f: (-f[1], f[0])), left_out


def _binned(
    families: list[Group],
    counts: Mapping[str, int],
    partitions: Mapping[str, LabelPartition],
    max_series: int,
) -> list[_Bin]:
    """Parts of oversized families first, then whole families packed together."""
    bins: list[_Bin] = []
    others: list[Group] = []
    for family in families:
        partition = partitions.get(family[0][0]) if family[1] > max_series else None
        if partition is None:
            others.append(family)
            continue
        names = matcher_of("__name__", family[0])
        parts = packed(partition.groups, max_series, _PARTITION_MATCHER_CHARS)
        own = {name: counts[name] for name in family[0]}
        bins += [
            _Bin((names, matcher_of(partition.label, values)), series, _shared_out(own, series))
            for values, series in parts
        ]
    whole = packed(others, max_series)
    return [
        *bins,
        *(
            _Bin((matcher_of("__name__", names),), series, {name: counts[name] for name in names})
            for names, series in whole
        ),
    ]


def _shared_out(counts: Mapping[str, int], series: int) -> dict[str, int]:
    """So many series by metric, in the proportions of the whole family."""
    total, given, seen = sum(counts.values()), 0, 0
    shares = {}
    for name, count in counts.items():
        seen += count
        shares[name] = round(series * seen / total) - given
        given += shares[name]
    return shares
