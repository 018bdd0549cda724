"""Which trouble that begins while an episode is open is another cause, and which one the first brings about.

Nobody says here who calls whom. Time and size do: trouble travels within minutes, it grows where it began
before it grows elsewhere, and whoever has it from another one has a part of it.
"""

from typing import Any

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.episodes.evidence import EntityEvidence

TRAVEL_MS = 360_000
"""From the beginning of a trouble, or from where it last grew, until all that it brings about has begun too.
Time-outs, retries and probes take seconds to minutes; the pods of a lost node are moved after five of them,
and need one to start. Source: Kubernetes, "Taint based Evictions" (`tolerationSeconds`, 300 by default)."""

FLICKER_TICKS = 10
"""Ticks below the least evidence after which a trouble is over: a weak one is there in one tick and not in
the next, and is as old as its first one."""
LASTING_TICKS = 3
"""Ticks that another cause must last: what the first brings about may show before that has grown."""


class LaterCause:
    """What is known of the troubles that are open, to tell another one from what they bring about.

    >>> later = LaterCause()
    >>> later.clear()
    >>> later.snapshot()[0]
    {'began_ms': 0, 'grew_ms': 0, 'height': 0.0}
    """

    def __init__(self) -> None:
        self.height = 0.0
        """How strong what is open was when it last grew."""
        self._began_ms = 0
        self._grew_ms = 0
        self._trouble_ms = self._fails_ms = self._gone_ms = np.zeros(0, dtype=np.int64)
        self._below = self._lasted = np.zeros(0, dtype=np.int64)
        self._took_part = np.zeros(0, dtype=np.bool_)

    @property
    def waits(self) -> Flags:
        """By entity: whether it is another cause if it lasts."""
        return np.asarray(self._lasted > 0)

    def see(self, at_ms: int, evidence: EntityEvidence, least: float, part: Flags) -> None:
        """Take one tick.

        least  evidence from which on something is trouble
        part   by entity: whether it takes part in what is open
        """
        entities = len(evidence.total)
        self._took_part = grown(self._took_part, entities) | part
        self._below = np.where(evidence.total >= least, 0, grown(self._below, entities, FLICKER_TICKS) + 1)
        self._lasted = grown(self._lasted, entities)
        is_there = self._below < FLICKER_TICKS
        self._trouble_ms = _since(grown(self._trouble_ms, entities), is_there, at_ms)
        # While something is open, what failed once in it is no news when it fails again.
        fails = evidence.gone | (evidence.failing + evidence.unwell >= least)
        self._fails_ms, self._gone_ms = (
            _since(known, there | (part.any() & (known > 0)), at_ms)
            for known, there in (
                (grown(self._fails_ms, entities), fails),
                (grown(self._gone_ms, entities), evidence.gone),
            )
        )

    def begin(self, at_ms: int, entity: int, strength: float) -> None:
        """The trouble of this entity opens; the strongest of those who open it is so strong."""
        self._began_ms = self._grew_ms = int(self._trouble_ms[entity]) or at_ms
        self.height = strength

    def found(
        self,
        at_ms: int,
        evidence: EntityEvidence,
        least: float,
        reaches: Flags,
        opened: Flags,
        causes: Flags,
    ) -> Flags:
        """By entity: whether it shows another cause, and has done so for some ticks.

        reaches  whether it would open an episode by itself
        opened   whether it opened what is open
        causes   whether what is open is named after it
        """
        height = float(evidence.strength[opened].max(initial=0.0))
        if height >= self.height + least:
            self.height = height
            if at_ms > self._began_ms + TRAVEL_MS:
                self._grew_ms = at_ms
        # Who takes part already has trouble: another one is that it fails or is gone, as it was not before.
        since = np.where(self._took_part, np.maximum(self._fails_ms, self._gone_ms), self._trouble_ms)
        late, calm = (since > reference + TRAVEL_MS for reference in (self._began_ms, self._grew_ms))
        stronger = evidence.strength > _highest_of_others(evidence.strength, opened)
        may_be = ~causes & late & (stronger | (calm & ~self._took_part))
        goes_on = reaches | (self.waits & (self._below == 0))
        self._lasted = np.where(may_be & goes_on, self._lasted + 1, 0)
        return np.asarray(self._lasted >= LASTING_TICKS)

    def clear(self) -> None:
        """Nothing is open any more."""
        self._took_part[:] = False
        self._fails_ms[:] = self._gone_ms[:] = 0
        self._lasted[:] = 0

    def snapshot(self) -> tuple[dict[str, Any], Arrays]:
        """Its memory, as plain values and arrays."""
        values = {"began_ms": self._began_ms, "grew_ms": self._grew_ms, "height": self.height}
        return values, {
            "trouble": self._trouble_ms,
            "below": self._below,
            "lasted": self._lasted,
            "fails": self._fails_ms,
            "gone": self._gone_ms,
            "took_part": self._took_part,
        }

    def restore(self, values: dict[str, Any], arrays: Arrays) -> None:
        """Go on from a snapshot."""
        self._began_ms, self._grew_ms = values["began_ms"], values["grew_ms"]
        self.height = values["height"]
        self._trouble_ms, self._fails_ms = arrays["trouble"], arrays["fails"]
        self._gone_ms = arrays["gone"]
        self._below, self._lasted = arrays["below"], arrays["lasted"]
        self._took_part = arrays["took_part"]


def _since(known_ms: Integers, there: Flags, at_ms: int) -> Integers:
    """Since when something is there, in ticks one after the other; 0 where it is not."""
    return np.asarray(np.where(there, np.where(known_ms > 0, known_ms, at_ms), 0))


def _highest_of_others(strength: Floats32, opened: Flags) -> Floats32:
    """By entity: the strongest of those that opened, itself left out."""
    own = np.where(opened, strength, np.float32(0))
    first = int(own.argmax())
    highest = np.full_like(own, own[first])
    highest[first] = np.delete(own, first).max(initial=0.0)
    return highest
