"""The order in which records wait: the urgent before others, and in turns between tenants and analyses."""

from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from patternwatch.contracts.requests import AnalysisRequest, Trigger
from patternwatch.streams.clock import now_ms

T = TypeVar("T")

PEOPLE = 0
_RANKS: dict[Trigger, int] = {"manual": PEOPLE, "alert": 1, "watch": 3}
"""A person waits for it; someone may be called by it; the next tick comes soon."""
_LOOKED_AT_AGAIN = 2
"""There is a report already, or a failure that says when the next try is: whoever has none goes first."""
PATIENCE_MS = 60_000
"""Who asked longer ago has gone, or has asked again."""


class Place(NamedTuple):
    """Where a record waits.

    rank      a lower one goes first, however many others wait
    tenant    the tenants of a rank take turns
    analysis  the analyses of a tenant take turns; under one name they keep their order
    asked_ms  when it was asked for, in ms since 1970
    """

    rank: int
    tenant: str
    analysis: str
    asked_ms: int = 0


def place_of(request: AnalysisRequest) -> Place:
    """Where a record of this request waits: people before alerts before later looks before watches.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="alert", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> place_of(request)
    Place(rank=1, tenant='default', analysis='r1', asked_ms=2)
    """
    rank = _RANKS[request.trigger]
    rank = max(rank, _LOOKED_AT_AGAIN) if request.look else rank
    return Place(rank, request.tenant, request.request_id, request.requested_at_ms)


class FairQueue(Generic[T]):
    """What waits. Of one analysis in the order in which it came.

    people_leave  of a tenant's people those who asked within the last minute go first, in their order: they
                  are still there when their answer comes. Of those who asked before, such as in an outage,
                  the last one who did. Were the last one always first, then under a load that leaves some
                  waiting at all times the first of them would wait for its end
    now_ms        the wall clock, in ms since 1970

    >>> queue: FairQueue[str] = FairQueue()
    >>> for n in range(3):
    ...     queue.put(f"storm {n}", Place(1, "a", "r1"))
    >>> queue.put("another tenant's", Place(1, "b", "r2"))
    >>> queue.put("a person's", Place(0, "a", "r3"))
    >>> [queue.take() for _ in range(len(queue))]
    ["a person's", 'storm 0', "another tenant's", 'storm 1', 'storm 2']
    """

    def __init__(self, *, people_leave: bool = False, now_ms: Callable[[], int] = now_ms) -> None:
        self._people_leave = people_leave
        self._now_ms = now_ms
        self._ranks: dict[int, OrderedDict[str, OrderedDict[str, deque[tuple[int, T]]]]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, item: T, place: Place) -> None:
        """Let it wait at the end of its analysis."""
        tenants = self._ranks.setdefault(place.rank, OrderedDict())
        analyses = tenants.setdefault(place.tenant, OrderedDict())
        analyses.setdefault(place.analysis, deque()).append((place.asked_ms, item))
        self._size += 1

    @property
    def first(self) -> Place:
        """Where the next one waits, without its analysis; raises IndexError where nothing waits."""
        if not self._size:
            raise IndexError("nothing waits")
        rank = min(self._ranks)
        return Place(rank, next(iter(self._ranks[rank])), "")

    def take(self) -> T:
        """The next one; raises IndexError where nothing waits. Its tenant and analysis go to the end."""
        if not self._size:
            raise IndexError("nothing waits")
        self._size -= 1
        rank = min(self._ranks)
        tenants = self._ranks[rank]
        tenant, analyses = tenants.popitem(last=False)
        leaving = self._people_leave and rank == PEOPLE
        analysis = self._still_there(analyses) if leaving else next(iter(analyses))
        items = analyses.pop(analysis)
        _, item = items.popleft()
        if items:
            analyses[analysis] = items
        if analyses:
            tenants[tenant] = analyses
        if not tenants:
            del self._ranks[rank]
        return item

    def _still_there(self, analyses: OrderedDict[str, deque[tuple[int, T]]]) -> str:
        since_ms = self._now_ms() - PATIENCE_MS
        there = (name for name, items in analyses.items() if items[0][0] >= since_ms)
        return next(there, next(reversed(analyses)))

    def clear(self) -> None:
        """Forget what waits."""
        self._ranks.clear()
        self._size = 0
