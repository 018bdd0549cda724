"""What all shards of a request say about whose an entity is, put together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.subject import Key

Owned: TypeAlias = tuple[str, Key]
"""Kind and key of what owns."""
_MAX_STEPS = 4
"""Owners of owners: a pod's ReplicaSet, its Rollout; a Job's CronJob."""


def owners_in_scope(links: Iterable[OwnerLink]) -> dict[Key, Owned]:
    """By entity as labels alone name it, what it belongs to in the end; the order does not matter.

    What belongs to several by what series say keeps its name: a name that pods of two owners share by chance.

    >>> links = [
    ...     OwnerLink(key=("", "", "shop", "cart-blue-x"), kind="replicaset", name="cart-blue"),
    ...     OwnerLink(key=("", "", "shop", "cart-blue"), kind="rollout", name="cart"),
    ... ]
    >>> owners_in_scope(links)[Key("", "", "shop", "cart-blue-x")]
    ('rollout', Key(tenant='', cluster='', namespace='shop', name='cart'))
    """
    told: dict[Key, set[Owned]] = defaultdict(set)
    for link in links:
        key = Key(*link.key)
        told[key].add((link.kind, Key(*key.place, link.name)))
    sure = {key: min(owners) for key, owners in told.items() if len({owner for _, owner in owners}) == 1}
    return {key: _last(key, sure) for key in sure}


def _last(key: Key, owners: Mapping[Key, Owned]) -> Owned:
    found = owners[key]
    for _ in range(_MAX_STEPS):
        further = owners.get(found[1])
        if further is None or further[1] == key:
            break
        found = further
    return found
