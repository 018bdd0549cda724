"""Jobs that scrape what runs on a host and tells of it, whatever these jobs are called.

`up` of a job that is named as its exporter is about what that exporter tells of. Many jobs are not (`linux`,
`ec2-node`, `vms`). Where most of what a job tells by the instance `web-1:9100` is about the node `web-1`, the
rest is as well: whether it was scraped, and the exporter's own process.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from patternwatch.analysis.identity.knowledge import host_of
from patternwatch.contracts.life_table import LifeTable
from patternwatch.contracts.subject import Key

HostOf: TypeAlias = Mapping[tuple[str, str, str, str], Key]
"""Tenant, cluster, scrape job and instance -> the node."""
_NODE = "node"


def scraped_hosts(lives: Iterable[LifeTable], kinds: Mapping[Key, str]) -> HostOf:
    """The instances that tell mostly of the node that they run on.

    lives  of all shards of a request
    kinds  of its entities

    >>> from patternwatch.contracts.life_table import LifeRow
    >>> node, job = ("", "", "", "web-1"), ("", "", "", "vms")
    >>> lives = [LifeRow(node, "", "vms", 40), LifeRow(job, "web-1:9100", "vms", 3)]
    >>> found = scraped_hosts([LifeTable.of_rows(lives)], {Key(*node): "node", Key(*job): "job"})
    >>> list(found)
    [('', '', 'vms', 'web-1:9100')]
    """
    if _NODE not in kinds.values():
        return {}
    of_node: dict[tuple[str, str, str, str], int] = defaultdict(int)
    own: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for table in lives:
        keys = [Key(*entity) for entity in table.entities]
        is_node = [kinds.get(key) == _NODE for key in keys]
        for entity, teller, replica, n in zip(
            table.entity, table.teller, table.replica, table.series, strict=True
        ):
            key, job = keys[entity], table.tellers[teller]
            if is_node[entity]:
                of_node[key.tenant, key.cluster, job, key.name] += n
            elif replica and job:
                own[key.tenant, key.cluster, job, replica] += n
    return {
        (tenant, cluster, job, instance): Key(tenant, cluster, "", host)
        for (tenant, cluster, job, instance), n in own.items()
        if of_node.get((tenant, cluster, job, host := host_of(instance)), 0) > n
    }
