"""Few alerts at a time while a person waits: a storm of them would keep the event loop to itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from patternwatch.streams.agents.planning.parts_under_way import PartsUnderWay
from patternwatch.streams.consumer.fair_queue import Place

FEW = 8
"""Some two hundred alerts a second are still taken up; in a turn of the loop they take a millisecond or two,
where all that may be handled at a time take ten, and a person's analysis takes some fifty turns."""


@dataclass(frozen=True, slots=True)
class FewAlerts:
    """The `Gate` of alerts.

    under_way  tells whether a person waits
    few        alerts at a time meanwhile

    >>> under_way = PartsUnderWay(max_parts=8)
    >>> gate, place = FewAlerts(under_way, few=2), Place(1, "default", "")
    >>> gate.admits(place, 40)
    True
    >>> under_way.people_wait = True
    >>> gate.admits(place, 1), gate.admits(place, 2)
    (True, False)
    """

    under_way: PartsUnderWay
    few: int = FEW

    def admits(self, place: Place, running: int) -> bool:
        """Whether an alert may be taken up beside so many others."""
        return running < self.few or not self.under_way.people_wait

    def begins(self, message: Any) -> None:
        """Nothing is kept of alerts."""

    def listen(self, on_room: Callable[[], object]) -> None:
        """Call this where no person waits any more."""
        self.under_way.listen(on_room)
