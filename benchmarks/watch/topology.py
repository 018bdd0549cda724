"""Who is there: services with their pods, the nodes that bear them, and who calls whom."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.watch.metrics import NODE_METRICS, POD_METRICS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SERIES_OF_A_SERVICE = 50
"""As many series stand for one service: 2.5 pods of 16 series, and its part of the nodes."""
MIN_SERVICES, MIN_NODES = 4, 3
CALLERS = 0.7
"""Part of the services that call another one."""
MAX_HOPS = 3


@dataclass(frozen=True, slots=True)
class Topology:
    """What of a cluster stays as it is from day to day.

    Arrays by pod, shape (P,): `service_of`, `node_of`, `collect_rows` (rows between two garbage collections).
    Arrays by service, shape (S,): `replicas`; `callee` (-1 where it calls nobody); `rate` (requests a second,
    of all its pods); `latency` (seconds, the median); `error_share`; `limit` (cores of a pod); `phase`
    (hours) and `amplitude` of its day; `weekend` (part of the rate that is missing then); `memory` (how much
    of the latency's noise stays a row later); `tail` (degrees of freedom of that noise); `noise` (its size);
    `nightly`, `weekly`, `hourly` (whether it has such a batch), `minute` (of the hourly one); `scales`
    (whether an autoscaler gives it one pod more by day).
    """

    service_of: Ints
    node_of: Ints
    collect_rows: Floats
    replicas: Ints
    callee: Ints
    rate: Floats
    latency: Floats
    error_share: Floats
    limit: Floats
    phase: Floats
    amplitude: Floats
    weekend: Floats
    memory: Floats
    tail: Floats
    noise: Floats
    nightly: Flags
    weekly: Flags
    hourly: Flags
    minute: Ints
    scales: Flags
    nodes: int

    @property
    def services(self) -> int:
        """How many services there are."""
        return len(self.replicas)

    @property
    def pods(self) -> int:
        """How many places for a pod there are."""
        return len(self.service_of)

    @property
    def series(self) -> int:
        """How many series all pods and nodes have."""
        return self.pods * len(POD_METRICS) + self.nodes * len(NODE_METRICS)

    def callers(self, service: int) -> list[list[int]]:
        """Who waits for this service, by the number of calls between, from one on."""
        hops, seen, last = list[list[int]](), {service}, [service]
        for _ in range(MAX_HOPS):
            last = [int(s) for s in np.flatnonzero(np.isin(self.callee, last)) if int(s) not in seen]
            seen.update(last)
            hops.append(last)
        return hops


def drawn(series: int, seed: int) -> Topology:
    """A cluster of about so many series; the same seed gives the same one.

    >>> cluster = drawn(2000, seed=1)
    >>> cluster.services, abs(cluster.series - 2000) < 200
    (40, True)
    """
    rng = np.random.default_rng([seed, 0])
    services = max(MIN_SERVICES, round(series / SERIES_OF_A_SERVICE))
    replicas = rng.permutation(np.resize([1, 2, 2, 3, 3, 4], services))
    pods = int(replicas.sum())
    nodes = max(MIN_NODES, round((series - pods * len(POD_METRICS)) / len(NODE_METRICS)))
    callee = np.where(rng.random(services) < CALLERS, rng.integers(0, services, services), -1)
    callee[callee == np.arange(services)] = -1
    return Topology(
        service_of=np.repeat(np.arange(services), replicas),
        node_of=rng.integers(0, nodes, pods),
        collect_rows=np.exp(rng.normal(3.2, 0.8, pods)).clip(8, 400),
        replicas=replicas,
        callee=callee,
        rate=np.exp(rng.normal(1.0, 2.0, services)).clip(0.02, 300),
        latency=np.exp(rng.normal(-3.2, 0.9, services)),
        error_share=10 ** rng.uniform(-4.5, -2, services),
        limit=rng.uniform(0.25, 4, services),
        phase=rng.normal(0, 1, services),
        amplitude=rng.uniform(0.1, 0.8, services),
        weekend=rng.uniform(0.0, 0.5, services),
        memory=rng.uniform(0.2, 0.9, services),
        tail=rng.uniform(2.5, 8, services),
        noise=rng.uniform(0.03, 0.2, services),
        nightly=rng.random(services) < 0.05,
        weekly=rng.random(services) < 0.03,
        hourly=rng.random(services) < 0.03,
        minute=rng.integers(0, 60, services),
        scales=(rng.random(services) < 0.1) & (replicas >= 3),
        nodes=nodes,
    )
