"""A host's cores, shared by processes, whose threads share an interpreter each."""

import heapq
from collections import defaultdict
from functools import partial
from itertools import count

from benchmarks.scaling.events import Events, Resume, Step

_ROUNDING_S = 1e-9


class Host:
    """Processor sharing: what runs in a process goes on at the same rate, and so do busy processes.

    cores        how many processes it keeps at full speed; may be a fraction, of a host that others use
    two_threads  how fast a process with several running threads is, beside one with a single one
    """

    def __init__(self, events: Events, cores: float, two_threads: float) -> None:
        self._events = events
        self._cores = cores
        self._two_threads = two_threads
        self._running: defaultdict[int, list[tuple[float, int, Resume]]] = defaultdict(list)
        self._served: defaultdict[int, float] = defaultdict(float)
        self._rates: dict[int, float] = {}
        self._order = count()
        self._at = 0.0
        self._version = 0
        self.busy_s = 0.0
        """CPU seconds that were worked."""

    def work(self, process: int, cpu_s: float) -> Step:
        """The step of a thread of this process that takes so many CPU seconds."""

        def step(resume: Resume) -> None:
            self._advance()
            end = self._served[process] + cpu_s
            heapq.heappush(self._running[process], (end, next(self._order), resume))
            self.busy_s += cpu_s
            self._plan()

        return step

    def _advance(self) -> None:
        """Serve everyone until now; what a thread has had is the same of all threads of a process."""
        passed, self._at = self._events.now - self._at, self._events.now
        for process, rate in self._rates.items():
            self._served[process] += passed * rate

    def _plan(self) -> None:
        """Share the cores anew, and wait for whoever ends first."""
        speeds = {p: self._two_threads if len(r) > 1 else 1.0 for p, r in self._running.items() if r}
        share = min(1.0, self._cores / sum(speeds.values())) if speeds else 0.0
        self._rates = {p: speed * share / len(self._running[p]) for p, speed in speeds.items()}
        self._version += 1
        if self._rates:
            first = min((self._running[p][0][0] - self._served[p]) / rate for p, rate in self._rates.items())
            self._events.after(max(first, 0.0), partial(self._end, self._version))

    def _end(self, version: int) -> None:
        if version != self._version:
            return  # the cores were shared anew meanwhile
        self._advance()
        ended: list[Resume] = []
        for process, running in self._running.items():
            while running and running[0][0] <= self._served[process] + _ROUNDING_S:
                ended.append(heapq.heappop(running)[2])
        self._plan()
        for resume in ended:
            resume()
