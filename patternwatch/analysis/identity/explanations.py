"""What the trouble of an entity follows: label values that its changed series share and its unchanged lack.

The unchanged ones are of the same metrics: that the memory of a pod kept still says nothing of its errors.
Idea: BubbleUp (Honeycomb documentation, "Identify outliers"), by series instead of events.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from patternwatch.analysis.identity.label_shares import (
    LACKED_BY_HALF,
    ChangedSeries,
    clearest_pair,
    label_shares,
    said_once,
)
from patternwatch.analysis.identity.leading_part import leading_part
from patternwatch.analysis.identity.part_labels import ASKERS, KIND_OF_PART, PLACES
from patternwatch.analysis.identity.pod_parts import counted_by_parts
from patternwatch.contracts.entity_ranks import EntityPart, LabelShare
from patternwatch.contracts.label_counts import FamilyLabels, LabelCount

AS_STRONG = 0.99
"""Part of the strongest's score from which on a series is as strong: as it is shown, it is the same."""
_STRONG = 0.5
"""Part of the strongest series' score from which a series is a changed one; judgement: chance moves some."""
_MIN_CHANGED = 2
"""Changed series that follow a label at least: of one, each of its values would, and the first is named only
where nothing else tells the strongest series from its like."""
_MAX_SHARES = 3
_REPLICAS = ("pod", "instance")
"""Kinds of parts that are told also where only something in them hurts."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the trouble of an entity follows.

    part    the part that hurts, None where all of it does
    shares  the label values, the clearest first, and at last what tells the strongest series from its like
            where none of these does
    places  all label values that name a place (`PLACES`), also where a pod that says the same is told
    """

    part: EntityPart | None = None
    shares: Sequence[LabelShare] = field(default_factory=tuple)
    places: Sequence[LabelShare] = field(default_factory=tuple)


NOTHING_EXPLAINS = Explanation()


def explanation_of(
    changed: Iterable[ChangedSeries],
    counted: Iterable[FamilyLabels],
    pod_labels: Mapping[str, Mapping[str, str]] | None = None,
) -> Explanation:
    """What the trouble of an entity follows.

    changed  its changed series
    counted  how often their labels' values are among all of its series, from all shards in any order
    pod_labels
             further labels of its pods, by pod, which their changed series have too

    >>> labels = {"pod": LabelCount(series=20, distinct=20, values={"cart-7": 1})}
    >>> cart = ("", "", "", "cart")
    >>> counted = [FamilyLabels(entity=cart, family=name, labels=labels) for name in ("errors", "cpu")]
    >>> found = explanation_of([ChangedSeries(c.family, {"pod": "cart-7"}, 4.0) for c in counted], counted)
    >>> found.part.value, found.part.of, found.shares[0].unchanged, found.shares[0].of_unchanged
    ('cart-7', 20, 0, 38)
    """
    own = list(changed)
    if not own:
        return NOTHING_EXPLAINS
    best = max(one.score for one in own)
    leads = sorted((one for one in own if one.score >= AS_STRONG * best), key=lambda one: -one.score)
    strong = [one for one in own if one.score >= _STRONG * best]
    families = {name: counted_by_parts(own, pod_labels or {}) for name, own in _merged(counted).items()}
    shares = label_shares(strong, own, families, _MIN_CHANGED)
    further: list[LabelShare] = []
    if not any(leads[0].labels.get(share.label) == share.value for share in shares):
        for family in dict.fromkeys(lead.family for lead in leads):
            alike = [one for one in strong if one.family == family]
            # no part: it may be chance that it is this one
            further = label_shares(alike, own, families, 1)[:1]
            further = further or clearest_pair(label_shares(alike, own, families, 1, LACKED_BY_HALF))
            if further:
                break
    parts = [share for share in shares if share.label in KIND_OF_PART]
    part = _part(parts[0].label, parts[0].value, families) if parts else None
    if part is None:
        part = _around(strong, families) if shares else _leading(strong, families)
    further += _asker(strong, own, families, {share.label for share in (*shares, *further)})
    told = [*said_once(shares)[: _MAX_SHARES - len(further)], *further]
    return Explanation(part, told, [one for one in shares if KIND_OF_PART.get(one.label) in PLACES])


def _asker(
    strong: Sequence[ChangedSeries],
    changed: Sequence[ChangedSeries],
    families: Mapping[str, Mapping[str, LabelCount]],
    told: Iterable[str],
) -> list[LabelShare]:
    """The one who asks for more, where those who ask are told apart, if by few of the series that changed.

    told  labels that are said already
    """
    some = [one for one in strong if ASKERS.intersection(one.labels)]
    return [one for one in label_shares(some, changed, families, 1) if one.label in ASKERS.difference(told)][
        :1
    ]


def _part(label: str, value: str, families: Mapping[str, Mapping[str, LabelCount]]) -> EntityPart:
    of = max(own[label].distinct for own in families.values() if label in own)
    return EntityPart(label=label, value=value, of=of, kind=KIND_OF_PART[label])


def _around(
    strong: Sequence[ChangedSeries], families: Mapping[str, Mapping[str, LabelCount]]
) -> EntityPart | None:
    """The replica that has all that hurts, though much of it does not: one processor of four, say."""
    for label in (label for label, kind in KIND_OF_PART.items() if kind in _REPLICAS):
        values = {one.labels.get(label, "") for one in strong}
        if len(values) == 1 and "" not in values and all(label in families.get(s.family, {}) for s in strong):
            return _part(label, values.pop(), families)
    return None


def _leading(
    strong: Sequence[ChangedSeries], families: Mapping[str, Mapping[str, LabelCount]]
) -> EntityPart | None:
    """The replica that shows more of the trouble than its like, and some of it alone."""
    for label in (label for label, kind in KIND_OF_PART.items() if kind in _REPLICAS):
        value = leading_part(strong, label)
        if value and all(label in families.get(one.family, {}) for one in strong):
            return _part(label, value, families).model_copy(update={"leads": True})
    return None


def _merged(counted: Iterable[FamilyLabels]) -> dict[str, dict[str, LabelCount]]:
    """By family and label; the counts of a metric that lies in several shards added up."""
    parts: dict[str, dict[str, list[LabelCount]]] = defaultdict(lambda: defaultdict(list))
    for one in counted:
        for family in (one.family, *one.also):
            for label, count in one.labels.items():
                parts[family][label].append(count)
    return {
        family: {label: counts[0] if len(counts) == 1 else _sum(counts) for label, counts in own.items()}
        for family, own in parts.items()
    }


def _sum(counts: Sequence[LabelCount]) -> LabelCount:
    values = Counter[str]()
    for count in counts:
        values.update(count.values)
    distinct = max(len(values), *(count.distinct for count in counts))
    return LabelCount(series=sum(c.series for c in counts), distinct=distinct, values=dict(values))
