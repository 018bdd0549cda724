"""What people said of earlier openings: the like of noise must be rarer to count, of the useful less rare."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import as_float32
from patternwatch.contracts.watches import Mark
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

MAX_DECADES = 2.0
"""The most that marks move a score: a hundred times rarer, or less rare. What is never of use is muted."""


class Marking:
    """The marks of a watch, by what they are of.

    A score is the -log10 of how often a series' own history had such a change. A mark moves it by one: after
    a report that was noise the like must be ten times rarer to count as much. Marks of one thing add up.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> labels = [{"__name__": "queue_length", "service": name} for name in ("cart", "web")]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> seen = Suspects(slots, np.array([True, True]), np.float32([6, 6]), np.float32([1, 1]))
    >>> marking = Marking([Mark(entity="cart", verdict="noise"), Mark(entity="web", verdict="useful")])
    >>> marking.weighed(seen, members).score.tolist()
    [5.0, 7.0]
    >>> marking.noisy(members).tolist()
    [True, False]
    """

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._decades: Counter[tuple[str, str]] = Counter()
        for mark in marks:
            self._decades[mark.entity, mark.metric] += -1 if mark.verdict == "noise" else 1

    def noisy(self, members: Members) -> Flags:
        """By entity: whether something of it was noise more often than useful."""
        noise = {entity for (entity, _), decades in self._decades.items() if decades < 0}
        if not noise:
            return np.zeros(len(members.machines), dtype=np.bool_)
        return np.array([name in noise for name in members.names], dtype=np.bool_)

    def weighed(self, suspects: Suspects, members: Members) -> Suspects:
        """The suspects with scores as they count; none falls below 0."""
        if not self._decades or not len(suspects):
            return suspects
        names, marked = members.names, {entity for entity, _ in self._decades}
        entities = members.entity[suspects.slots].tolist()
        moved = np.zeros(len(suspects))
        for k, (slot, entity) in enumerate(zip(suspects.slots.tolist(), entities, strict=True)):
            name = names[entity]
            if name in marked:
                metric = members.labels[slot].get("__name__", "")
                moved[k] = self._decades[name, ""] + (self._decades[name, metric] if metric else 0)
        moved = np.clip(moved, -MAX_DECADES, MAX_DECADES)
        return replace(suspects, score=as_float32(np.maximum(suspects.score + moved, 0.0)))
