"""Which entities there are in a shard, by place. It adds up over shards: names mean one thing."""

from collections import defaultdict
from collections.abc import Iterable

from patternwatch.contracts.census import Census
from patternwatch.contracts.subject import SEPARATOR, Key, Subject

KINDS = (
    "deployment",
    "statefulset",
    "daemonset",
    "cronjob",
    "job",
    "workload",
    "node",
    "server",
    "service",
    "pod",
    "instance",
)
"""Kinds from the one that says most down: an entity is of the first that one of its series tells."""
_ORDER = {kind: place for place, kind in enumerate(KINDS)}


def census_of(subjects: Iterable[Subject]) -> Census:
    r"""The entities that these subjects belong to.

    >>> census_of([Subject("service", "service", "cart", cluster="north"), Subject()])
    {'\tnorth\t': {'cart': 'service'}}
    """
    found: dict[str, dict[str, str]] = defaultdict(dict)
    told = {(one.tenant, one.cluster, one.namespace, one.name, one.kind) for one in subjects if one.name}
    for *place, name, kind in told:
        names = found[SEPARATOR.join(place)]
        names[name] = more_telling(names.get(name), kind)
    return {place: dict(sorted(names.items())) for place, names in sorted(found.items())}


def kinds_of(censuses: Iterable[Census]) -> dict[Key, str]:
    r"""The entities of a request with their kinds, in an order that does not depend on the shards'.

    >>> kinds_of([{"\tnorth\t": {"cart": "service"}}, {"\tnorth\t": {"cart": "deployment"}}])
    {Key(tenant='', cluster='north', namespace='', name='cart'): 'deployment'}
    """
    kinds: dict[Key, str] = {}
    for census in censuses:
        for place, names in census.items():
            tenant, cluster, namespace = place.split(SEPARATOR, 2)
            for name, kind in names.items():
                key = Key(tenant, cluster, namespace, name)
                kinds[key] = more_telling(kinds.get(key), kind)
    return kinds


def more_telling(kind: str | None, other: str) -> str:
    """The one of two kinds that says more; of kinds that no table knows the first by name.

    >>> more_telling("service", "deployment"), more_telling(None, "topic")
    ('deployment', 'topic')
    """
    if kind is None:
        return other
    return kind if kind == other else min(kind, other, key=lambda k: (_ORDER.get(k, len(KINDS)), k))
