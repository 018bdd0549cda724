"""Who takes part in which open episode, and when that is over: with hysteresis, by those who opened it."""

from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.episodes.evidence import EntityEvidence

CLOSING_PART, CLOSING_TICKS = 0.5, 10
"""An entity's trouble is over after so many ticks below this part of the bar."""
FALLEN_PART = 0.25
"""Below the bar it is over as well where so little is left of the highest that it showed: what was restarted,
means of many requests and highest values since a process began do not come back to where they were."""
HOURLY_TICKS = 30
"""Ticks from the opening on in which load and resources keep an episode open. Its series are held against the
level of before, and after that hour what moves them may be the time of the day; failures and slowness it is
not."""


@dataclass(slots=True)
class OpenEpisode:
    """An open episode: its number, the entity that it is named after, and ticks since it opened."""

    number: int
    entity: int
    age: int = 0


class Participants:
    """The open episodes, and by entity the one that it takes part in.

    episodes  in the order of opening
    part      number of the episode, 0 for none
    opened    whether it opened that one, so that the episode lasts as long as its trouble
    settled   whether it left with this tick though its load or its resources are not as before: they are
              taken as they are from now on

    >>> who = Participants()
    >>> who.fit(3)
    >>> who.begin(1, np.array([False, True, True]))
    >>> who.part.tolist(), who.causes, len(who.episodes)
    ([0, 1, 1], (1,), 1)
    """

    def __init__(self) -> None:
        self.episodes = list[OpenEpisode]()
        self.part: Integers = np.zeros(0, dtype=np.int64)
        self.opened: Flags = np.zeros(0, dtype=np.bool_)
        self.settled: Flags = np.zeros(0, dtype=np.bool_)
        self._quiet: Integers = np.zeros(0, dtype=np.int64)
        self._height = np.zeros(0)

    @property
    def involved(self) -> Flags:
        """By entity: whether it is part of an episode that is open."""
        return np.asarray(self.part > 0)

    @property
    def causes(self) -> tuple[int, ...]:
        """The entities that what is open is named after, in the order of opening."""
        return tuple(one.entity for one in self.episodes)

    def fit(self, entities: int) -> None:
        """A tick of so many entities begins."""
        self.part, self.opened = grown(self.part, entities), grown(self.opened, entities)
        self._quiet, self._height = grown(self._quiet, entities), grown(self._height, entities)
        self.settled = np.zeros(entities, dtype=np.bool_)

    def begin(self, entity: int, part: Flags) -> None:
        """An episode opens that is named after this entity, and that these open."""
        number = max((one.number for one in self.episodes), default=0) + 1
        self.episodes.append(OpenEpisode(number, entity))
        self._quiet[part] = 0
        self.part[part] = number
        self.opened |= part

    def join(self, which: Flags) -> None:
        """Those of these that take part in nothing take part in what opened last."""
        self.part[which & (self.part == 0)] = self.episodes[-1].number

    def leave(self, evidence: EntityEvidence, pressure: Floats32, bar: float) -> tuple[int, ...]:
        """Whoever has been quiet for long enough takes part no more; the entities of what is over."""
        least, ages = CLOSING_PART * bar, np.zeros(len(pressure), dtype=np.int64)
        for one in self.episodes:
            ages[self.part == one.number] = one.age
        shown = np.where(evidence.gone, evidence.total, evidence.lasting)
        all_counts = np.maximum(np.maximum(shown, evidence.total), pressure)
        shown = np.where(ages <= HOURLY_TICKS, all_counts, shown)
        self._height = np.where(self.part > 0, np.maximum(self._height, shown), 0.0)
        enough = np.clip(FALLEN_PART * self._height, least, bar)
        self._quiet = np.where((shown >= enough) | evidence.silent, 0, self._quiet + 1)
        left = self._quiet >= CLOSING_TICKS
        still = np.maximum(evidence.total, evidence.far) >= least
        self.settled = left & self.involved & still
        self.part[left] = 0
        self.opened &= ~left
        over = [one for one in self.episodes if not (self.opened & (self.part == one.number)).any()]
        for one in over:
            self.part[self.part == one.number] = 0
            self.episodes.remove(one)
        return tuple(one.entity for one in over)

    def clear(self) -> None:
        """Nothing is open any more."""
        self.episodes.clear()
        self.opened[:] = False
        self.part[:] = 0
        self._quiet[:] = 0

    def snapshot(self) -> tuple[list[list[int]], Arrays]:
        """The open episodes, and its arrays by name."""
        told = [[one.number, one.entity, one.age] for one in self.episodes]
        arrays = {"part": self.part, "opened": self.opened, "quiet": self._quiet}
        return told, arrays | {"height": self._height}

    def restore(self, episodes: list[list[int]], arrays: Arrays) -> None:
        """Go on from a snapshot."""
        self.episodes = [OpenEpisode(*one) for one in episodes]
        self.part, self.opened = arrays["part"], arrays["opened"]
        self._quiet, self._height = arrays["quiet"], arrays["height"]
