"""What a fault is, where it may strike, and what is true of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from testbed.kube.cluster import Cluster


@dataclass(frozen=True)
class Subject:
    """Whose fault it is: a workload, a node, or the visitors."""

    kind: str
    name: str
    namespace: str = ""


@dataclass(frozen=True)
class Plan:
    """One fault with its choices made by the seed."""

    subject: Subject
    path: tuple[str, ...]
    """Services that saw it, from the subject outwards."""
    strength: dict[str, float] = field(default_factory=dict)
    others: tuple[Subject, ...] = ()
    """Who else is rightly named: the second end of a partition, the workload of a canary."""


Injection = Callable[[Cluster, Plan], AbstractAsyncContextManager[None]]
Choice = Callable[[random.Random], Plan]


@dataclass(frozen=True)
class KubeFault:
    """A kind of fault; ``moves`` are names of the subject's own series that it changes by itself."""

    name: str
    kind: str
    text: str
    choose: Choice
    inject: Injection
    moves: tuple[str, ...]
    control: bool = False
    prepare: Injection | None = None
    """Entered before the window begins: what has to be there all the time."""

    def plan(self, seed: int) -> Plan:
        """Make the choices; the same seed makes the same."""
        return self.choose(random.Random(f"{self.name}/{seed}"))


CALLERS = {
    "bank-gateway": ("payment", "orders", "frontend"),
    "payment": ("orders", "frontend"),
    "orders": ("frontend",),
    "cart": ("orders", "frontend"),
    "catalogue": ("frontend",),
    "frontend": (),
    "postgres": ("catalogue", "orders", "frontend"),
    "redis": ("catalogue", "cart", "frontend"),
    "ingest": (),
    "stream": ("ingest", "transcoder", "indexer"),
    "transcoder": ("indexer", "ingest"),
    "indexer": ("ingest",),
    "coredns": ("frontend", "catalogue", "cart", "orders", "payment", "ingest"),
}
"""Who sees it when one fails, from near to far."""
MEDIA = ("ingest", "stream", "transcoder", "indexer")
STATEFUL = ("postgres", "redis", "stream")


def workload_subject(name: str) -> Subject:
    """The subject of a workload of the cluster.

    >>> workload_subject("redis")
    Subject(kind='StatefulSet', name='redis', namespace='shop')
    """
    namespace = "media" if name in MEDIA else "kube-system" if name == "coredns" else "shop"
    return Subject("StatefulSet" if name in STATEFUL else "Deployment", name, namespace)


def at_workload(*names: str, **ranges: tuple[float, float]) -> Choice:
    """One of the workloads by the seed, with strengths drawn from their ranges."""

    def choose(draw: random.Random) -> Plan:
        name = draw.choice(names)
        strength = {key: round(draw.uniform(*ends), 3) for key, ends in ranges.items()}
        return Plan(workload_subject(name), CALLERS[name], strength)

    return choose


def at_node(**ranges: tuple[float, float]) -> Choice:
    """One of the nodes by the seed."""

    def choose(draw: random.Random) -> Plan:
        number = draw.randrange(3)
        strength = {key: round(draw.uniform(*ends), 3) for key, ends in ranges.items()}
        return Plan(Subject("Node", f"ip-10-42-{number + 1}-1"), (), strength)

    return choose
