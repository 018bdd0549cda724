"""Who sits in which slot: the series of a watched cluster, and what is known of each by its labels.

Labels are read once, when a series is placed; after that every bank works on arrays by slot.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.numbers import Numbers
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.members.label_reader import LabelReader, phase_of
from patternwatch.watch.members.named_entities import NamedEntities

KEPT_PLACINGS = 1440
"""Placings that a series may be missing before its slot is free for any other one: a day of minutes, so that
a pod that an autoscaler adds every morning finds what was learned of it."""
_Key = tuple[frozenset[tuple[str, str]], str]


class Members:
    """The series of one cluster by slot.

    settings  how categories and entities are read
    step_ms   between two rows

    Arrays by slot, of `len(members)` slots, those of free slots included:

    category   int8: position in METRIC_CATEGORIES
    family     int32: a number for metric name and derivation
    entity     int32: a number for the workload (`names`, `machines` by that number)
    pod        int32: a number for the part of it (pod or instance)
    counting   float32: events that one unit of the value stands for in one row; 0 where it counts none
    twin       int32: of a series that began, the slot of one that is alike (the same family and entity, of
               a part that ended or of one beside it), whose history is the best guess at its own; -1: none
    alone      bool: it began in a part that was known before, as a counter of failures does
    phase      int32: a number made of its labels, by which upkeep is spread: the same in whatever slot
    present    bool: whether it was in the last placing

    >>> members = Members(AnalysisSettings(), step_ms=30_000)
    >>> labels = [{"__name__": "load", "service": name} for name in ("cart", "web")]
    >>> slots, begun = members.place(labels, ["", ""])
    >>> slots.tolist(), begun.tolist(), members.names
    ([0, 1], [0, 1], ['cart', 'web'])
    >>> members.place(labels[::-1], ["", ""])[0].tolist()
    [1, 0]
    """

    def __init__(self, settings: AnalysisSettings, step_ms: int) -> None:
        self._read = LabelReader(settings, step_ms)
        self._entities = NamedEntities(settings)
        self._families: Numbers[tuple[str, str]] = Numbers()
        self._pods: Numbers[tuple[int, str]] = Numbers()
        self._slots: dict[_Key, int] = {}
        self._by_object: dict[tuple[int, str], int] = {}
        self._free: list[int] = []
        self._alike: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._placings = 0
        self._sizes: tuple[Integers, Integers] | None = None
        self._last: tuple[list[Labels], list[str], Integers] = ([], [], np.empty(0, dtype=np.int64))
        self.labels: list[Labels] = []
        self.derivation: list[str] = []
        self._used = np.empty(0, dtype=np.bool_)
        self._seen = np.empty(0, dtype=np.int64)
        self._subject = np.empty(0, dtype=np.int32)
        self.category = np.empty(0, dtype=np.int8)
        self.family = np.empty(0, dtype=np.int32)
        self.entity = np.empty(0, dtype=np.int32)
        self.pod = np.empty(0, dtype=np.int32)
        self.counting: Floats32 = np.empty(0, dtype=np.float32)
        self.twin = np.empty(0, dtype=np.int32)
        self.alone: Flags = np.empty(0, dtype=np.bool_)
        self.phase = np.empty(0, dtype=np.int32)

    def __len__(self) -> int:
        """How many slots there are, free ones included."""
        return len(self.labels)

    @property
    def names(self) -> list[str]:
        """The names of entities by number, with their place where the cluster holds several of one name."""
        return self._entities.names

    @property
    def machines(self) -> Flags:
        """By entity: whether it has no users of its own (a node, a disk), so that it opens nothing."""
        return self._entities.machines

    @property
    def present(self) -> Flags:
        """By slot: whether its series was in the last placing."""
        return np.asarray(self._used & (self._seen == self._placings))

    @property
    def used(self) -> Flags:
        """By slot: whether a series sits in it, there or ended."""
        return self._used

    @property
    def bytes_per_slot(self) -> float:
        """Bytes of the arrays by slot, per slot."""
        total: int = sum(getattr(self, name).nbytes for name in _EMPTY)
        return total / max(1, len(self))

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
            there = np.flatnonzero(self.present)
            key = self.entity.astype(np.int64) * len(self._families) + self.family
            metrics, of = np.unique(key[there], return_inverse=True)
            parts = np.unique(of * len(self._pods) + self.pod[there]) // max(1, len(self._pods))
            at = np.minimum(np.searchsorted(metrics, key), max(0, len(metrics) - 1))
            counts = np.bincount(of, minlength=1)[at], np.bincount(parts, minlength=1)[at]
            self._sizes = np.maximum(counts[0], 1), np.maximum(counts[1], 1)
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
        return values, {name: getattr(self, name) for name in _EMPTY}

    def restore(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Go on from a snapshot; slots and numbers are the same."""
        self._entities.restore(values["entities"])
        for name, derivation in values["families"]:
            self._families.of((name, derivation))
        for subject, replica in values["pods"]:
            self._pods.of((subject, replica))
        for name in _EMPTY:
            setattr(self, name, arrays[name])
        self.labels, self.derivation = values["labels"], values["derivation"]
        self._placings = values["placings"]
        self._free = np.flatnonzero(~self._used)[::-1].tolist()
        for slot in np.flatnonzero(self._used).tolist():
            labels, derivation = self.labels[slot], self.derivation[slot]
            self._slots[_key(labels, derivation)] = slot
            self._by_object[id(labels), derivation] = slot
            self._alike[int(self.family[slot]), int(self._subject[slot])].append(slot)

    def _place_anew(self, labels: Sequence[Labels], derivations: Sequence[str]) -> tuple[Integers, list[int]]:
        found = [
            self._by_object.get((id(own), how), -1) for own, how in zip(labels, derivations, strict=True)
        ]
        new = []
        for i in (i for i, slot in enumerate(found) if slot < 0):
            found[i] = self._slots.get(_key(labels[i], derivations[i]), -1)
            if found[i] < 0:
                new.append(i)
            else:
                self._remember(found[i], labels[i], derivations[i])
        known = [slot for slot in found if slot >= 0]
        twice = len(known) - len(set(known)) + len(new) - len({_key(labels[i], derivations[i]) for i in new})
        if twice:
            raise ValueError(f"{twice} series are there twice: merge them first")
        taken = set(known)
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
            slot = heir if heir >= 0 else self._free_slot()
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
        self.phase[slot] = phase_of(labels, derivation)
        self._slots[_key(labels, derivation)] = slot
        self._used[slot] = True
        self._remember(slot, labels, derivation)

    def _remember(self, slot: int, labels: Labels, derivation: str) -> None:
        """Find a series by its label object too; the object is kept, so that no other one has its id."""
        self._by_object.pop((id(self.labels[slot]), self.derivation[slot]), None)
        self.labels[slot], self.derivation[slot] = labels, derivation
        self._by_object[id(labels), derivation] = slot

    def _forget(self, slot: int) -> None:
        """Empty a slot, if a series sits in it."""
        if not self._used[slot]:
            return
        labels, derivation = self.labels[slot], self.derivation[slot]
        self._by_object.pop((id(labels), derivation), None)
        del self._slots[_key(labels, derivation)]
        self._alike[int(self.family[slot]), int(self._subject[slot])].remove(slot)
        self.labels[slot], self._used[slot] = {}, False

    def _free_slot(self) -> int:
        if not self._free:
            self._grow()
        return self._free.pop()

    def _grow(self) -> None:
        more = max(16, len(self) // 4)
        slots = len(self) + more
        self._free += range(slots - 1, len(self) - 1, -1)
        self.labels += [{} for _ in range(more)]
        self.derivation += [""] * more
        for name, empty in _EMPTY.items():
            setattr(self, name, grown(getattr(self, name), slots, empty))

    def _let_go(self) -> None:
        """Free the slots of series that have not been there for long."""
        gone = np.flatnonzero(self._used & (self._seen < self._placings - KEPT_PLACINGS))
        for slot in gone.tolist():
            self._forget(slot)
            self._free.append(slot)


_EMPTY = {
    "_used": False,
    "_seen": 0,
    "_subject": 0,
    "category": 0,
    "family": 0,
    "entity": 0,
    "pod": 0,
    "counting": 0.0,
    "twin": -1,
    "alone": False,
    "phase": 0,
}
"""What the arrays by slot hold of a free slot."""


def _key(labels: Labels, derivation: str) -> _Key:
    return frozenset(labels.items()), derivation
