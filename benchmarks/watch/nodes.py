"""One day of the twelve series of every node, from what its pods take and from what it does by itself."""

import numpy as np

from benchmarks.watch.draws import Drift, Rows, counts, marked, normal, stretches
from benchmarks.watch.metrics import DAY_ROWS, NODE_METRICS
from benchmarks.watch.pods import PodDay
from benchmarks.watch.topology import Topology

JOBS_A_DAY = 1.0
"""Jobs of a few minutes beside the pods: an agent, a backup, a neighbour."""
GB = 1e9


class Nodes:
    """Draws the nodes' days, one after the other."""

    def __init__(self, topology: Topology, seed: int) -> None:
        self._of, self._seed = topology, seed
        rng = np.random.default_rng([seed, 6])
        self._filled = rng.uniform(0.3, 0.8, (topology.nodes, 1))
        self._wander = {
            "cpu": Drift(0.9, 0.15),
            "memory": Drift(0.98, 0.01),
            "load": Drift(0.6, 0.12),
            "connections": Drift(0.95, 2.0),
        }

    def day(self, number: int, pods: PodDay) -> Rows:
        """The next day, float32 of shape (nodes, metrics, DAY_ROWS)."""
        of, rng = self._of, np.random.default_rng([self._seed, number, 7])
        shape = (of.nodes, DAY_ROWS)
        job = marked(shape, stretches(rng, shape, JOBS_A_DAY, 0.15)).astype(np.float32)
        cores, traffic, disk = (self._borne(rows) for rows in (pods.cores, pods.traffic, pods.disk))
        cpu = cores + 0.3 + np.maximum(0, 0.1 * self._wander["cpu"].day(rng, shape)) + job
        busy = 0.03 + 0.02 * rng.standard_exponential(shape, dtype=np.float32) + 0.15 * disk + 0.25 * job
        busy = np.minimum(busy, 1)
        written = 2e-5 * np.exp(normal(rng, shape))
        filled = np.cumsum(written, axis=1) + self._filled
        filled = 0.3 + (filled - 0.3) % 0.5  # old images are removed
        self._filled = filled[:, -1:]
        values = np.empty((of.nodes, len(NODE_METRICS), DAY_ROWS), np.float32)
        values[:, 0] = cpu * (1 + 0.02 * normal(rng, shape))
        values[:, 1] = np.maximum(1.3 * cpu + 0.2 + self._wander["load"].day(rng, shape), 0)
        memory = 20 + 3 * self._wander["memory"].day(rng, shape) - 1.5 * job
        values[:, 2] = memory * GB + 0.02 * GB * normal(rng, shape)
        values[:, 3] = (1 - filled) * 90 * GB
        values[:, 4] = busy
        values[:, 5] = busy * 4e7 * np.exp(0.3 * normal(rng, shape))
        for metric, part in ((6, 0.5), (7, 0.6)):
            values[:, metric] = part * traffic * np.exp(0.04 * normal(rng, shape)) + 3e4
        values[:, 8] = 4000 * (1 + cpu) * np.exp(0.06 * normal(rng, shape))
        values[:, 9] = np.rint(120 + self._wander["connections"].day(rng, shape) + 3 * cpu)
        values[:, 10] = counts(rng, 0.3 + 3 * job) / 30
        values[:, 11] = 1 + counts(rng, 0.8 * cpu)
        return values

    def _borne(self, by_pod: Rows) -> Rows:
        """The sum over the pods of each node."""
        out = np.zeros((self._of.nodes, DAY_ROWS), np.float32)
        np.add.at(out, self._of.node_of, by_pod)
        return out
