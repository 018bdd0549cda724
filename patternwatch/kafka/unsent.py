"""What Kafka does not take from us: a broker that answers may refuse every record, or never confirm one.

Lack of a right, record times, too few copies in sync, a full disk: its metadata tell none of them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

HELD_S = 60.0
"""A refusal is told for so long where nothing is sent meanwhile: then only another try can tell."""
SLOW_S = 15.0
"""A record that is not confirmed for so long waits for something that does not pass by itself, mostly."""


@dataclass(slots=True)
class Unsent:
    """The last refusal of each topic, and the records on their way. Times are seconds, monotonic.

    >>> unsent = Unsent(clock=lambda: 7.0)
    >>> unsent.refused("reports", "Kafka does not let this client use the topic")
    >>> unsent.why()
    'Kafka does not let this client use the topic'
    >>> with unsent.sending("reports"):
    ...     pass
    >>> unsent.why()
    ''
    """

    clock: Callable[[], float] = time.monotonic
    _refusals: dict[str, tuple[str, float]] = field(default_factory=dict)
    _on_their_way: dict[object, tuple[str, float]] = field(default_factory=dict)

    @contextmanager
    def sending(self, topic: str) -> Iterator[None]:
        """While one record is on its way; confirmed, where nothing is raised."""
        own = object()
        self._on_their_way[own] = (topic, self.clock())
        try:
            yield
            self._refusals.pop(topic, None)
        finally:
            del self._on_their_way[own]

    def refused(self, topic: str, reason: str) -> None:
        """A record of this topic was refused just now."""
        self._refusals[topic] = (reason, self.clock())

    def why(self, held_back: str = "") -> str:
        """Why nothing that is sent now may be taken; empty where all is well, as far as is known.

        held_back  what is known to make records wait, where something is
        """
        now = self.clock()
        for reason, at in self._refusals.values():
            if now - at < HELD_S:
                return reason
        for topic, since in self._on_their_way.values():  # in the order in which they were sent
            if now - since > SLOW_S:
                reason = held_back or (
                    "too few copies in sync, or a broker whose disk is full. `patternwatch doctor` says more"
                )
                waited = f"for {now - since:.0f} s: {reason}"
                return f"Kafka answers, but has not confirmed a record for {topic} {waited}"
        return ""
