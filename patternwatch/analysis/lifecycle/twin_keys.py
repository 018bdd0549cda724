"""What series share with their twins, as numbers: labels are compared once, for all looks at them."""

from collections.abc import Hashable, Sequence
from itertools import count
from typing import TypeAlias

from patternwatch.analysis.lifecycle.labels import shared_by_replicas
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas
from patternwatch.analysis.lifecycle.tracks import application, shared_by_tracks
from patternwatch.contracts.subject import Key

_Shared: TypeAlias = tuple[str, int, frozenset[tuple[str, str]]]
"""The derivation, the entity and the labels that twins have in common."""


class TwinKeys:
    """Numbers of N series, equal for twins, each made when it is first asked for.

    labels      N label sets
    derivation  how each was derived
    replicas    whose each is

    Threads may share it: a number that two of them make at once is the same.

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> names = ("cart-5d4f8c7b9-x2x9k", "cart-5d4f8c7b9-m4m2z", "cart-canary-77d8c9f5b-abcde")
    >>> labels = [{"__name__": "load", "pod": name} for name in names]
    >>> keys = TwinKeys(labels, [""] * 3, told_replicas(SubjectReader(AnalysisSettings()).read(labels)))
    >>> [keys.among_replicas(i) == keys.among_replicas(0) for i in range(3)]
    [True, True, False]
    >>> [keys.among_tracks(i) == keys.among_tracks(0) for i in range(3)]
    [True, True, True]
    >>> labels = [{"__name__": "load", "job": "web", "instance_id": f"i-{n}"} for n in range(2)]
    >>> keys = TwinKeys(labels, [""] * 2, told_replicas(SubjectReader(AnalysisSettings()).read(labels)))
    >>> keys.among_replicas(0) == keys.among_replicas(1)
    False
    >>> own = frozenset({"instance_id"})
    >>> keys.among_replicas_but(own, 0) == keys.among_replicas_but(own, 1)
    True
    """

    def __init__(
        self, labels: Sequence[dict[str, str]], derivation: Sequence[str], replicas: ToldReplicas
    ) -> None:
        self.replicas = replicas
        self._labels, self._derivation = labels, derivation
        self._next = count()
        self._numbers: dict[Hashable, int] = {}
        self._shared: dict[int, _Shared] = {}
        """By the number among replicas, what it stands for."""
        self._of_replicas: dict[int, int] = {}
        self._of_replicas_but: dict[tuple[frozenset[str], int], int] = {}
        self._of_tracks: dict[int, int] = {}
        self._applications: dict[int, int] = {}

    def entity(self, i: int) -> int:
        """Whose the series is."""
        return id(self.replicas[i].entity)  # equal ones are one object

    def application(self, i: int) -> int:
        """What its entity is a track of."""
        entity = self.replicas[i].entity
        number = self._applications.get(id(entity))
        if number is None:
            number = self._number(Key(*entity.place, application(entity.name)))
            self._applications[id(entity)] = number
        return number

    def among_replicas(self, i: int) -> int:
        """What it shares with the like series of the other replicas of its entity."""
        number = self._of_replicas.get(i)
        if number is None:
            key = self._derivation[i], self.entity(i), shared_by_replicas(self._labels[i])
            number = self._number(key)
            self._shared[number] = key  # first: who finds the number, in another thread too, looks this up
            self._of_replicas[i] = number
        return number

    def among_replicas_but(self, own: frozenset[str], i: int) -> int:
        """The same where these labels are a replica's own, too."""
        whole = self.among_replicas(i)
        number = self._of_replicas_but.get((own, whole))
        if number is None:
            derivation, entity, labels = self._shared[whole]
            shared = frozenset([item for item in labels if item[0] not in own])
            number = self._of_replicas_but[own, whole] = self._number((derivation, entity, shared))
        return number

    def among_tracks(self, i: int) -> int:
        """What it shares with the like series of other tracks of its application."""
        number = self._of_tracks.get(i)
        if number is None:
            shared = shared_by_tracks(self._labels[i], self.replicas[i].entity.name)
            number = self._of_tracks[i] = self._number((self._derivation[i], self.application(i), shared))
        return number

    def _number(self, key: Hashable) -> int:
        return self._numbers.setdefault(key, next(self._next))
