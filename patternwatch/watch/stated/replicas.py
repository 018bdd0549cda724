"""How many replicas a workload has: whether one is left, and how many more it was given for a while.

An autoscaler follows the requests of a surge, at whose end they are fewer again.
Source: Kubernetes documentation, "Horizontal Pod Autoscaling".
"""

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.bank.statistics import NEAR_TO
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.told_states import AVAILABLE, WISHED


def still_served(bank: SeriesBank, members: Members) -> Integers:
    """Numbers of the entities of which a replica is available, as Kubernetes states.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.arrays.columns import Columns
    >>> members, bank = Members(AnalysisSettings(), 30_000), SeriesBank(30_000)
    >>> _, begun = members.place([{"__name__": "kube_statefulset_status_replicas_ready"}], [""])
    >>> rows = np.full((len(members), 2), 1, dtype=np.float32)
    >>> _ = bank.update(Columns(30_000 * np.arange(2), rows, begun), members)
    >>> still_served(bank, members).tolist()
    [0]
    """
    counts = np.flatnonzero(members.present & (members.states == AVAILABLE))
    return np.unique(members.entity[counts[bank.newest(counts, 1)[:, 0] > 0]]).astype(np.int64)


def usual_part(bank: SeriesBank, members: Members) -> Floats32:
    """By entity: the part that its usual replicas are of the most that it should have lately; 1 at most.

    Lately are the rows with which new ones are compared.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.watch.arrays.columns import Columns
    >>> members, bank = Members(AnalysisSettings(), 30_000), SeriesBank(30_000)
    >>> wished = "kube_deployment_spec_replicas"
    >>> labels = [{"__name__": wished, "deployment": name} for name in ("cart", "web")]
    >>> slots, begun = members.place(labels, ["", ""])
    >>> rows = np.full((len(members), 240), 3, dtype=np.float32)
    >>> rows[slots[0], -20:] = 6
    >>> _ = bank.update(Columns(30_000 * np.arange(240), rows, begun), members)
    >>> usual_part(bank, members).tolist()
    [0.5, 1.0]
    """
    part = np.ones(len(members.machines), dtype=np.float32)
    slots = np.flatnonzero(members.present & (members.states == WISHED))
    wished, usual = np.fmax.reduce(bank.newest(slots, NEAR_TO), axis=1), bank.level[slots]
    larger = (usual > 0) & (wished > usual)
    np.minimum.at(part, members.entity[slots[larger]], usual[larger] / wished[larger])
    return part
