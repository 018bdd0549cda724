"""Scan's side of what a change follows: the labels of an entity's series beside those that changed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from patternwatch.analysis.family_movements import family_of
from patternwatch.analysis.identity.part_labels import explaining
from patternwatch.contracts.label_counts import FamilyLabels, LabelCount
from patternwatch.contracts.lives import EntityKey
from patternwatch.contracts.messages import Candidate
from patternwatch.contracts.series import Labels, SeriesBatch
from patternwatch.contracts.subject import Subject

MAX_VALUES = 200
"""Values of a label that a shard which holds only a part of a metric counts at most."""


def label_counts(
    candidates: Iterable[Candidate],
    batch: SeriesBatch,
    subjects: Sequence[Subject],
    subject_of: Callable[[Labels], Subject],
    *,
    is_part: bool = False,
) -> list[FamilyLabels]:
    """How often the candidates' label values are among all series of their entity and family.

    candidates  of this batch
    batch       N series
    subjects    what each tells of
    subject_of  the same of a candidate's labels
    is_part     whether there are further series of these metrics elsewhere: then all values of all entities
                are counted, since what changed may lie there

    A shard holds the whole of a metric, and values are counted for candidates alone: what is counted of one
    that reaches the report is the same in one shard as in many.

    >>> import numpy as np
    >>> from patternwatch.analysis.identity.subject import subject_of
    >>> labels = [{"__name__": "load", "service": "cart", "instance": f"{n}:80"} for n in range(20)]
    >>> batch = SeriesBatch(labels, np.arange(3), np.ones((20, 3)), [""] * 20)
    >>> moved = Candidate(
    ...     labels=labels[7], derivation="", category="cpu", screening_score=2.0,
    ...     values=np.ones(3, np.float32),
    ... )
    >>> [found] = label_counts([moved], batch, [subject_of(own) for own in labels], subject_of)
    >>> found.entity[-1], found.labels["instance"]
    ('cart', LabelCount(series=20, distinct=20, values={'7:80': 1}))
    """
    told = _Told(batch, subjects)
    moved: dict[tuple[EntityKey, str], list[tuple[Labels, Subject]]] = defaultdict(list)
    for c in candidates:
        subject = subject_of(c.labels)
        moved[_key(subject), family_of(c.labels, c.derivation)].append((c.labels, subject))
    members = told.members(None if is_part else {family for _, family in moved})
    pairs = sorted(members) if is_part else sorted(moved)
    counted = {pair: _counted(told.counts(members[pair]), moved[pair], is_part) for pair in pairs}
    return [
        FamilyLabels(entity=key, family=family, labels=own) for (key, family), own in counted.items() if own
    ]


class _Told:
    """The series of a batch by entity and family, with their labels counted."""

    def __init__(self, batch: SeriesBatch, subjects: Sequence[Subject]) -> None:
        self._batch = batch
        self._subjects = subjects

    def members(self, families: set[str] | None) -> dict[tuple[EntityKey, str], list[int]]:
        """Of these families; of all where none is given."""
        found: dict[tuple[EntityKey, str], list[int]] = defaultdict(list)
        keys: dict[int, EntityKey] = {}  # a reader gives the same object for the same subject
        for i, (own, derivation) in enumerate(zip(self._batch.labels, self._batch.derivation, strict=True)):
            family = family_of(own, derivation)
            if families is None or family in families:
                subject = self._subjects[i]
                key = keys.get(id(subject))
                if key is None:
                    key = keys[id(subject)] = _key(subject)
                found[key, family].append(i)
        return found

    def counts(self, members: Iterable[int]) -> Counter[tuple[str, str]]:
        counts = Counter[tuple[str, str]]()
        for i in members:
            counts.update(explaining(self._batch.labels[i], self._subjects[i]))
        return counts


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
