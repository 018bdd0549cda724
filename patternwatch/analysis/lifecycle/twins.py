"""Which older series a newborn one is judged against: its twins of another replica, or of another track."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.labels import shared_by_replicas
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas
from patternwatch.analysis.lifecycle.tracks import application, shared_by_tracks
from patternwatch.contracts.series import SeriesBatch, Vector
from patternwatch.contracts.subject import Key
from patternwatch.detectors.edges import Edges

Rows = npt.NDArray[np.intp]


def newborns_with_twins(
    batch: SeriesBatch, edges: Edges, replicas: ToldReplicas, newborn: Rows
) -> list[tuple[Rows, Rows]]:
    """Newborns that share all labels but a replica's, each group with the older series that do too.

    edges     where the series begin and end
    replicas  whose they are
    newborn   positions of the newborn ones, at least one

    Where all of a workload is new, the older ones are of another track of its application.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((2, 300))
    >>> values[1, :250] = np.nan
    >>> labels = [{"__name__": "load", "deployment": name} for name in ("cart", "cart-canary")]
    >>> batch = SeriesBatch(labels, np.arange(300), values, ["", ""])
    >>> replicas = told_replicas(SubjectReader(AnalysisSettings()).read(labels))
    >>> [(born.tolist(), old.tolist())
    ...  for born, old in newborns_with_twins(batch, edges_of(values), replicas, np.array([1]))]
    [([1], [0])]
    """
    names = {batch.labels[i].get("__name__", "") for i in newborn.tolist()}
    young: dict[object, list[int]] = defaultdict(list)
    old: dict[object, list[int]] = defaultdict(list)
    born = set(newborn.tolist())
    for i, labels in enumerate(batch.labels):
        if labels.get("__name__", "") in names:
            key = batch.derivation[i], replicas[i].entity, shared_by_replicas(labels)
            (young if i in born else old)[key].append(i)
    first = int(edges.leading[newborn].min())
    lasting = {replicas[i].entity for own in old.values() for i in own if _lived(batch.values[i, :first])}
    new = [i for i in born if replicas[i].entity not in lasting]
    found = [(np.array(own), np.array(old[key])) for key, own in young.items() if old.get(key)]
    return [*found, *_of_tracks(batch, replicas, new, (i for own in old.values() for i in own))]


def _of_tracks(
    batch: SeriesBatch, replicas: ToldReplicas, new: Sequence[int], old: Iterable[int]
) -> list[tuple[Rows, Rows]]:
    """Series of workloads that are new as a whole, each group with the older ones of another track."""

    def of_application(i: int) -> Key:
        entity = replicas[i].entity
        return Key(*entity.place, application(entity.name))

    def key_of(i: int) -> object:
        return (
            batch.derivation[i],
            of_application(i),
            shared_by_tracks(batch.labels[i], replicas[i].entity.name),
        )

    applications = {of_application(i) for i in new}
    if not applications:
        return []
    stable: dict[object, list[int]] = defaultdict(list)
    for i in old:
        if of_application(i) in applications:
            stable[key_of(i)].append(i)
    young: dict[object, list[int]] = defaultdict(list)
    for i in sorted(new):
        young[key_of(i)].append(i)
    return [(np.array(own), np.array(stable[key])) for key, own in young.items() if stable.get(key)]


def _lived(values: Vector) -> bool:
    """Whether anything happened in these rows: a counter that its client has not made yet stands at 0."""
    return bool(np.nan_to_num(values, nan=0.0).any())
