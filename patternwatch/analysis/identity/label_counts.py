"""Scan's side of what a change follows: the labels of an entity's series beside those that changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from patternwatch.analysis.family_movements import family_of
from patternwatch.analysis.identity.part_labels import (
    explaining,
    explains,
    may_be_of_the_teller,
    own_values,
)
from patternwatch.analysis.identity.readings import Readings
from patternwatch.contracts.label_counts import FamilyLabels, LabelCount
from patternwatch.contracts.series import SeriesBatch

MAX_VALUES = 200
"""Values of a label that a shard which holds only a part of a metric counts at most."""


def label_counts(
    batch: SeriesBatch, read: Readings, candidates: Iterable[int], *, is_part: bool = False
) -> list[FamilyLabels]:
    """How often the candidates' label values are among all series of their entity and family.

    batch       N series
    read        what each tells of
    candidates  positions of some of them
    is_part     whether there are further series of these metrics elsewhere: then all values of all entities
                are counted, since what changed may lie there

    A shard holds the whole of a metric, and values are counted for candidates alone: what is counted of one
    that reaches the report is the same in one shard as in many.

    >>> import numpy as np
    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> labels = [{"__name__": "load", "service": "cart", "instance": f"{n}:80"} for n in range(20)]
    >>> batch = SeriesBatch(labels, np.arange(3), np.ones((20, 3)), [""] * 20)
    >>> [found] = label_counts(batch, SubjectReader(AnalysisSettings()).read(labels), [7])
    >>> found.entity[-1], found.labels["instance"]
    ('cart', LabelCount(series=20, distinct=20, values={'7:80': 1}))
    """
    families = [
        family_of(own, derivation) for own, derivation in zip(batch.labels, batch.derivation, strict=True)
    ]
    moved: dict[tuple[int, str], list[int]] = defaultdict(list)
    entities = read.entities
    for i in candidates:
        moved[entities[i], families[i]].append(i)
    wanted = None if is_part else {family for _, family in moved}
    members: dict[tuple[int, str], list[int]] = defaultdict(list)
    for i, pair in enumerate(zip(entities, families, strict=True)):
        if wanted is None or pair[1] in wanted:
            members[pair].append(i)
    told = _Labels(batch, read)
    found = {}
    for pair in members if is_part else moved:
        own = told.all_counted(members[pair]) if is_part else told.counted(members[pair], moved[pair])
        if own:
            key = read[members[pair][0]].entity
            found[key.place, key.name, pair[1]] = FamilyLabels(
                entity=(*key.place, key.name), family=pair[1], labels=own
            )
    return [found[key] for key in sorted(found)]


class _Labels:
    """The labels of a batch that may explain something, counted."""

    def __init__(self, batch: SeriesBatch, read: Readings) -> None:
        self._labels = batch.labels
        self._read = read
        self._of = read.of.tolist()
        self._own: dict[int, set[str]] = {}

    def counted(self, members: Sequence[int], moved: Iterable[int]) -> dict[str, LabelCount]:
        """The values of those that moved, by label, without what all members share: nothing follows it."""
        if len(members) < 2:
            return {}
        ours: dict[str, set[str]] = defaultdict(set)
        for i in moved:
            for label, value in explaining(self._labels[i], self._read[i].subject):
                ours[label].add(value)
        found = {}
        for label in sorted(ours):
            counts = self._counts(label, members)
            if len(counts) > 1:
                found[label] = _count(counts, ours[label])
        return found

    def all_counted(self, members: Sequence[int]) -> dict[str, LabelCount]:
        """All values of all labels with not too many of them."""
        found = {}
        for label in sorted({label for i in members for label in self._labels[i] if explains(label)}):
            counts = self._counts(label, members)
            if 0 < len(counts) <= MAX_VALUES:
                found[label] = _count(counts, counts)
        return found

    def _counts(self, label: str, members: Sequence[int]) -> Counter[str]:
        """How many of these series have each value of a label."""
        values = [self._labels[i].get(label, "") for i in members]
        if may_be_of_the_teller(label):
            values = [value for value, i in zip(values, members, strict=True) if value in self._own_values(i)]
        counts = Counter(values)
        del counts[""]
        return counts

    def _own_values(self, i: int) -> set[str]:
        """The labels that tell of one who tells are the same in all series of a reading."""
        number = self._of[i]
        own = self._own.get(number)
        if own is None:
            own = self._own[number] = own_values(self._labels[i], self._read.distinct[number].subject)
        return own


def _count(counts: Counter[str], values: Iterable[str]) -> LabelCount:
    own = {value: counts[value] for value in sorted(values)}
    return LabelCount(series=counts.total(), distinct=len(counts), values=own)
