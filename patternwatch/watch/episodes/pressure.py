"""How strongly the evidence of the last ticks presses to open an episode, by entity.

Three doors lead to one pressure, which the bar is held against:

felt      symptoms and what goes with them, in more than one series; a single series must last, unless
          another workload shows as much at once
lasting   weaker evidence that stays: the mean over some ticks, which noise does not keep up
resource  resources that move far and stay there, though nobody feels it yet: a higher bar, and it must last
"""

from collections import deque

import numpy as np

from patternwatch.compiled import Flags
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.arrays.grown import grown
from patternwatch.watch.arrays.packing import Arrays
from patternwatch.watch.episodes.evidence import EntityEvidence

LEAST_SYMPTOM = 1.0
NARROW_REST, NARROW_TICKS = 1.5, 3
"""What speaks besides the strongest metric, and how many ticks it must last where that is less."""
LASTING_TICKS, LASTING_PART = 6, 0.7
"""Ticks of the mean, and the part of the bar that it must reach."""
RESOURCE_TICKS, RESOURCE_PART = 6, 0.75
"""Ticks that a resource alone must last, and the part of the bar that its furthest metric must reach, which
counts half at most where something is felt too."""
SHARED_PART = 0.5
"""What others show counts so much for each."""


class Pressure:
    """Evidence of the ticks that count, and the pressure of the newest.

    >>> from patternwatch.watch.suspects.suspects import NO_SUSPECTS
    >>> def slow(value: float) -> EntityEvidence:
    ...     one, none = np.float32([value]), np.float32([0])
    ...     no, owner = np.array([False]), np.empty(0, dtype=np.int64)
    ...     by_role = one, one, none, none, none, none, one, one, none, one  # all of it is one series
    ...     return EntityEvidence(*by_role, no, no, no, no, NO_SUSPECTS, owner, no[:0])
    >>> pressure = Pressure()
    >>> [float(pressure.take(slow(9.0), least=4.5)[0]) for _ in range(4)]
    [0.0, 0.0, 9.0, 9.0]
    """

    def __init__(self) -> None:
        self._ticks: deque[tuple[Floats32, Floats32]] = deque(maxlen=max(LASTING_TICKS, RESOURCE_TICKS))

    def __len__(self) -> int:
        """How many ticks are kept."""
        return len(self._ticks)

    def take(self, evidence: EntityEvidence, least: float) -> Floats32:
        """What opens an episode where it reaches the bar, by entity; takes the evidence of one tick.

        least  symptoms from which on workloads that show them at once bear each other out
        """
        entities = len(evidence.total)
        felt = np.where(evidence.symptoms >= LEAST_SYMPTOM, evidence.total, np.float32(0))
        self._ticks.append((felt, evidence.far))
        felts = [grown(one, entities) for one, _ in self._ticks]
        resources = [grown(one, entities) for _, one in self._ticks]
        narrow = (evidence.total - evidence.widest < NARROW_REST) & ~_borne_out(evidence, least)
        last = np.min(felts[-NARROW_TICKS:], axis=0) if len(felts) >= NARROW_TICKS else np.zeros(entities)
        found = np.where(narrow, np.minimum(felt, last), felt)
        if len(felts) >= LASTING_TICKS:
            lasting = np.mean(felts[-LASTING_TICKS:], axis=0)
            enough = np.count_nonzero(np.array(felts[-LASTING_TICKS:]) > 0, axis=0) >= LASTING_TICKS - 1
            found = np.maximum(found, np.where(enough, lasting / LASTING_PART, 0.0))
        if len(resources) >= RESOURCE_TICKS:
            found = np.maximum(found, np.min(resources[-RESOURCE_TICKS:], axis=0) / RESOURCE_PART)
        found[evidence.gone] = np.maximum(found[evidence.gone], evidence.total[evidence.gone])
        found[evidence.mute] = 0.0
        return found.astype(np.float32)

    def clear(self) -> None:
        """Forget the ticks: they belong to an episode that is over."""
        self._ticks.clear()

    def snapshot(self) -> Arrays:
        """The ticks that are kept, as arrays by name."""
        found: Arrays = {}
        for k, (felt, resource) in enumerate(self._ticks):
            found |= {f"felt{k}": felt, f"resource{k}": resource}
        return found

    def restore(self, ticks: int, arrays: Arrays) -> None:
        """Go on from so many ticks."""
        self._ticks.extend((arrays[f"felt{k}"], arrays[f"resource{k}"]) for k in range(ticks))


def _borne_out(evidence: EntityEvidence, least: float) -> Flags:
    """By entity: whether it shows symptoms while another one does.

    A single series is noise now and then, but noise does not travel: a callee that fails and its caller are
    no chance, however few their series.
    """
    shows = (np.minimum(evidence.total, evidence.lasting) >= least) & ~evidence.mute
    return np.asarray(shows & (np.count_nonzero(shows) > 1))


def with_others(pressure: Floats32, lasting: Floats32, least: float) -> Floats32:
    """Each entity's pressure with what the others show at once beyond `least`, where it shows as much itself.

    Trouble travels from a service to its callers and to its neighbours on a machine, noise does not.

    lasting  symptoms by entity without fewer requests, which are the hour's as load is: so much may count

    >>> with_others(np.float32([8, 7, 4]), np.float32([8, 7, 4]), least=4.5).tolist()
    [9.25, 8.75, 4.0]
    """
    beyond = np.maximum(np.minimum(pressure, lasting) - least, 0)
    joint = pressure + SHARED_PART * (beyond.sum() - beyond)
    return np.where(beyond > 0, joint, pressure).astype(np.float32)
