"""What the trouble of an entity follows, in words: the part that hurts, and labels."""

from collections.abc import Sequence

from patternwatch.analysis.identity.label_shares import explains_alone
from patternwatch.analysis.identity.part_labels import ASKERS, PLACES
from patternwatch.analysis.verdict.happened import TOLD_LABELS
from patternwatch.analysis.verdict.words import plural
from patternwatch.contracts.entity_ranks import EntityPart, EntityRank, LabelShare
from patternwatch.contracts.findings import Finding

_COUNTED = ("pod", "instance", "shard")
"""Parts that are told as one of so many: others go by their name."""
_ON = ("node", "rack")
_CELL = 2
"""Label values that explain together where none does alone."""
_AS_WORDS = {1: "the one series that changed", 2: "both series that changed"}
"""Numbers that are no share: one of one says nothing."""
_MAX_NAMED = 3
"""Workloads of a node that are named."""


def part_in_words(part: EntityPart, of_kind: str = "") -> str:
    """Where in an entity the trouble is.

    of_kind  what the entity is: one that is the part itself is among others

    >>> part_in_words(EntityPart(label="pod", value="cart-7d9f", of=20, kind="pod"))
    'in 1 of its 20 pods (cart-7d9f)'
    >>> part_in_words(EntityPart(label="app_kubernetes_io_version", value="v2", of=2, kind="version"))
    'in version v2'
    >>> part_in_words(EntityPart(label="node", value="n3", of=5, kind="node"))
    'on node n3'
    >>> part_in_words(EntityPart(label="canary", value="true", of=2, kind="track"))
    'where canary is true'
    >>> part_in_words(EntityPart(label="instance", value="db-3:9187", of=3, kind="instance"), "instance")
    'in 1 of 3 instances (db-3:9187)'
    >>> part_in_words(EntityPart(label="pod", value="zk-1", of=3, kind="pod", leads=True))
    'most of all in 1 of its 3 pods (zk-1)'
    """
    if part.kind in _COUNTED:
        if part.of < 2:
            return f"in {part.kind} {part.value}"
        its = "" if of_kind == part.kind else "its "
        most = "most of all " if part.leads else ""
        return f"{most}in 1 of {its}{part.of:,} {plural(part.kind)} ({part.value})"
    if part.kind == "track" or not part.kind:
        return f"where {part.label} is {part.value}"
    return f"{'on' if part.kind in _ON else 'in'} {part.kind} {part.value}"


def where_in_words(entity: EntityRank, lead: Finding | None = None) -> str:
    """What is said of a likely cause behind what its strongest series did; empty where that says all.

    lead  its strongest series: what tells it from its like is named, a queue or a database say

    >>> node = EntityRank(
    ...     rank=1, entity="n3", label="node", kind="node", score=5.2, series=3, top_findings=[],
    ...     through=["cart", "web"],
    ... )
    >>> where_in_words(node)
    ', seen in its pods of cart and web, and not in their others'
    """
    if entity.through and entity.kind == "node":
        return f", seen in its pods of {_listed(entity.through)}, and not in their others"
    if entity.through and entity.kind == "host":
        return f", with {_listed(entity.through)} on it"
    if entity.through and entity.kind in PLACES:
        return f", seen in what {_listed(entity.through)} have there, and not elsewhere"
    if entity.through:
        return f", as it is new on {_listed(entity.through)}"
    of_part = entity.part.label if entity.part else ""
    part = f" {part_in_words(entity.part, entity.kind)}" if entity.part else ""
    told = [share for share in entity.explained_by if lead and _tells(share, lead, of_part)]
    named = [f"{share.label} {share.value}" for share in told[: _CELL if _is_cell(told) else 1]]
    alone = _asker_in_words(entity, lead) if not named else ""
    return f"{part} for {' and '.join(named)}" if named else f"{part}{alone}"


def _asker_in_words(entity: EntityRank, lead: Finding | None) -> str:
    """Who asks for more, where the strongest series is of all who ask."""
    for share in entity.explained_by:
        if lead and share.label in ASKERS and share.label not in lead.labels:
            return f", of what is told by {share.label} only that of {share.value}"
    return ""


def _is_cell(shares: Sequence[LabelShare]) -> bool:
    """Whether these explain together only."""
    return bool(shares) and not any(map(explains_alone, shares[:_CELL]))


def _tells(share: LabelShare, lead: Finding, of_part: str) -> bool:
    """Whether a label value says more of the strongest series than its part and its name in words do."""
    is_said = share.label == of_part or share.label in TOLD_LABELS
    return not is_said and lead.labels.get(share.label) == share.value


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MAX_NAMED
    told = [*names[:_MAX_NAMED], *([f"{rest} more"] if rest > 0 else [])]
    return " and ".join(part for part in (", ".join(told[:-1]), told[-1]) if part)


def share_in_words(share: LabelShare) -> str:
    """How much a label value explains.

    >>> share_in_words(LabelShare(
    ...     label="version", value="v2", changed=12, of_changed=12, unchanged=1, of_unchanged=200
    ... ))
    'version="v2": 12 of 12 changed series, 1 of 200 unchanged'
    >>> numbers = {"changed": 1, "of_changed": 1, "unchanged": 0}
    >>> share_in_words(LabelShare(label="queue", value="mails", of_unchanged=11, **numbers))
    'queue="mails": the one series that changed, none of 11 others like it'
    >>> share_in_words(LabelShare(label="queue", value="mails", of_unchanged=1, **numbers))
    'queue="mails": the one series that changed, not the other one like it'
    """
    return f'{share.label}="{share.value}": {_share_of_changed(share)}, {_share_of_unchanged(share)}'


def _share_of_changed(share: LabelShare) -> str:
    if share.changed == share.of_changed and share.of_changed in _AS_WORDS:
        return _AS_WORDS[share.of_changed]
    return f"{share.changed:,} of {share.of_changed:,} changed series"


def _share_of_unchanged(share: LabelShare) -> str:
    of = share.of_unchanged
    if share.changed != share.of_changed or share.of_changed not in _AS_WORDS:
        return f"{share.unchanged:,} of {of:,} unchanged"
    like = "like it" if share.of_changed == 1 else "like them"
    if of == 1:
        return f"not the other one {like}"
    some = f"{share.unchanged:,}" if share.unchanged else "none"
    return f"{some} of {of:,} others {like}"


def follows_in_words(part: EntityPart | None, shares: Sequence[LabelShare]) -> str:
    """The part of an entity that hurts, and what else its trouble follows; empty where it follows nothing.

    >>> part = EntityPart(label="pod", value="cart-7d9f", of=20, kind="pod")
    >>> share = LabelShare(
    ...     label="pod", value="cart-7d9f", changed=2, of_changed=2, unchanged=0, of_unchanged=38
    ... )
    >>> follows_in_words(part, [share])
    'in 1 of its 20 pods (cart-7d9f); pod="cart-7d9f": both series that changed, none of 38 others like them'
    """
    where = [part_in_words(part)] if part else []
    return "; ".join([*where, *map(share_in_words, shares)])
