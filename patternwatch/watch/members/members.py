"""Who sits in which slot: the series of a watched cluster, and what is known of each by its labels.

Labels are read once, when a series is placed; after that every bank works on arrays by slot.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.numbers import Numbers
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.members.family_sizes import family_sizes
from patternwatch.watch.members.label_reader import LabelReader, phase_of
from patternwatch.watch.members.named_entities import NamedEntities
from patternwatch.watch.members.series_index import SeriesIndex
from patternwatch.watch.members.slot_arrays import SlotArrays
from patternwatch.watch.members.told_states import told_state

KEPT_PLACINGS = 1440
"""Placings that a series may be missing before its slot is free for any other one: a day of minutes, so that
a pod that an autoscaler adds every morning finds what was learned of it."""


class Members(SlotArrays):
    """The series of one cluster by slot; `SlotArrays` says what is known of each.

    settings  how categories and entities are read
    step_ms   between two rows

    >>> members = Members(AnalysisSettings(), step_ms=30_000)
    >>> labels = [{"__name__": "load", "service": name} for name in ("cart", "web")]
    >>> slots, begun = members.place(labels, ["", ""])
    >>> slots.tolist(), begun.tolist(), members.names
    ([0, 1], [0, 1], ['cart', 'web'])
    >>> members.place(labels[::-1], ["", ""])[0].tolist()
    [1, 0]
    """

    def __init__(self, settings: AnalysisSettings, step_ms: int) -> None:
        super().__init__()
        self._read = LabelReader(settings, step_ms)
        self._entities = NamedEntities(settings)
        self._families: Numbers[tuple[str, str]] = Numbers()
        self._pods: Numbers[tuple[int, str]] = Numbers()
        self._index = SeriesIndex()
        self._alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._placings = 0
        self._sizes: tuple[Integers, Integers] | None = None
        self._last: tuple[list[Labels], list[str], Integers] = ([], [], np.empty(0, dtype=np.int64))

    @property
    def labels(self) -> list[Labels]:
        """By slot."""
        return self._index.labels

    @property
    def derivation(self) -> list[str]:
        """By slot."""
        return self._index.derivation

    @property
    def names(self) -> list[str]:
        """The names of entities by number, with their place where the cluster holds several of one name."""
        return self._entities.names

    @property
    def machines(self) -> Flags:
        """By entity: whether it has no users of its own (a node, a disk), so that it opens nothing."""
        return self._entities.machines

    @property
    def applications(self) -> Integers:
        """By entity: a number that the tracks of one application share, such as blue and green."""
        return self._entities.applications.astype(np.int64)

    @property
    def present(self) -> Flags:
        """By slot: whether its series was in the last placing."""
        return np.asarray(self._used & (self._seen == self._placings))

    @property
    def families(self) -> list[tuple[str, str]]:
        """Metric name and derivation by family number."""
        return self._families.of_number

    @property
    def pods(self) -> list[tuple[int, str]]:
        """Entity number at its placing, and name of the part, by pod number."""
        return self._pods.of_number

    @property
    def sizes(self) -> tuple[Integers, Integers]:
        """By slot: how many series its entity has of its family now, and in how many parts."""
        if self._sizes is None:
            self._sizes = family_sizes(self, self.present, len(self._families), len(self._pods))
        return self._sizes

    def place(self, labels: Sequence[Labels], derivations: Sequence[str]) -> tuple[Integers, Integers]:
        """Slots of these N series, shape (N,), and those of them that are new, ascending.

        The same series keeps its slot, in whatever order they come. Raises ValueError where a series is
        there twice.
        """
        self._placings += 1
        known_labels, known_derivations, slots = self._last
        begun: list[int] = []
        if known_labels != labels or known_derivations != derivations:
            self._last, self._sizes = ([], [], slots), None
            slots, begun = self._place_anew(labels, derivations)
            self._last = list(labels), list(derivations), slots
        self._seen[slots] = self._placings
        self._let_go()
        return slots, np.array(sorted(begun), dtype=np.int64)

    def snapshot(self) -> tuple[dict[str, Any], Arrays]:
        """Who sits where, as plain values and arrays by slot."""
        values = {
            "labels": [dict(own) for own in self.labels],
            "derivation": self.derivation,
            "families": self.families,
            "pods": self.pods,
            "entities": self._entities.snapshot(),
            "placings": self._placings,
        }
        return values, self.arrays()

    def restore(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Go on from a snapshot; slots and numbers are the same."""
        self._entities.restore(values["entities"])
        for name, derivation in values["families"]:
            self._families.of((name, derivation))
        for subject, replica in values["pods"]:
            self._pods.of((subject, replica))
        self.restore_arrays(arrays)
        self._placings = values["placings"]
        used = np.flatnonzero(self._used).tolist()
        self._index.restore(values["labels"], values["derivation"], used)
        for slot in used:
            self._alike[int(self.family[slot]), int(self._subject[slot])].append(slot)
            self.states[slot] = told_state(self.labels[slot], self.derivation[slot])  # older versions lack it

    def _place_anew(self, labels: Sequence[Labels], derivations: Sequence[str]) -> tuple[Integers, list[int]]:
        found, new = self._index.find(labels, derivations)
        taken = {slot for slot in found if slot >= 0}
        begun = self._begin([labels[i] for i in new], [derivations[i] for i in new], taken)
        for i, slot in zip(new, begun, strict=True):
            found[i] = slot
        return np.array(found, dtype=np.int64), begun

    def _begin(self, labels: list[Labels], derivations: list[str], taken: set[int]) -> list[int]:
        """Slots of new series; one whose twin ended takes that one's slot."""
        if not labels:
            return []
        subjects, replicas = self._entities.read(labels)
        known_pods, slots = len(self._pods), []
        for i, own in enumerate(labels):
            subject, derivation = int(subjects[i]), derivations[i]
            family = self._families.of((own.get("__name__", ""), derivation))
            pod = self._pods.of((subject, replicas[i]))
            alike = self._alike[family, subject]
            # Of several that ended the last one is replaced: another one may only live by day.
            ended = (slot for slot in alike if slot not in taken)
            heir = max(ended, key=self._seen.__getitem__, default=-1)
            twin = heir if heir >= 0 or not alike else alike[0]
            slot = heir if heir >= 0 else self.take_slot()
            taken.add(slot)
            self._forget(slot)
            self.twin[slot], self.alone[slot] = twin, pod < known_pods and heir < 0
            self.family[slot], self.pod[slot], self._subject[slot] = family, pod, subject
            self._describe(slot, own, derivation)
            alike.append(slot)
            slots.append(slot)
        self.entity = self._entities.entity_of_subject[self._subject]
        return slots

    def _describe(self, slot: int, labels: Labels, derivation: str) -> None:
        category = self._read.category_of(labels, derivation)
        self.category[slot] = METRIC_CATEGORIES.index(category)
        self.counting[slot] = self._read.counted(category, derivation)
        self.ended[slot] = self._read.ended(labels, category, derivation)
        self.states[slot] = told_state(labels, derivation)
        self.phase[slot] = phase_of(labels, derivation)
        self._used[slot] = True
        self._index.fit(len(self))
        self._index.put(slot, labels, derivation)

    def _forget(self, slot: int) -> None:
        """Empty a slot, if a series sits in it."""
        if self._used[slot]:
            self._index.drop(slot)
            self._alike[int(self.family[slot]), int(self._subject[slot])].remove(slot)

    def _let_go(self) -> None:
        """Free the slots of series that have not been there for long."""
        gone = np.flatnonzero(self._used & (self._seen < self._placings - KEPT_PLACINGS))
        for slot in gone.tolist():
            self._forget(slot)
            self.free(slot)
