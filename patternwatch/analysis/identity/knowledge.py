"""What other series say about whose a series is: owners of pods, addresses of nodes, who tells of many."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from patternwatch.analysis.identity.pod_names import Owner

_IP_NAME = re.compile(r"ip-(\d+)-(\d+)-(\d+)-(\d+)(\..*)?")
"""How Amazon names machines (EC2, "Instance hostname types": IP name)."""
_PORT = re.compile(r":\d+$")


@dataclass(frozen=True)
class Knowledge:
    """What is known beside a series' own labels.

    owners   (namespace, pod) -> its owner, where the pod's name tells another one or none
    makers   (namespace, ReplicaSet or Job) -> its owner, likewise
    nodes    address of a node -> its name in Kubernetes
    tellers  (label, value) that tell of others
    """

    owners: Mapping[tuple[str, str], Owner] = field(default_factory=dict)
    makers: Mapping[tuple[str, str], Owner] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    tellers: frozenset[tuple[str, str]] = frozenset()

    def owner_of_pod(self, namespace: str, pod: str) -> Owner | None:
        """The owner of a pod, where another series says it."""
        owner = self.owners.get((namespace, pod))
        return (owner and self.makers.get((namespace, owner.maker))) or owner

    def owner_of_maker(self, namespace: str, maker: str) -> Owner | None:
        """The owner of a ReplicaSet or Job, where another series says it."""
        return self.makers.get((namespace, maker))

    def node_of(self, name: str) -> str:
        """The name of a node by its name or address.

        >>> Knowledge(nodes={"10.0.1.4": "worker-4"}).node_of("ip-10-0-1-4.ec2.internal")
        'worker-4'
        """
        found = _IP_NAME.fullmatch(name)
        address = ".".join(found.groups()[:4]) if found else name
        return self.nodes.get(name) or self.nodes.get(address) or address

    def tells(self, label: str, value: str) -> bool:
        """Whether this label's value tells of others."""
        return (label, value) in self.tellers


NOTHING_KNOWN = Knowledge()


def host_of(address: str) -> str:
    """The host of an address, without scheme, user, port and path.

    >>> host_of("10.0.1.4:9100"), host_of("redis://u:p@cart-redis:6379/0"), host_of("[fd00::4]:9100")
    ('10.0.1.4', 'cart-redis', 'fd00::4')
    """
    rest = address.partition("://")[2] or address
    rest = rest.partition("/")[0].rpartition("@")[2]
    if rest.startswith("["):
        return rest[1:].partition("]")[0]
    return rest if rest.count(":") > 1 else _PORT.sub("", rest)
