"""Which older series a newborn one is judged against: its twins of another replica, or of another track."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.lifecycle.labels import may_be_relabelled
from patternwatch.analysis.lifecycle.twin_keys import TwinKeys
from patternwatch.contracts.series import Labels, Matrix, SeriesBatch
from patternwatch.detectors.edges import Edges

Rows = npt.NDArray[np.intp]
_NEAR_ROWS = 10
"""Rows between the end of a series and the first point of the one that it goes on as; judgement."""


def newborns_with_twins(
    batch: SeriesBatch, edges: Edges, keys: TwinKeys, newborn: Rows
) -> list[tuple[Rows, Rows]]:
    """Newborns that share all labels but a replica's, each group with the older series that do too.

    edges    where the series begin and end
    keys     what they share
    newborn  positions of the newborn ones, at least one

    Where all of a workload is new, the older ones are of another track of its application. What goes on under
    other labels (`may_be_relabelled`) is judged against itself. Which labels are a replica's own is known by
    their names, and else by their values: `instance_id` has another one in each.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((2, 300))
    >>> values[1, :250] = np.nan
    >>> labels = [{"__name__": "load", "deployment": name} for name in ("cart", "cart-canary")]
    >>> batch = SeriesBatch(labels, np.arange(300), values, ["", ""])
    >>> replicas = told_replicas(SubjectReader(AnalysisSettings()).read(labels))
    >>> keys = TwinKeys(labels, batch.derivation, replicas)
    >>> [(born.tolist(), old.tolist())
    ...  for born, old in newborns_with_twins(batch, edges_of(values), keys, np.array([1]))]
    [([1], [0])]
    """
    born = newborn.tolist()
    names, are_born = {batch.labels[i].get("__name__", "") for i in born}, set(born)
    like = [i for i, labels in enumerate(batch.labels) if labels.get("__name__", "") in names]
    old = [i for i in like if i not in are_born]
    young = [i for i in like if i in are_born]
    lived = _lived(batch.values[old, : int(edges.leading[newborn].min())]).tolist()
    lasting = {keys.entity(i) for i, has_lived in zip(old, lived, strict=True) if has_lived}
    new = [i for i in young if keys.entity(i) not in lasting]
    found = [*_alike(young, old, keys.among_replicas), *_of_tracks(keys, new, old)]
    twinned = {int(i) for own, _ in found for i in own}
    lone = [i for i in young if i not in twinned]
    found += _relabelled(batch, edges, keys, lone, old)
    twinned = {int(i) for own, _ in found for i in own}
    lone = [i for i in lone if i not in twinned and keys.entity(i) in lasting]
    return [*found, *_by_labels_of_their_own(batch, keys, lone, old)]


def _by_labels_of_their_own(
    batch: SeriesBatch, keys: TwinKeys, lone: Sequence[int], old: Iterable[int]
) -> list[tuple[Rows, Rows]]:
    """Series that differ from the older ones of their entity in labels that differ in each replica of it."""
    groups: dict[tuple[int, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in lone:
        groups[keys.entity(i), batch.labels[i].get("__name__", "")][0].append(i)
    for i in old if groups else ():
        if (key := (keys.entity(i), batch.labels[i].get("__name__", ""))) in groups:
            groups[key][1].append(i)
    found: list[tuple[Rows, Rows]] = []
    for young, elders in groups.values():
        if own := _labels_of_one(batch, keys, elders):
            found += _alike(young, elders, partial(keys.among_replicas_but, own))
    return found


def _labels_of_one(batch: SeriesBatch, keys: TwinKeys, elders: Iterable[int]) -> frozenset[str]:
    """The labels that have one value in each of several replicas, and in no two of them the same."""
    told: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    replicas = set()
    for i in elders:
        replicas.add(keys.replicas[i].subject.replica)
        for label, value in batch.labels[i].items():
            told[label][keys.replicas[i].subject.replica].add(value)
    of = len(replicas)
    return frozenset(
        label
        for label, own in told.items()
        if len(own) == of > 1
        and all(len(values) == 1 for values in own.values())
        and len(set().union(*own.values())) == of
    )


def _relabelled(
    batch: SeriesBatch, edges: Edges, keys: TwinKeys, lone: Sequence[int], old: Iterable[int]
) -> list[tuple[Rows, Rows]]:
    """Series that one goes on as which ended as they began: other labels say who it is, or there are more."""
    if not lone:
        return []
    ends = len(batch.times) - edges.trailing
    ended: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for i in old:
        if edges.vanished[i]:
            ended[_told_of(batch, keys, i)].append(i)
    found = []
    for i in lone:
        own = batch.labels[i]
        near = [
            k
            for k in ended.get(_told_of(batch, keys, i), ())
            if abs(int(ends[k]) - int(edges.leading[i])) <= _NEAR_ROWS
            and may_be_relabelled(batch.labels[k], own)
        ]
        if near:
            found.append(
                (np.array([i]), np.array([min(near, key=lambda k: _differing(batch.labels[k], own))]))
            )
    return found


def _differing(before: Labels, now: Labels) -> int:
    """How many labels differ."""
    return len(before.items() ^ now.items())


def _told_of(batch: SeriesBatch, keys: TwinKeys, i: int) -> tuple[object, ...]:
    """The metric, and the replica that it is told of, wherever that lies: a place may be a new label."""
    told = keys.replicas[i]
    return batch.labels[i].get("__name__", ""), batch.derivation[i], told.entity.name, told.subject.replica


def _of_tracks(keys: TwinKeys, new: Sequence[int], old: Iterable[int]) -> list[tuple[Rows, Rows]]:
    """Series of workloads that are new as a whole, each group with the older ones of another track."""
    applications = {keys.application(i) for i in new}
    stable = [i for i in old if keys.application(i) in applications] if applications else []
    return _alike(new, stable, keys.among_tracks) if stable else []


def _alike(young: Iterable[int], old: Iterable[int], key_of: Callable[[int], int]) -> list[tuple[Rows, Rows]]:
    """The young ones by their key, each group with the old ones of the same key, where there are any."""
    elders: dict[int, list[int]] = defaultdict(list)
    for i in old:
        elders[key_of(i)].append(i)
    groups: dict[int, list[int]] = defaultdict(list)
    for i in young:
        groups[key_of(i)].append(i)
    return [(np.array(own), np.array(elders[key])) for key, own in groups.items() if key in elders]


def _lived(values: Matrix) -> npt.NDArray[np.bool_]:
    """In which of these rows anything happened: a counter that its client has not made yet stands at 0."""
    return np.asarray((np.nan_to_num(values, nan=0.0) != 0.0).any(axis=1))
