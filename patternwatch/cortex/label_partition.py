"""Where a selection can be cut into parts: by metric name, and a huge name by the values of one more label.

What must be read together stays together: the parts of a histogram or summary have different names but
the same labels (save `le` and `quantile`, which are never cut by).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from patternwatch.contracts.matchers import Matcher

Group: TypeAlias = tuple[tuple[str, ...], int]
"""Values of a label that belong together, and how many series they have."""

MAX_MATCHER_CHARS = 6000
"""Matchers may travel in a URL, and proxies refuse those of more than about 8 kB."""
MAX_PARTITION_CHARS = 200_000
"""All values of a label together, for it to be cut by: a shard travels on Kafka with its matchers."""
TARGET_LABELS = ("instance", "job")
"""Cut by these, the series of one metric and one target stay together."""
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
"""Labels worth looking at first, since they tend to have many values of similar size."""
NEVER_PARTITIONED = frozenset({"__name__", "le", "quantile"})
_FAMILY_SUFFIXES = ("_bucket", "_sum", "_count")
_COUNTER_SUFFIXES = ("_total", *_FAMILY_SUFFIXES)


@dataclass(frozen=True, slots=True)
class LabelPartition:
    """Series told apart by one label."""

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
    """A cut by metric name; names that must be read together are one group. The largest come first."""
    bases: dict[str, list[str]] = defaultdict(list)
    for name in sorted(name for name, count in counts.items() if count > 0):
        bases[_base(name, counts)].append(name)
    groups = [(tuple(names), sum(counts[name] for name in names)) for names in bases.values()]
    return LabelPartition("__name__", tuple(sorted(groups, key=lambda g: (-g[1], g[0]))))


def by_label(label: str, counts: Mapping[str, int]) -> LabelPartition:
    """A cut by the values of a label (the empty value is the series without it), the largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return LabelPartition(label, tuple(((value,), series) for value, series in ordered if series > 0))


def best_partition(counts: Mapping[str, Mapping[str, int]], max_series: int) -> LabelPartition | None:
    """Of several labels (label -> value -> series) the one to partition by; None where none divides anything.

    A label whose every value fits into a part of `max_series` series, the one with the fewest values of
    those; else the one whose largest value is smallest.
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
    """Which of the labels that are there to count by, at most so many.

    A counter that is born beside its siblings of the same target was quiet before (births.py), so where
    `splits_targets` is false counters are cut by the labels of the target only: the result is then the
    same however the series are shared out.
    """
    found = set(there) - NEVER_PARTITIONED
    if not splits_targets and any(name.endswith(_COUNTER_SUFFIXES) for name in names):
        return [label for label in TARGET_LABELS if label in found]
    known = [label for label in PARTITION_LABELS if label in found]
    return [*known, *sorted(found - set(known))][:max_series]


def packed(groups: Sequence[Group], max_series: int, max_chars: int = MAX_MATCHER_CHARS) -> list[Group]:
    """First fit, the largest first: groups of at most `max_series` series, or one larger group alone."""
    bins: list[Group] = []
    open_bins: list[int] = []
    for values, series in groups:
        for b in open_bins:
            together, held = (*bins[b][0], *values), bins[b][1] + series
            if held <= max_series and _length(together) <= max_chars:
                bins[b] = together, held
                break
        else:
            bins.append((values, series))
            b = len(bins) - 1
            open_bins.append(b)
        if bins[b][1] >= max_series:
            open_bins.remove(b)
    return bins


def matcher_of(label: str, values: Sequence[str]) -> Matcher:
    """The condition that the label has one of these values."""
    if len(values) == 1:
        return Matcher(name=label, op="=", value=values[0])
    return Matcher(name=label, op="=~", value="|".join(re.escape(value) for value in sorted(values)))


def _base(name: str, counts: Mapping[str, int]) -> str:
    """The histogram's or summary's name for one of its parts, else the name itself."""
    for suffix in _FAMILY_SUFFIXES:
        base = name.removesuffix(suffix)
        if base != name and sum(base + other in counts for other in _FAMILY_SUFFIXES) > 1:
            return base
    return name


def _length(values: Iterable[str]) -> int:
    return sum(len(re.escape(value)) + 1 for value in values)


def _chars(partition: LabelPartition) -> int:
    return _length(value for values, _ in partition.groups for value in values)
