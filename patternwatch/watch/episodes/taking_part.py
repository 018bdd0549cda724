"""Who takes part in each open episode, and has shown it for some ticks: a single one is noise."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays

SHOWN_TICKS = 3
"""As many as another cause must last (`later_cause.py`): what shows for longer is no flicker."""


@dataclass(frozen=True, slots=True)
class TakingPart:
    """Those of one open episode, by entity number, strongest first.

    since_ms  since when each of them shows it, one tick after the other
    gone      of these, those that give no sample
    height    the least of these ticks' strongest
    """

    entities: tuple[int, ...]
    since_ms: tuple[int, ...]
    gone: tuple[int, ...]
    height: float


class LastingParts:
    """For how many ticks each entity has shown that it takes part, and how strong these were.

    >>> lasting, one = LastingParts(), np.array([1])
    >>> for tick, strength in enumerate((9.0, 8.0, 12.0), start=1):
    ...     lasting.see(60_000 * tick, np.array([True]), np.array([False]), np.float32([strength]), one)
    >>> lasting.of(1, one)
    TakingPart(entities=(0,), since_ms=(60000,), gone=(), height=8.0)
    """

    def __init__(self) -> None:
        self._shown = self._gone = self._since = np.zeros(0, dtype=np.int64)
        self._strengths = deque[Floats32](maxlen=SHOWN_TICKS)

    def see(self, at_ms: int, shows: Flags, gone: Flags, strength: Floats32, part: Integers) -> None:
        """Take one tick, all by entity.

        shows  whether it would open an episode by itself
        part   number of the open episode that it takes part in; 0 for none
        """
        entities, there = len(part), shows & (part > 0)
        self._since = np.where(grown(self._shown, entities) > 0, grown(self._since, entities), at_ms)
        self._shown = np.where(there, grown(self._shown, entities) + 1, 0)
        self._gone = np.where(there & gone, grown(self._gone, entities) + 1, 0)
        self._strengths.append(np.where(there, strength, np.float32(0)))

    def of(self, number: int, part: Integers) -> TakingPart:
        """Those of one episode that have shown it for `SHOWN_TICKS`, at the newest tick."""
        mine = part == number
        strengths = [np.where(mine, grown(one, len(part)), 0) for one in self._strengths]
        height = min((float(one.max(initial=0.0)) for one in strengths), default=0.0)
        lasting = np.flatnonzero(mine & (grown(self._shown, len(part)) >= SHOWN_TICKS))
        ordered = lasting[np.argsort(-strengths[-1][lasting], kind="stable")] if strengths else lasting
        gone = ordered[self._gone[ordered] >= SHOWN_TICKS]
        complete = len(strengths) == SHOWN_TICKS
        since = tuple(self._since[ordered].tolist())
        return TakingPart(tuple(ordered.tolist()), since, tuple(gone.tolist()), height if complete else 0.0)

    def snapshot(self) -> Arrays:
        """Its arrays by name."""
        strengths = {f"strength{k}": one for k, one in enumerate(self._strengths)}
        return {"shown": self._shown, "gone": self._gone, "since": self._since} | strengths

    def restore(self, arrays: Arrays) -> None:
        """Go on from those arrays."""
        self._shown, self._gone, self._since = (arrays[name] for name in ("shown", "gone", "since"))
        names = (f"strength{k}" for k in range(SHOWN_TICKS))
        self._strengths.extend(arrays[name] for name in names if name in arrays)

    def clear(self) -> None:
        """Nothing is open any more."""
        self._shown = self._gone = self._since = np.zeros(0, dtype=np.int64)
        self._strengths.clear()
