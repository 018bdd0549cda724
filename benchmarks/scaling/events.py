"""Discrete events: a clock, courses of steps, and slots that are waited for in the product's own order."""

import heapq
from collections.abc import Callable, Generator
from itertools import count
from typing import TypeAlias

from patternwatch.streams.consumer.fair_queue import FairQueue, Place

Resume: TypeAlias = Callable[[], None]
Step: TypeAlias = Callable[[Resume], None]
"""Something that takes time: called with what is to be called, once, at its end."""
Course: TypeAlias = Generator[Step, None, None]
"""Steps one after the other."""


class Events:
    """The clock, in seconds, and what happens when; of the same moment in the order of the calls."""

    def __init__(self) -> None:
        self.now = 0.0
        self._coming: list[tuple[float, int, Resume]] = []
        self._order = count()

    def after(self, seconds: float, call: Resume) -> None:
        """Call this so much later."""
        heapq.heappush(self._coming, (self.now + seconds, next(self._order), call))

    def pause(self, seconds: float) -> Step:
        """The step that only takes time."""
        return lambda resume: self.after(seconds, resume)

    def start(self, course: Course) -> None:
        """Go through these steps, beside everything else."""

        def resume() -> None:
            step = next(course, None)
            if step is not None:
                step(resume)

        self.after(0.0, resume)

    def run(self) -> None:
        """Until nothing follows."""
        while self._coming:
            self.now, _, call = heapq.heappop(self._coming)
            call()


class Slots:
    """So many may hold one at a time; the others wait in the order of the product's queues."""

    def __init__(self, events: Events, free: int) -> None:
        self._events = events
        self._free = free
        self._waiting: FairQueue[Resume] = FairQueue()

    def take(self, place: Place) -> Step:
        """The step that ends when a slot is there."""

        def step(resume: Resume) -> None:
            if self._free:
                self._free -= 1
                self._events.after(0.0, resume)
            else:
                self._waiting.put(resume, place)

        return step

    def give(self) -> None:
        """Give a slot back: whoever waits has it next."""
        if len(self._waiting):
            self._events.after(0.0, self._waiting.take())
        else:
            self._free += 1
