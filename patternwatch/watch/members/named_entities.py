"""The entities of a watched cluster: which workload a series tells of, and what it is called."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.names_in_scope import NamesInScope
from patternwatch.analysis.identity.owner_series import owners_told
from patternwatch.analysis.identity.owners_in_scope import owners_in_scope
from patternwatch.analysis.identity.subject_reader import subject_reader
from patternwatch.analysis.lifecycle.tracks import application
from patternwatch.compiled import Flags
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.subject import Key
from patternwatch.watch.arrays.numbers import Numbers

MACHINES = frozenset(("node", "device", "resource", "persistentvolume", "namespace", "cluster"))
"""Kinds that have no users of their own: what is wrong with them is felt by what runs on them."""
_Int32s = npt.NDArray[np.int32]


class NamedEntities:
    """Subjects (what labels name) and the entities that they belong to by what other series say.

    An entity's number stays for good; which one a subject belongs to may change when series of another
    metric say who owns it (`kube_pod_owner`).

    >>> entities = NamedEntities(AnalysisSettings())
    >>> subjects, replicas = entities.read([{"__name__": "up", "job": "cart", "instance": "a:80"}])
    >>> entities.entity_of_subject[subjects].tolist(), replicas, entities.names
    ([0], ['a:80'], ['cart'])
    """

    def __init__(self, settings: AnalysisSettings) -> None:
        self._reader = subject_reader(settings)
        self._subjects: Numbers[Key] = Numbers()
        self._kinds: dict[Key, str] = {}
        self._entities: Numbers[Key] = Numbers()
        self._links: set[OwnerLink] = set()
        self._named: list[str] = []
        self.entity_of_subject: _Int32s = np.empty(0, dtype=np.int32)
        self.machines: Flags = np.empty(0, dtype=np.bool_)
        self.applications: _Int32s = np.empty(0, dtype=np.int32)

    def __len__(self) -> int:
        """How many entities are known."""
        return len(self._entities)

    @property
    def names(self) -> list[str]:
        """What reports call them, by number."""
        if len(self._named) != len(self._entities):
            names = NamesInScope(self._entities.of_number)
            self._named = [names.of(key) for key in self._entities.of_number]
        return self._named

    def read(self, labels: Sequence[Labels]) -> tuple[_Int32s, list[str]]:
        """The subject's number of each of N series, shape (N,), and the replica that each tells of."""
        readings = self._reader.read(labels)
        numbers = []
        for reading in readings.distinct:
            numbers.append(self._subjects.of(reading.entity))
            self._kinds.setdefault(reading.entity, reading.subject.kind)
        known = len(self._links)
        self._links.update(owners_told(labels, readings.subjects))
        if len(self._links) > known or len(self._subjects) > len(self.entity_of_subject):
            self._resolve()
        return np.array(numbers, dtype=np.int32)[readings.of], [one.replica for one in readings.subjects]

    def snapshot(self) -> dict[str, Any]:
        """What is known, as plain values."""
        return {
            "subjects": [(*_plain(key), self._kinds[key]) for key in self._subjects.of_number],
            "entities": [_plain(key) for key in self._entities.of_number],
            "links": sorted((list(link.key), link.kind, link.name) for link in self._links),
        }

    def restore(self, values: dict[str, Any]) -> None:
        """Go on from a snapshot."""
        for *key, kind in values["subjects"]:
            self._subjects.of(Key(*key))
            self._kinds[Key(*key)] = kind
        for key in values["entities"]:
            self._entities.of(Key(*key))
        self._links = {OwnerLink(key=tuple(key), kind=kind, name=name) for key, kind, name in values["links"]}
        self._resolve()

    def _resolve(self) -> None:
        owners = owners_in_scope(self._links)
        entities, kinds = [], {}
        for subject in self._subjects.of_number:
            kind, key = owners.get(subject, (self._kinds[subject], subject))
            entities.append(self._entities.of(key))
            kinds[entities[-1]] = kind
        self.entity_of_subject = np.array(entities, dtype=np.int32)
        names: Numbers[tuple[str, str, str, str]] = Numbers()
        self.applications = np.array(
            [
                names.of((*_plain(key)[:-1], application(key.name) if key.name else f"/{n}"))
                for n, key in enumerate(self._entities.of_number)
            ],
            dtype=np.int32,
        )
        nobody = [key.name == "" for key in self._entities.of_number]
        self.machines = np.array(
            [nobody[i] or kinds.get(i, "") in MACHINES for i in range(len(self._entities))], dtype=np.bool_
        )


def _plain(key: Key) -> tuple[str, str, str, str]:
    return key.tenant, key.cluster, key.namespace, key.name
