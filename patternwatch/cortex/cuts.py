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

MOST_MATCHER_CHARS = 6000
"""Matchers may travel in a URL, and proxies refuse those of more than about 8 kB."""
MOST_CUT_CHARS = 200_000
"""All values of a label together, for it to be cut by: a shard travels on Kafka with its matchers."""
TARGET_LABELS = ("instance", "job")
"""Cut by these, the series of one metric and one target stay together."""
CUT_LABELS = (*TARGET_LABELS, "namespace", "pod", "node", "service", "deployment", "container", "device")
"""Labels worth looking at first, since they tend to have many values of similar size."""
UNCUTTABLE = frozenset({"__name__", "le", "quantile"})
_FAMILY_SUFFIXES = ("_bucket", "_sum", "_count")
_COUNTER_SUFFIXES = ("_total", *_FAMILY_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Cut:
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

    def halves(self) -> tuple["Cut", "Cut"] | None:
        """Two parts of about as many series each; None where there is only one group."""
        if len(self.groups) < 2:
            return None
        parts: tuple[list[Group], list[Group]] = ([], [])
        held = [0, 0]
        for group in sorted(self.groups, key=lambda g: (-g[1], g[0])):
            smaller = int(held[1] < held[0])
            parts[smaller].append(group)
            held[smaller] += group[1]
        return Cut(self.label, tuple(parts[0])), Cut(self.label, tuple(parts[1]))


def by_name(counts: Mapping[str, int]) -> Cut:
    """A cut by metric name; names that must be read together are one group. The largest come first."""
    bases: dict[str, list[str]] = defaultdict(list)
    for name in sorted(name for name, count in counts.items() if count > 0):
        bases[_base(name, counts)].append(name)
    groups = [(tuple(names), sum(counts[name] for name in names)) for names in bases.values()]
    return Cut("__name__", tuple(sorted(groups, key=lambda g: (-g[1], g[0]))))


def by_label(label: str, counts: Mapping[str, int]) -> Cut:
    """A cut by the values of a label (the empty value is the series without it), the largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Cut(label, tuple(((value,), series) for value, series in ordered if series > 0))


def best_cut(counts: Mapping[str, Mapping[str, int]], most: int) -> Cut | None:
    """Of several labels (label -> value -> series) the one to cut by; None where none divides anything.

    A label whose every value fits into a part of `most` series, the one with the fewest values of those;
    else the one whose largest value is smallest.
    """
    cuts = [by_label(label, found) for label, found in counts.items() if label not in UNCUTTABLE]
    usable = [cut for cut in cuts if len(cut.groups) > 1 and _chars(cut) <= MOST_CUT_CHARS]

    def cost(cut: Cut) -> tuple[int, int]:
        largest = max(cut.groups[0][1], most)
        return largest, len(cut.groups)

    return min(usable, key=cost, default=None)


def labels_to_try(names: Iterable[str], there: Iterable[str], splits_targets: bool, most: int) -> list[str]:
    """Which of the labels that are there to count by, at most so many.

    A counter that is born beside its siblings of the same target was quiet before (births.py), so where
    `splits_targets` is false counters are cut by the labels of the target only: the result is then the
    same however the series are shared out.
    """
    found = set(there) - UNCUTTABLE
    if not splits_targets and any(name.endswith(_COUNTER_SUFFIXES) for name in names):
        return [label for label in TARGET_LABELS if label in found]
    known = [label for label in CUT_LABELS if label in found]
    return [*known, *sorted(found - set(known))][:most]


def packed(groups: Sequence[Group], most: int, most_chars: int = MOST_MATCHER_CHARS) -> list[Group]:
    """First fit, the largest first: groups of at most `most` series, where one group alone is not larger."""
    bins: list[Group] = []
    open_bins: list[int] = []
    for values, series in groups:
        for b in open_bins:
            together, held = (*bins[b][0], *values), bins[b][1] + series
            if held <= most and _length(together) <= most_chars:
                bins[b] = together, held
                break
        else:
            bins.append((values, series))
            b = len(bins) - 1
            open_bins.append(b)
        if bins[b][1] >= most:
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


def _chars(cut: Cut) -> int:
    return _length(value for values, _ in cut.groups for value in values)
