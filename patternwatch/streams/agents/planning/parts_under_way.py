"""Parts under way: no more is planned than is worked on, people first.

After an outage hundreds of requests wait. Were they all planned at once, their parts would wait in turns: the
first part of each comes soon and the last one after the deadline, so that every report is partial, and what
is partial is asked for again and costs twice. What is not planned yet keeps its place among the requests.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from patternwatch.contracts.looks import Look
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.streams.consumer.fair_queue import PEOPLE, Place, place_of

ROUNDS = 8
"""Parts under way of each fetch that runs at a time. Most of the time of a small analysis goes by on the way
through Kafka, so that two or three would leave the worker idle; eight rounds, even with 7 s for a fetch,
end within `analysis.deadline_s` (60 s)."""


class _Planned(NamedTuple):
    look: int
    rank: int
    parts: int
    until: float


@dataclass(slots=True)
class PartsUnderWay:
    """The parts that this worker planned and whose look has not ended: the `Gate` of requests.

    What is being planned counts as one part. Watches count as none, since ticks pace them.

    max_parts  of requests that are as urgent or more so: with as many the next one waits
    expires_s  after so long parts count no more: what became of them nobody will tell
    clock      seconds, monotonic

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="alert", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> parts = PartsUnderWay(max_parts=8)
    >>> parts.planned(request, 10)
    >>> parts.admits(place_of(request)), parts.admits(Place(0, "default", "a person's"))
    (False, True)
    >>> parts.moved(Look(request=request, look=1, changed_ms=3))
    >>> parts.admits(place_of(request))
    True
    """

    max_parts: int
    expires_s: float = 60.0
    clock: Callable[[], float] = time.monotonic
    people_wait: bool = False
    """Whether a person's look is under way; may be read by any thread."""
    _listeners: list[Callable[[], object]] = field(default_factory=list)
    _planned: dict[tuple[str, str], _Planned] = field(default_factory=dict)

    def listen(self, on_room: Callable[[], object]) -> None:
        """Call this where there may be room that there was not before."""
        self._listeners.append(on_room)

    def admits(self, place: Place, running: int = 0) -> bool:
        """Whether a request that waits there may be planned now; what is less urgent does not count."""
        under_way = sum(p.parts for p in self._planned.values() if p.rank <= place.rank)
        return under_way < self.max_parts

    def begins(self, message: AnalysisRequest) -> None:
        """A look of this request is being planned."""
        self.planned(message, 1)

    def planned(self, request: AnalysisRequest, parts: int) -> None:
        """A look of this request was planned, in so many parts."""
        if request.trigger != "watch":
            until = self.clock() + self.expires_s
            rank = place_of(request).rank
            self._planned[request.tenant, request.request_id] = _Planned(request.look, rank, parts, until)
            self.people_wait = self.people_wait or rank == PEOPLE

    def moved(self, look: Look) -> None:
        """The state of a request has changed: the look that was planned may have ended."""
        key = look.request.tenant, look.request.request_id
        planned = self._planned.get(key)
        if planned is not None and (look.look > planned.look or look.is_over):
            self.ended(look.request)

    def ended(self, request: AnalysisRequest) -> None:
        """Nothing of this request is under way."""
        if self._planned.pop((request.tenant, request.request_id), None) is not None:
            self._tell()

    def sweep(self) -> None:
        """Let go of what is too old; to be called every second or so."""
        now = self.clock()
        old = [key for key, planned in self._planned.items() if planned.until <= now]
        for key in old:
            del self._planned[key]
        if old:
            self._tell()

    def _tell(self) -> None:
        self.people_wait = any(planned.rank == PEOPLE for planned in self._planned.values())
        for on_room in self._listeners:
            on_room()
