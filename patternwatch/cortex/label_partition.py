"""Partitions of a selection: by metric name, and an oversized metric by the values of one more label.

What must be read together stays in one group: the series of a histogram or summary have different names
but the same labels (except `le` and `quantile`, which no partition uses).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from patternwatch.contracts.matchers import Matcher
from patternwatch.cortex.metric_names import COUNTER_SUFFIXES, HISTOGRAM_SUFFIXES

Group: TypeAlias = tuple[tuple[str, ...], int]
"""Values of a label that belong together, and how many series they have."""

MAX_MATCHER_CHARS = 6000
"""Matchers may travel in a URL, and proxies refuse those of more than about 8 kB."""
MAX_PARTITION_CHARS = 200_000
"""A label whose values are longer in total is not used: a shard travels on Kafka with its matchers."""
TARGET_LABELS = ("instance", "job")
"""A partition by one of these keeps the series of one metric and one target together."""
PARTITION_LABELS = (
    *TARGET_LABELS,
    "namespace",
    "pod",
    "node",
    "service",
    "deployment",
    "container",
    "device",
)
"""Labels that are tried first, since they tend to have many values with similarly many series."""
NEVER_PARTITIONED = frozenset({"__name__", "le", "quantile", "prometheus_replica", "__replica__", "replica"})
"""Parts of one histogram, and what two replicas scraped of one target, are looked at together."""


@dataclass(frozen=True, slots=True)
class LabelPartition:
    """Groups of the values of one label, each with its number of series.

    >>> partition = by_label("pod", {"a": 40, "b": 25, "c": 20})
    >>> partition.series, str(partition.matcher)
    (85, 'pod=~"a|b|c"')
    >>> [half.series for half in partition.halves()]
    [40, 45]
    """

    label: str
    groups: tuple[Group, ...]

    @property
    def series(self) -> int:
        """How many series there are in all."""
        return sum(series for _, series in self.groups)

    @property
    def matcher(self) -> Matcher:
        """The condition that selects just these values."""
        return matcher_of(self.label, [value for values, _ in self.groups for value in values])

    def halves(self) -> tuple["LabelPartition", "LabelPartition"] | None:
        """Two parts of about as many series each; None where there is only one group."""
        if len(self.groups) < 2:
            return None
        parts: tuple[list[Group], list[Group]] = ([], [])
        held = [0, 0]
        for group in sorted(self.groups, key=lambda g: (-g[1], g[0])):
            smaller = int(held[1] < held[0])
            parts[smaller].append(group)
            held[smaller] += group[1]
        return LabelPartition(self.label, tuple(parts[0])), LabelPartition(self.label, tuple(parts[1]))


def by_name(counts: Mapping[str, int]) -> LabelPartition:
    """The partition by metric name, the largest group first; a histogram's names are one group.

    counts  series by name; names without series are left out

    >>> by_name({"up": 3, "wait_bucket": 40, "wait_sum": 4, "wait_count": 4}).groups
    ((('wait_bucket', 'wait_count', 'wait_sum'), 48), (('up',), 3))
    """
    bases: dict[str, list[str]] = defaultdict(list)
    for name in sorted(name for name, count in counts.items() if count > 0):
        bases[_base(name, counts)].append(name)
    groups = [(tuple(names), sum(counts[name] for name in names)) for names in bases.values()]
    return LabelPartition("__name__", tuple(sorted(groups, key=lambda g: (-g[1], g[0]))))


def by_label(label: str, counts: Mapping[str, int]) -> LabelPartition:
    """The partition by a label's values, the largest first; the empty value is the series without it."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return LabelPartition(label, tuple(((value,), series) for value, series in ordered if series > 0))


def best_partition(counts: Mapping[str, Mapping[str, int]], max_series: int) -> LabelPartition | None:
    """The best of several labels to partition by; None where no label has two values.

    counts  label -> value -> series

    Where every value of a label has at most `max_series` series, it is a good one, and of those the one
    with the fewest values is best; where there is none, the label whose largest value has fewest series.

    >>> best_partition({"job": {"a": 90, "b": 10}, "pod": {"p": 40, "q": 35, "r": 25}}, 50).label
    'pod'
    """
    partitions = [by_label(label, found) for label, found in counts.items() if label not in NEVER_PARTITIONED]
    usable = [
        partition
        for partition in partitions
        if len(partition.groups) > 1 and _chars(partition) <= MAX_PARTITION_CHARS
    ]

    def cost(partition: LabelPartition) -> tuple[int, int]:
        largest = max(partition.groups[0][1], max_series)
        return largest, len(partition.groups)

    return min(usable, key=cost, default=None)


def labels_to_try(
    names: Iterable[str], there: Iterable[str], splits_targets: bool, max_series: int
) -> list[str]:
    """Which labels to count series by, the most promising first.

    names           the metrics of the selection
    there           the labels that their series have
    splits_targets  whether the series of one target may be read apart
    max_series      how many labels at most

    A counter that first appears beside its siblings of the same target stood at zero before
    (`zero_fill`). So where `splits_targets` is false, counters are partitioned by the labels of the
    target only, and the result is the same however the series are sharded.

    >>> labels_to_try(["errors_total"], ["pod", "instance", "code"], splits_targets=False, max_series=8)
    ['instance']
    """
    found = set(there) - NEVER_PARTITIONED
    if not splits_targets and any(name.endswith(COUNTER_SUFFIXES) for name in names):
        return [label for label in TARGET_LABELS if label in found]
    known = [label for label in PARTITION_LABELS if label in found]
    return [*known, *sorted(found - set(known))][:max_series]


def packed(groups: Sequence[Group], max_series: int, max_chars: int = MAX_MATCHER_CHARS) -> list[Group]:
    """First-fit bin packing: groups of at most `max_series` series; a larger group stays alone.

    groups     the largest first, as `by_name` and `by_label` give them
    max_chars  how long the values of a group may be in its matcher

    >>> packed([(("a",), 70), (("b",), 50), (("c",), 30)], max_series=100)
    [(('a', 'c'), 100), (('b',), 50)]
    """
    bins: list[Group] = []
    lengths: list[int] = []
    open_bins: list[int] = []
    for values, series in groups:
        length = _length(values)
        for b in open_bins:
            held = bins[b][1] + series
            if held <= max_series and lengths[b] + length <= max_chars:
                bins[b] = (*bins[b][0], *values), held
                lengths[b] += length
                break
        else:
            bins.append((values, series))
            lengths.append(length)
            b = len(bins) - 1
            open_bins.append(b)
        if bins[b][1] >= max_series:
            open_bins.remove(b)
    return bins


def matcher_of(label: str, values: Sequence[str]) -> Matcher:
    """The matcher for series whose label has one of these values."""
    if len(values) == 1:
        return Matcher(name=label, op="=", value=values[0])
    return Matcher(name=label, op="=~", value="|".join(re.escape(value) for value in sorted(values)))


def _base(name: str, counts: Mapping[str, int]) -> str:
    """The histogram's or summary's name for one of its parts, else the name itself."""
    for suffix in HISTOGRAM_SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and sum(base + other in counts for other in HISTOGRAM_SUFFIXES) > 1:
            return base
    return name


def _length(values: Iterable[str]) -> int:
    return sum(len(re.escape(value)) + 1 for value in values)


def _chars(partition: LabelPartition) -> int:
    return _length(value for values, _ in partition.groups for value in values)
