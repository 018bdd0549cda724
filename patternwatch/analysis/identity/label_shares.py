"""Label values that the changed series of an entity share and the unchanged ones of the same metrics lack."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from patternwatch.analysis.identity.part_labels import KIND_OF_PART, order_of_label
from patternwatch.contracts.entity_ranks import LabelShare
from patternwatch.contracts.label_counts import LabelCount

_SHARED = 0.8
"""Part of the changed series that share a value which explains them; judgement."""
_LACKED = 0.25
"""Part of the unchanged series that may have it too; judgement."""
LACKED_BY_HALF = 0.5
"""The same of each of two values that explain them together: a topic and a group, say."""


@dataclass(frozen=True, slots=True)
class ChangedSeries:
    """One changed series of an entity.

    family  its metric and derivation
    labels  those that may explain something
    score   how strongly it points at a cause
    """

    family: str
    labels: Mapping[str, str]
    score: float


def label_shares(
    strong: Sequence[ChangedSeries],
    changed: Sequence[ChangedSeries],
    families: Mapping[str, Mapping[str, LabelCount]],
    least: int,
    lacked: float = _LACKED,
) -> list[LabelShare]:
    """What the strong ones share, the clearest first; of equal ones the part that says most.

    strong    the changed series that show the trouble most
    changed   all changed series of the entity
    families  by family and label, how often each value is among all of its series
    least     of so many strong ones a label is looked at
    lacked    the part of the unchanged series that may have the value too

    >>> strong = [ChangedSeries("errors", {"code": "500"}, score) for score in (4.0, 3.0)]
    >>> counted = {"errors": {"code": LabelCount(series=20, distinct=2, values={"500": 2, "200": 18})}}
    >>> [(share.value, share.changed, share.unchanged) for share in label_shares(strong, strong, counted, 2)]
    [('500', 2, 0)]
    """
    labels = {label for one in strong for label in families.get(one.family, {})}
    found = [
        share
        for label in sorted(labels, key=order_of_label)
        if (share := _share(label, strong, changed, families, least, lacked)) is not None
    ]
    return sorted(found, key=lambda s: -round(_difference(s) * s.of_changed / len(strong), 3))


def _share(
    label: str,
    strong: Sequence[ChangedSeries],
    changed: Sequence[ChangedSeries],
    families: Mapping[str, Mapping[str, LabelCount]],
    least: int,
    lacked: float,
) -> LabelShare | None:
    """The value of a label that the changed series share and the unchanged lack; None without one."""

    def carries(one: ChangedSeries) -> bool:
        return label in one.labels and label in families.get(one.family, {})

    carriers = [one for one in strong if carries(one)]
    if len(carriers) < max(least, len(strong) / 2):
        return None
    numbers = Counter(one.labels[label] for one in carriers)
    value = min(numbers, key=lambda v: (-numbers[v], v))
    own = {one.family for one in carriers}
    moved = [one for one in changed if one.family in own and carries(one)]
    of_value = sum(families[family][label].values.get(value, 0) for family in own)
    of_all = sum(families[family][label].series for family in own)
    unchanged = max(of_value - sum(one.labels[label] == value for one in moved), 0)
    of_unchanged = max(of_all - len(moved), 0)
    share = LabelShare(
        label=label,
        value=value,
        changed=numbers[value],
        of_changed=len(carriers),
        unchanged=unchanged,
        of_unchanged=of_unchanged,
    )
    is_shared = share.changed >= _SHARED * share.of_changed
    return share if is_shared and of_unchanged and unchanged <= lacked * of_unchanged else None


def clearest_pair(shares: Sequence[LabelShare]) -> list[LabelShare]:
    """The clearest two that few of the unchanged ones have together, as far as these are independent.

    >>> numbers = {"changed": 1, "of_changed": 1, "unchanged": 4, "of_unchanged": 9}
    >>> both = [LabelShare(label=label, value="a", **numbers) for label in ("topic", "group")]
    >>> [share.label for share in clearest_pair(both)], clearest_pair(both[:1])
    (['topic', 'group'], [])
    """
    both = list(shares[:2])
    together = math.prod(share.unchanged / share.of_unchanged for share in both)
    return both if len(both) > 1 and together <= _LACKED else []


def explains_alone(share: LabelShare) -> bool:
    """Whether a value explains by itself, and not only together with another one.

    >>> numbers = {"changed": 1, "of_changed": 1, "unchanged": 1, "of_unchanged": 3}
    >>> explains_alone(LabelShare(label="topic", value="a", **numbers))
    False
    """
    return share.unchanged <= _LACKED * share.of_unchanged


def _difference(share: LabelShare) -> float:
    return share.changed / share.of_changed - share.unchanged / share.of_unchanged


def said_once(shares: Sequence[LabelShare]) -> list[LabelShare]:
    """Without those that say the same of the same series, as the address of a pod does.

    >>> numbers = {"changed": 3, "of_changed": 3, "unchanged": 0, "of_unchanged": 9}
    >>> told = (("pod", "cart-7"), ("instance", "10.0.0.7:80"), ("code", "500"))
    >>> both = [LabelShare(label=label, value=value, **numbers) for label, value in told]
    >>> [share.label for share in said_once(both)]
    ['pod', 'code']
    """
    found: dict[tuple[object, ...], LabelShare] = {}
    is_pod = any(KIND_OF_PART.get(share.label) == "pod" for share in shares)
    for share in shares:
        kind = KIND_OF_PART.get(share.label)
        if not (kind == "instance" and is_pod):
            numbers = share.changed, share.of_changed, share.unchanged, share.of_unchanged
            found.setdefault((*numbers, kind is not None), share)
    return list(found.values())
