"""How fast the memory of each process grows, once it has warmed up."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.process_memory import status_bytes

WARM_UP_S = 660.0
"""The states of analyses are kept for ten minutes (`MANUAL_KEPT_MS`): until then they only become more."""
MIN_FIT_S = 480.0
"""A process that lived shorter after its warm-up says nothing: caches fill up in steps."""
_EVERY_S = 1.0


class Memory:
    """Resident memory over time, by process."""

    def __init__(self, pids: Callable[[], Mapping[str, int]]) -> None:
        self._pids = pids
        self.samples: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
        """Seconds and bytes of each process, by name and number of its start."""

    async def run(self) -> None:
        """Look for ever."""
        loop = asyncio.get_running_loop()
        while True:
            for name, pid in self._pids().items():
                try:
                    size = status_bytes(pid, "VmRSS")
                except (OSError, SystemExit):
                    continue  # it has just ended
                self.samples[name].append((loop.time(), size))
            await asyncio.sleep(_EVERY_S)


def slope_mb_h(samples: Sequence[tuple[float, int]]) -> float | None:
    """MB an hour by least squares after the warm-up; None for a process that did not live long enough.

    samples  seconds and bytes, by time
    """
    if not samples:
        return None
    first_s = samples[0][0] + WARM_UP_S
    times, sizes = (np.array(part, np.float64) for part in zip(*samples, strict=True))
    warm = times >= first_s
    if not warm.any() or times[-1] - first_s < MIN_FIT_S:
        return None
    return float(np.polyfit(times[warm] - first_s, sizes[warm], 1)[0] * 3600 / 1e6)
