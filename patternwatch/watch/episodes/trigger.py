"""When trouble opens, goes on and is over: one episode of a cluster at a time, with hysteresis."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.episodes.evidence import RESOURCE_WEIGHT, EntityEvidence
from patternwatch.watch.episodes.pressure import Pressure, with_others

CLOSING_PART, CLOSING_TICKS = 0.5, 10
"""An entity's trouble is over after so many ticks below this part of the bar."""
JOINING_TICKS = 10
"""Ticks from the opening on in which an entity's trouble is taken for a part of the same one. What begins
later may be another cause: it keeps no episode open, and ends one whose own trouble is below the bar by then,
to open its own a tick later."""
HOURLY_TICKS = 30
"""Ticks from the opening on in which load and resources keep an episode open. Its series are held against the
level of before, and after that hour what moves them may be the time of the day; failures and slowness it is
not."""
BEGAN_AT = 1.5
"""Evidence from which on trouble of an entity has begun, for its beginning in time."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An entity that opened an episode."""

    entity: int
    since_ms: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one tick does to the one open episode of a cluster."""

    opened: Opened | None = None
    goes_on: bool = False
    over: bool = False


class Trigger:
    """One open episode a cluster.

    bar  the pressure from which on something opens

    >>> from patternwatch.watch.suspects.suspects import NO_SUSPECTS
    >>> def seen(value: float) -> EntityEvidence:
    ...     one, none = np.float32([value]), np.float32([0])
    ...     no, owner = np.array([False]), np.empty(0, dtype=np.int64)
    ...     by_role = one, one, none, none, none, one, none, none, one
    ...     return EntityEvidence(*by_role, no, no, no, NO_SUSPECTS, owner, no[:0])
    >>> trigger = Trigger(bar=8.0)
    >>> steps = [trigger.step(60_000 * k, seen(9.0 if 2 <= k < 5 else 0.0)) for k in range(20)]
    >>> [(k, step.opened.score) for k, step in enumerate(steps) if step.opened]
    [(2, 9.0)]
    >>> [k for k, step in enumerate(steps) if step.over]
    [14]
    """

    def __init__(self, bar: float) -> None:
        self.bar = bar
        self.involved = np.zeros(0, dtype=np.bool_)
        """By entity: whether it is part of the episode that is open."""
        self.settled = np.zeros(0, dtype=np.bool_)
        """By entity: whether it left the episode with this tick though its load or its resources are not as
        before: they are taken as they are from now on."""
        self.highest = 0.0
        """The highest pressure of the last tick."""
        self._pressure = Pressure()
        self._since = np.zeros(0, dtype=np.int64)
        self._quiet = np.zeros(0, dtype=np.int64)
        self._opened = np.zeros(0, dtype=np.bool_)
        self._age = 0

    @property
    def is_open(self) -> bool:
        """Whether an episode is open."""
        return bool(self._opened.any())

    def since_ms(self, entity: int) -> int:
        """When the trouble of an entity began; 0 where it has none."""
        return int(self._since[entity]) if entity < len(self._since) else 0

    def is_involved(self, entities: int) -> Flags:
        """By number of so many entities: whether it is part of the episode that is open."""
        return grown(self.involved, entities)

    def step(self, at_ms: int, evidence: EntityEvidence) -> Step:
        """Take the evidence of one tick."""
        least = CLOSING_PART * self.bar
        pressure = self._pressure.take(evidence, least)
        joint = with_others(pressure, evidence.lasting, least)
        self.highest = float(joint.max(initial=0.0))
        self._since = grown(self._since, len(pressure))
        self.involved = grown(self.involved, len(pressure))
        self.settled = np.zeros(len(pressure), dtype=np.bool_)
        self._opened, self._quiet = grown(self._opened, len(pressure)), grown(self._quiet, len(pressure))
        shows = evidence.total + RESOURCE_WEIGHT * evidence.resources >= BEGAN_AT
        self._since = np.where(shows, np.where(self._since > 0, self._since, at_ms), 0)
        if self.is_open:
            return self._continued(evidence, pressure)
        if self.highest < self.bar:
            return Step()
        alone = pressure >= self.bar
        reached = alone if alone.any() else joint >= self.bar
        # Services do not make their machine unready; a machine that is takes them along.
        unwell = evidence.machine & (evidence.unwell >= CLOSING_PART * self.bar)
        first = np.where(unwell, np.inf, np.where(reached, evidence.strength, -1.0))
        entity = int(first.argmax())
        self.involved = (pressure >= CLOSING_PART * self.bar) | unwell
        self._opened, self._age = self.involved.copy(), 0
        self._quiet[:] = 0
        why = "no sample of any of its parts" if evidence.gone[entity] else ""
        since = self.since_ms(entity) or at_ms
        return Step(Opened(entity, since, self.highest, why))

    def _continued(self, evidence: EntityEvidence, pressure: Floats32) -> Step:
        self._age += 1
        joins = pressure >= self.bar
        fades = float(pressure[self._opened].max(initial=0.0)) < self.bar
        if self._age > JOINING_TICKS and fades and (joins & ~self.involved).any():
            self.close()
            return Step(over=True)
        self.involved |= joins
        if self._age <= JOINING_TICKS:
            self._opened |= joins
        shown = np.where(evidence.gone, evidence.total, evidence.lasting)
        if self._age <= HOURLY_TICKS:
            shown = np.maximum(np.maximum(shown, evidence.total), pressure)
        self._quiet = np.where(shown >= CLOSING_PART * self.bar, 0, self._quiet + 1)
        left = self._quiet >= CLOSING_TICKS
        still = np.maximum(evidence.total, evidence.far) >= CLOSING_PART * self.bar
        self.settled = left & self.involved & still
        self.involved &= ~left
        self._opened &= ~left
        if self._opened.any():
            return Step(goes_on=True)
        self.close()
        return Step(over=True)

    def snapshot(self) -> tuple[dict[str, Any], Arrays]:
        """Its memory, as plain values and arrays."""
        arrays = {
            "involved": self.involved,
            "opened": self._opened,
            "quiet": self._quiet,
            "since": self._since,
        }
        return {"age": self._age, "ticks": len(self._pressure)}, arrays | self._pressure.snapshot()

    def restore(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Go on from a snapshot."""
        self._age = values["age"]
        self.involved, self._opened = arrays["involved"], arrays["opened"]
        self._quiet, self._since = arrays["quiet"], arrays["since"]
        self._pressure.restore(values["ticks"], arrays)

    def close(self) -> None:
        """End the episode that is open."""
        self._opened[:] = False
        self.involved[:] = False
        self._quiet[:] = 0
        self._pressure.clear()
