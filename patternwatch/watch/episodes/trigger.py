"""When trouble opens, goes on and is over: one episode a cluster and cause, with hysteresis."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.episodes.evidence import RESOURCE_WEIGHT, EntityEvidence
from patternwatch.watch.episodes.later_cause import LaterCause
from patternwatch.watch.episodes.pressure import Pressure, with_others
from patternwatch.watch.episodes.taking_part import LastingParts, TakingPart

CLOSING_PART, CLOSING_TICKS = 0.5, 10
"""An entity's trouble is over after so many ticks below this part of the bar."""
FALLEN_PART = 0.25
"""Below the bar it is over as well where so little is left of the highest that it showed: what was restarted,
means of many requests and highest values since a process began do not come back to where they were."""
JOINING_TICKS = 10
"""Ticks from the opening on in which an entity's trouble is taken for a part of the same one. What begins
later keeps no episode open, and is another cause where the first trouble is below the bar by then; where that
goes on, `later_cause.py` says which one is."""
HOURLY_TICKS = 30
"""Ticks from the opening on in which load and resources keep an episode open. Its series are held against the
level of before, and after that hour what moves them may be the time of the day; failures and slowness it is
not."""
BEGAN_AT = 1.5
"""Evidence from which on trouble of an entity has begun, for its beginning in time."""
_SILENT = 1e6
"""Before all that is felt: whoever gives no sample."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An entity that opened an episode."""

    entity: int
    since_ms: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one tick does to the open episodes of a cluster.

    opened   what opens now
    goes_on  whether what opened earlier is still there
    over     the entities that those which ended now are named after
    """

    opened: Opened | None = None
    goes_on: bool = False
    over: tuple[int, ...] = ()


@dataclass(slots=True)
class _Open:
    """An open episode: its number, the entity that it is named after, and ticks since it opened."""

    number: int
    entity: int
    age: int = 0


class Trigger:
    """The open episodes of a cluster: one, but where another cause comes while the first goes on.

    bar  the pressure from which on something opens

    >>> from patternwatch.watch.suspects.suspects import NO_SUSPECTS
    >>> def seen(value: float) -> EntityEvidence:
    ...     one, none = np.float32([value]), np.float32([0])
    ...     no, owner = np.array([False]), np.empty(0, dtype=np.int64)
    ...     by_role = one, one, none, none, none, none, one, none, none, one
    ...     return EntityEvidence(*by_role, no, no, no, no, NO_SUSPECTS, owner, no[:0])
    >>> trigger = Trigger(bar=8.0)
    >>> steps = [trigger.step(60_000 * k, seen(9.0 if 2 <= k < 5 else 0.0)) for k in range(20)]
    >>> [(k, step.opened.score) for k, step in enumerate(steps) if step.opened]
    [(2, 9.0)]
    >>> [k for k, step in enumerate(steps) if step.over]
    [14]
    """

    def __init__(self, bar: float) -> None:
        self.bar = bar
        self.settled = np.zeros(0, dtype=np.bool_)
        """By entity: whether it left the episode with this tick though its load or its resources are not as
        before: they are taken as they are from now on."""
        self.highest = 0.0
        """The highest pressure of the last tick."""
        self._pressure = Pressure()
        self._since = np.zeros(0, dtype=np.int64)
        self._quiet = np.zeros(0, dtype=np.int64)
        self._height = np.zeros(0)
        self._part = np.zeros(0, dtype=np.int64)
        self._opened = np.zeros(0, dtype=np.bool_)
        self._open = list[_Open]()
        self._later = LaterCause()
        self._lasting = LastingParts()

    @property
    def is_open(self) -> bool:
        """Whether an episode is open."""
        return bool(self._open)

    @property
    def involved(self) -> Flags:
        """By entity: whether it is part of an episode that is open."""
        return np.asarray(self._part > 0)

    @property
    def causes(self) -> tuple[int, ...]:
        """The entities that what is open is named after, in the order of opening."""
        return tuple(one.entity for one in self._open)

    @property
    def taking_part(self) -> dict[int, TakingPart]:
        """By the entity that it is named after: who takes part in what is open, and has shown it for long."""
        return {one.entity: self._lasting.of(one.number, self._part) for one in self._open}

    def since_ms(self, entity: int) -> int:
        """When the trouble of an entity began; 0 where it has none."""
        return int(self._since[entity]) if entity < len(self._since) else 0

    def is_involved(self, entities: int) -> Flags:
        """By number of so many entities: whether it is part of an episode that is open."""
        return grown(self.involved, entities)

    def step(self, at_ms: int, evidence: EntityEvidence) -> Step:
        """Take the evidence of one tick."""
        least = CLOSING_PART * self.bar
        pressure = self._pressure.take(evidence, least)
        joint = with_others(pressure, evidence.lasting, least)
        self.highest = float(joint.max(initial=0.0))
        self._since = grown(self._since, len(pressure))
        self._part = grown(self._part, len(pressure))
        self.settled = np.zeros(len(pressure), dtype=np.bool_)
        self._opened, self._quiet = grown(self._opened, len(pressure)), grown(self._quiet, len(pressure))
        self._height = grown(self._height, len(pressure))
        shows = evidence.total + RESOURCE_WEIGHT * evidence.resources >= BEGAN_AT
        self._since = np.where(shows, np.where(self._since > 0, self._since, at_ms), 0)
        self._later.see(at_ms, evidence, least, self.involved)
        step = self._stepped(at_ms, evidence, pressure, joint)
        # A machine presses to open nothing, but what runs on one that is not ready is in its trouble.
        unwell = evidence.machine & (evidence.unwell >= least)
        shows = (pressure >= self.bar) | unwell
        self._lasting.see(at_ms, shows, evidence.gone, evidence.strength, self._part)
        return step

    def _stepped(self, at_ms: int, evidence: EntityEvidence, pressure: Floats32, joint: Floats32) -> Step:
        least = CLOSING_PART * self.bar
        if self.is_open:
            return self._continued(at_ms, evidence, pressure)
        if self.highest < self.bar:
            return Step()
        alone = pressure >= self.bar
        reached = alone if alone.any() else joint >= self.bar
        # Services do not make their machine unready; a machine that is takes them along.
        unwell = evidence.machine & (evidence.unwell >= least)
        # Nor does a caller that fails silence whom it calls.
        first = np.where(evidence.silent, _SILENT, np.where(reached, evidence.strength, -1.0))
        first = np.where(unwell, np.inf, first)
        self._quiet[:] = 0
        part = (pressure >= least) | unwell | evidence.silent
        return Step(self._begun(int(first.argmax()), part, at_ms, evidence))

    def _begun(self, entity: int, part: Flags, at_ms: int, evidence: EntityEvidence) -> Opened:
        """An episode opens that is named after this entity."""
        number = max((one.number for one in self._open), default=0) + 1
        self._open.append(_Open(number, entity))
        self._part[part] = number
        self._opened |= part
        self._later.begin(at_ms, entity, float(evidence.strength[self._opened].max()))
        is_away = evidence.gone[entity] or evidence.silent[entity]
        why = "no sample of any of its parts" if is_away else ""
        return Opened(entity, self.since_ms(entity) or at_ms, self.highest, why)

    def _continued(self, at_ms: int, evidence: EntityEvidence, pressure: Floats32) -> Step:
        least, newest = CLOSING_PART * self.bar, self._open[-1]
        for one in self._open:
            one.age += 1
        reaches, causes = pressure >= self.bar, np.zeros(len(pressure), dtype=np.bool_)
        causes[list(self.causes)] = True
        another = self._later.found(at_ms, evidence, least, reaches, self._opened, causes)
        fresh = reaches & (self._part == 0)
        if newest.age > JOINING_TICKS and not reaches[self._opened].any():
            another |= fresh & (evidence.strength > self._later.height)
        opened = None
        if another.any():
            self._quiet[another] = 0
            entity = int(np.where(another, evidence.strength, -1.0).argmax())
            opened = self._begun(entity, another | fresh | self._later.waits, at_ms, evidence)
        else:
            self._part[fresh & ~self._later.waits] = newest.number
            if newest.age <= JOINING_TICKS:
                self._opened |= reaches & (self._part == newest.number)
                self._part[evidence.silent & (self._part == 0)] = newest.number
        over = self._left(evidence, pressure)
        return Step(opened, goes_on=len(self._open) > (opened is not None), over=over)

    def _left(self, evidence: EntityEvidence, pressure: Floats32) -> tuple[int, ...]:
        """Whoever has been quiet for long enough takes part no more; the entities of what is over."""
        least, ages = CLOSING_PART * self.bar, np.zeros(len(pressure), dtype=np.int64)
        for one in self._open:
            ages[self._part == one.number] = one.age
        shown = np.where(evidence.gone, evidence.total, evidence.lasting)
        all_counts = np.maximum(np.maximum(shown, evidence.total), pressure)
        shown = np.where(ages <= HOURLY_TICKS, all_counts, shown)
        self._height = np.where(self._part > 0, np.maximum(self._height, shown), 0.0)
        enough = np.clip(FALLEN_PART * self._height, least, self.bar)
        self._quiet = np.where((shown >= enough) | evidence.silent, 0, self._quiet + 1)
        left = self._quiet >= CLOSING_TICKS
        still = np.maximum(evidence.total, evidence.far) >= least
        self.settled = left & self.involved & still
        self._part[left] = 0
        self._opened &= ~left
        over = [one for one in self._open if not (self._opened & (self._part == one.number)).any()]
        for one in over:
            self._part[self._part == one.number] = 0
            self._open.remove(one)
        if not self._open:
            self.close()
        return tuple(one.entity for one in over)

    def snapshot(self) -> tuple[dict[str, Any], Arrays]:
        """Its memory, as plain values and arrays."""
        memory, of_later = self._later.snapshot()
        arrays = {"part": self._part, "opened": self._opened, "quiet": self._quiet, "since": self._since}
        arrays |= {"height": self._height}
        arrays |= {f"later_{name}": array for name, array in of_later.items()}
        arrays |= {f"lasting_{name}": array for name, array in self._lasting.snapshot().items()}
        told = [[one.number, one.entity, one.age] for one in self._open]
        values = {"open": told, "ticks": len(self._pressure), "later": memory}
        return values, arrays | self._pressure.snapshot()

    def restore(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Go on from a snapshot."""
        self._open = [_Open(*one) for one in values["open"]]
        self._part, self._opened = arrays["part"], arrays["opened"]
        self._quiet, self._since, self._height = arrays["quiet"], arrays["since"], arrays["height"]
        self._pressure.restore(values["ticks"], arrays)
        own = {name.removeprefix("later_"): array for name, array in arrays.items()}
        self._later.restore(values["later"], own)
        begins = "lasting_"
        of_lasting = {name: array for name, array in arrays.items() if name.startswith(begins)}
        self._lasting.restore({name.removeprefix(begins): array for name, array in of_lasting.items()})

    def close(self) -> None:
        """End what is open."""
        self._open.clear()
        self._opened[:] = False
        self._part[:] = 0
        self._quiet[:] = 0
        self._pressure.clear()
        self._later.clear()
        self._lasting.clear()
