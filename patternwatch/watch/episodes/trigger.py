"""When trouble opens an episode: one a cluster and cause."""

from typing import Any

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.episodes.evidence import EntityEvidence
from patternwatch.watch.episodes.later_cause import LaterCause
from patternwatch.watch.episodes.participants import CLOSING_PART, Participants
from patternwatch.watch.episodes.pressure import Pressure, with_others
from patternwatch.watch.episodes.role_sums import RESOURCE_WEIGHT
from patternwatch.watch.episodes.step import Opened, Step
from patternwatch.watch.episodes.taking_part import LastingParts, TakingPart

JOINING_TICKS = 10
"""Ticks from the opening on in which an entity's trouble is taken for a part of the same one. What begins
later keeps no episode open, and is another cause where the first trouble is below the bar by then; where that
goes on, `later_cause.py` says which one is."""
BEGAN_AT = 1.5
"""Evidence from which on trouble of an entity has begun, for its beginning in time."""
_SILENT = 1e6
"""Before all that is felt: whoever gives no sample."""


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
        self.highest = 0.0
        """The highest pressure of the last tick."""
        self._pressure = Pressure()
        self._since = np.zeros(0, dtype=np.int64)
        self._who = Participants()
        self._later = LaterCause()
        self._lasting = LastingParts()

    @property
    def is_open(self) -> bool:
        """Whether an episode is open."""
        return bool(self._who.episodes)

    @property
    def involved(self) -> Flags:
        """By entity: whether it is part of an episode that is open."""
        return self._who.involved

    @property
    def settled(self) -> Flags:
        """By entity: whether it left the episode with this tick, to be taken as it is from now on."""
        return self._who.settled

    @property
    def causes(self) -> tuple[int, ...]:
        """The entities that what is open is named after, in the order of opening."""
        return self._who.causes

    @property
    def taking_part(self) -> dict[int, TakingPart]:
        """By the entity that it is named after: who takes part in what is open, and has shown it for long."""
        return {one.entity: self._lasting.of(one.number, self._who.part) for one in self._who.episodes}

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
        self._who.fit(len(pressure))
        shows = evidence.total + RESOURCE_WEIGHT * evidence.resources >= BEGAN_AT
        since = grown(self._since, len(pressure))
        self._since = np.where(shows, np.where(since > 0, since, at_ms), 0)
        self._later.see(at_ms, evidence, least, self.involved)
        step = self._stepped(at_ms, evidence, pressure, joint)
        # A machine presses to open nothing, but what runs on one that is not ready is in its trouble.
        unwell = evidence.machine & (evidence.unwell >= least)
        shows = (pressure >= self.bar) | unwell
        self._lasting.see(at_ms, shows, evidence.gone, evidence.strength, self._who.part)
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
        part = (pressure >= least) | unwell | evidence.silent
        return Step(self._begun(int(first.argmax()), part, at_ms, evidence))

    def _begun(self, entity: int, part: Flags, at_ms: int, evidence: EntityEvidence) -> Opened:
        """An episode opens that is named after this entity."""
        self._who.begin(entity, part)
        self._later.begin(at_ms, entity, float(evidence.strength[self._who.opened].max()))
        is_away = evidence.gone[entity] or evidence.silent[entity]
        why = "no sample of any of its parts" if is_away else ""
        return Opened(entity, self.since_ms(entity) or at_ms, self.highest, why)

    def _continued(self, at_ms: int, evidence: EntityEvidence, pressure: Floats32) -> Step:
        who, newest = self._who, self._who.episodes[-1]
        for one in who.episodes:
            one.age += 1
        reaches, causes = pressure >= self.bar, np.zeros(len(pressure), dtype=np.bool_)
        causes[list(self.causes)] = True
        another = self._later.found(at_ms, evidence, CLOSING_PART * self.bar, reaches, who.opened, causes)
        fresh = reaches & (who.part == 0)
        if newest.age > JOINING_TICKS and not reaches[who.opened].any():
            another |= fresh & (evidence.strength > self._later.height)
        opened = None
        if another.any():
            entity = int(np.where(another, evidence.strength, -1.0).argmax())
            opened = self._begun(entity, another | fresh | self._later.waits, at_ms, evidence)
        else:
            who.join(fresh & ~self._later.waits)
            if newest.age <= JOINING_TICKS:
                who.opened |= reaches & (who.part == newest.number)
                who.join(evidence.silent)
        over = who.leave(evidence, pressure, self.bar)
        if not self.is_open:
            self.close()
        return Step(opened, goes_on=len(who.episodes) > (opened is not None), over=over)

    def snapshot(self) -> tuple[dict[str, Any], Arrays]:
        """Its memory, as plain values and arrays."""
        memory, of_later = self._later.snapshot()
        told, arrays = self._who.snapshot()
        arrays |= {"since": self._since}
        arrays |= {f"later_{name}": array for name, array in of_later.items()}
        arrays |= {f"lasting_{name}": array for name, array in self._lasting.snapshot().items()}
        values = {"open": told, "ticks": len(self._pressure), "later": memory}
        return values, arrays | self._pressure.snapshot()

    def restore(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Go on from a snapshot."""
        self._who.restore(values["open"], arrays)
        self._since = arrays["since"]
        self._pressure.restore(values["ticks"], arrays)
        own = {name.removeprefix("later_"): array for name, array in arrays.items()}
        self._later.restore(values["later"], own)
        begins = "lasting_"
        of_lasting = {name: array for name, array in arrays.items() if name.startswith(begins)}
        self._lasting.restore({name.removeprefix(begins): array for name, array in of_lasting.items()})

    def close(self) -> None:
        """End what is open."""
        self._who.clear()
        self._pressure.clear()
        self._later.clear()
        self._lasting.clear()
