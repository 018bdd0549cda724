"""Scan's side of what a change follows: the labels of an entity's series beside those that changed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from patternwatch.analysis.family_movements import family_of
from patternwatch.analysis.identity.part_labels import explaining
from patternwatch.contracts.label_counts import FamilyLabels, LabelCount
from patternwatch.contracts.lives import EntityKey
from patternwatch.contracts.messages import Candidate
from patternwatch.contracts.series import Labels
from patternwatch.contracts.subject import Subject

MAX_VALUES = 200
"""Values of a label that a shard which holds only a part of a metric counts at most."""

_Pair: TypeAlias = tuple[EntityKey, str]
"""An entity and a family."""


class LabelsByEntity:
    """The labels of N series by entity and family; each pair's are counted once, when they are asked for.

    labels    N label sets
    families  metric and derivation of each
    subjects  what each tells of
    """

    def __init__(
        self, labels: Sequence[Labels], families: Sequence[str], subjects: Sequence[Subject]
    ) -> None:
        self._labels, self._subjects = labels, subjects
        self._members: dict[_Pair, list[int]] = defaultdict(list)
        self._counts: dict[_Pair, Counter[tuple[str, str]]] = {}
        keys: dict[int, EntityKey] = {}  # a reader gives the same object for the same subject
        for i, (family, subject) in enumerate(zip(families, subjects, strict=True)):
            key = keys.get(id(subject))
            if key is None:
                key = keys[id(subject)] = _key(subject)
            self._members[key, family].append(i)

    def __iter__(self) -> Iterator[_Pair]:
        """Every entity with each of its families."""
        return iter(self._members)

    def counts(self, pair: _Pair) -> Counter[tuple[str, str]]:
        """How many of its series have each label value that may explain a change; not to be altered."""
        counts = self._counts.get(pair)
        if counts is None:
            counts = self._counts[pair] = Counter()
            for i in self._members.get(pair, ()):
                counts.update(explaining(self._labels[i], self._subjects[i]))
        return counts


def label_counts(
    candidates: Iterable[Candidate],
    told: LabelsByEntity,
    subject_of: Callable[[Labels], Subject],
    *,
    is_part: bool = False,
) -> list[FamilyLabels]:
    """How often the candidates' label values are among all series of their entity and family.

    candidates  of this batch
    told        the labels of all series of the batch
    subject_of  what a candidate tells of, by its labels
    is_part     whether there are further series of these metrics elsewhere: then all values of all entities
                are counted, since what changed may lie there

    A shard holds the whole of a metric, and values are counted for candidates alone: what is counted of one
    that reaches the report is the same in one shard as in many.

    >>> import numpy as np
    >>> from patternwatch.analysis.identity.subject import subject_of
    >>> labels = [{"__name__": "load", "service": "cart", "instance": f"{n}:80"} for n in range(20)]
    >>> told = LabelsByEntity(labels, ["load"] * 20, [subject_of(own) for own in labels])
    >>> moved = Candidate(
    ...     labels=labels[7], derivation="", category="cpu", screening_score=2.0,
    ...     values=np.ones(3, np.float32),
    ... )
    >>> [found] = label_counts([moved], told, subject_of)
    >>> found.entity[-1], found.labels["instance"]
    ('cart', LabelCount(series=20, distinct=20, values={'7:80': 1}))
    """
    moved: dict[_Pair, list[tuple[Labels, Subject]]] = defaultdict(list)
    for c in candidates:
        subject = subject_of(c.labels)
        moved[_key(subject), family_of(c.labels, c.derivation)].append((c.labels, subject))
    pairs = sorted(told) if is_part else sorted(moved)
    counted = {pair: _counted(told.counts(pair), moved[pair], is_part) for pair in pairs}
    return [
        FamilyLabels(entity=key, family=family, labels=own) for (key, family), own in counted.items() if own
    ]


def _key(subject: Subject) -> EntityKey:
    own = subject.entity
    return own.tenant, own.cluster, own.namespace, own.name


def _counted(
    counts: Counter[tuple[str, str]], moved: Iterable[tuple[Labels, Subject]], is_part: bool
) -> dict[str, LabelCount]:
    """By label; one that all series share is left out, since nothing follows it."""
    series, distinct = Counter[str](), Counter[str]()
    for (label, _), n in counts.items():
        series[label] += n
        distinct[label] += 1
    if is_part:
        wanted = {item for item in counts if distinct[item[0]] <= MAX_VALUES}
    else:
        ours = {item for own, subject in moved for item in explaining(own, subject)}
        wanted = {item for item in ours if distinct[item[0]] > 1}
    values: dict[str, dict[str, int]] = defaultdict(dict)
    for label, value in sorted(wanted):
        values[label][value] = counts[label, value]
    return {
        label: LabelCount(series=series[label], distinct=distinct[label], values=own)
        for label, own in values.items()
    }
