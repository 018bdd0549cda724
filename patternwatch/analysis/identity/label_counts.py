"""Scan's side of what a change follows: the labels of an entity's series beside those that changed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from patternwatch.analysis.identity.apart import NOT_APART, POD, Apart
from patternwatch.analysis.identity.part_labels import (
    explaining,
    explains,
    may_be_of_the_teller,
    own_values,
)
from patternwatch.analysis.identity.readings import Readings
from patternwatch.contracts.label_counts import FamilyLabels, LabelCount
from patternwatch.contracts.lives import EntityKey
from patternwatch.contracts.series import Labels

MAX_VALUES = 200
"""Values of a label that are counted at most where all of them are."""
MAX_GROUPS = 100
"""Pods, or things that a program tells of, by which a family of an entity is counted apart at most: 30 kB."""

_Class: TypeAlias = tuple[int, str]
_Alike: TypeAlias = tuple[int, tuple[tuple[str, str], ...]]
"""A reading and all labels but the name: series that share it, under whatever name, count as the same."""


class LabelsByEntity:
    """The labels of N series by entity and family; what may explain a change is counted when it is asked for.

    labels    N label sets
    families  metric and derivation of each
    read      what each tells of

    What was counted is kept: the same series may be asked for again (`label_facts`).
    """

    def __init__(self, labels: Sequence[Labels], families: Sequence[str], read: Readings) -> None:
        self._labels = labels
        self._read = read
        self._of = read.of.tolist()
        self._own: dict[int, set[str]] = {}
        self._counted: dict[tuple[int, str], Counter[str]] = {}
        self._alike: dict[int, _Alike] = {}
        numbers: dict[object, int] = {}
        # Bare pods of a place are of one class: something may own them all.
        keys = (one.entity.place if one.subject.kind == POD else id(one.entity) for one in read.distinct)
        own = [numbers.setdefault(key, len(numbers)) for key in keys]
        self.classes: list[_Class] = list(zip([own[i] for i in self._of], families, strict=True))
        self.members: dict[_Class, list[int]] = defaultdict(list)
        for i, one in enumerate(self.classes):
            self.members[one].append(i)

    def key(self, i: int) -> EntityKey:
        """The entity of one of the series."""
        own = self._read[i].entity
        return own.tenant, own.cluster, own.namespace, own.name

    def groups(
        self, rows: Sequence[int], moved: Iterable[int], *, is_part: bool
    ) -> list[tuple[list[int], Apart]]:
        """These series of one class by entity, and by what may place them at another one.

        Where that is too much, only those that moved have their entity counted, as it is named here.
        """
        read, of = self._read.distinct, self._of
        found: dict[tuple[int, Apart], list[int]] = defaultdict(list)
        for i in rows:
            found[id(read[of[i]].entity), read[of[i]].apart].append(i)
        if len(found) <= MAX_GROUPS or is_part:
            return [(group, apart) for (_, apart), group in found.items()]
        whole: dict[int, list[int]] = defaultdict(list)
        for (entity, _), group in found.items():
            whole[entity] += group
        return [(whole[entity], NOT_APART) for entity in {id(read[of[i]].entity) for i in moved}]

    def counted(self, members: Sequence[int], moved: Iterable[int]) -> dict[str, LabelCount]:
        """The values of those that moved, by label, without what all members share: nothing follows it."""
        if len(members) == 1:
            return {}
        ours, found = self._values(set(moved).intersection(members)), {}
        for label in sorted(ours):
            counts = self._counts(label, members)
            if len(counts) > 1:
                found[label] = _count(counts, ours[label])
        return found

    def all_counted(self, members: Sequence[int], moved: Iterable[int]) -> dict[str, LabelCount]:
        """All values, by label; of a label with too many only those of what moved, wherever it did."""
        ours, found = self._values(moved), {}
        for label in sorted(
            {label for i in members for label in self._labels[i] if explains(label, self._labels[i])}
        ):
            counts = self._counts(label, members)
            values = counts.keys() if len(counts) <= MAX_VALUES else ours[label] & counts.keys()
            if values:
                found[label] = _count(counts, values)
        return found

    def alike(self, rows: Iterable[int]) -> tuple[_Alike, ...]:
        """What each of these series is but for its name."""
        found = []
        for i in rows:
            own = self._alike.get(i)
            if own is None:
                items = tuple(item for item in self._labels[i].items() if item[0] != "__name__")
                own = self._alike[i] = (self._of[i], items)
            found.append(own)
        return tuple(found)

    def _values(self, rows: Iterable[int]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for i in rows:
            for label, value in explaining(self._labels[i], self._read.distinct[self._of[i]].subject):
                found[label].add(value)
        return found

    def _counts(self, label: str, members: Sequence[int]) -> Counter[str]:
        """How many of these series have each value of a label; not to be altered."""
        key = members[0], label  # one series is in one group
        counts = self._counted.get(key)
        if counts is None:
            counts = self._counted[key] = self._counted_now(label, members)
        return counts

    def _counted_now(self, label: str, members: Sequence[int]) -> Counter[str]:
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


def label_counts(
    told: LabelsByEntity, candidates: Iterable[int], *, is_part: bool = False
) -> list[FamilyLabels]:
    """How often the candidates' label values are among all series of their entity and family.

    told        the labels of all series of the batch
    candidates  positions of some of them
    is_part     whether there are further series of these metrics elsewhere: then all values of all entities
                are counted, since what changed may lie there

    Where other series may place some of an entity's at another one, these are counted apart, and all of
    their values are.

    A shard holds the whole of a metric, and values are counted for candidates alone: what is counted of one
    that reaches the report is the same in one shard as in many.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> labels = [{"__name__": "load", "service": "cart", "instance": f"{n}:80"} for n in range(20)]
    >>> told = LabelsByEntity(labels, ["load"] * 20, SubjectReader(AnalysisSettings()).read(labels))
    >>> [found] = label_counts(told, [7])
    >>> found.entity[-1], found.labels["instance"]
    ('cart', LabelCount(series=20, distinct=20, values={'7:80': 1}))
    """
    moved: dict[_Class, list[int]] = defaultdict(list)
    for i in candidates:
        moved[told.classes[i]].append(i)
    families: dict[tuple[object, ...], list[str]] = defaultdict(list)
    counted: dict[tuple[object, ...], tuple[EntityKey, Apart, dict[str, LabelCount]]] = {}
    for own in list(told.members) if is_part else moved:
        groups = told.groups(told.members[own], moved[own], is_part=is_part)
        add_up = is_part or any(apart != NOT_APART for _, apart in groups)
        ours = [] if is_part else moved[own]  # elsewhere nobody knows what moved here
        for group, apart in groups:
            by_moved = not add_up or len(group) > MAX_VALUES
            same = add_up, apart, told.alike(group), frozenset(told.alike(ours)) if by_moved else None
            if same not in counted:
                counts = told.all_counted(group, ours) if add_up else told.counted(group, ours)
                counted[same] = told.key(group[0]), apart, counts
            families[same].append(own[1])
    found = []
    for key, (entity, apart, counts) in counted.items():
        if counts:
            family, *also = sorted(families[key])
            found.append(FamilyLabels(entity, family, counts, apart, tuple(also)))
    return sorted(found, key=lambda one: (one.entity, one.family, one.apart))
