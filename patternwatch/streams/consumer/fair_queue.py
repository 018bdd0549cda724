"""The order in which records wait: the urgent before others, and in turns between tenants and analyses."""

from collections import OrderedDict, deque
from typing import Generic, NamedTuple, TypeVar

from patternwatch.contracts.messages import AnalysisRequest, Trigger

T = TypeVar("T")

PEOPLE = 0
_RANKS: dict[Trigger, int] = {"manual": PEOPLE, "alert": 1, "watch": 3}
"""A person waits for it; someone may be called by it; the next tick comes soon."""
_LOOKED_AT_AGAIN = 2
"""There is a report already, or a failure that says when the next try is: whoever has none goes first."""


class Place(NamedTuple):
    """Where a record waits.

    rank      a lower one goes first, however many others wait
    tenant    the tenants of a rank take turns
    analysis  the analyses of a tenant take turns; under one name they keep their order
    """

    rank: int
    tenant: str
    analysis: str


def place_of(request: AnalysisRequest) -> Place:
    """Where a record of this request waits: people before alerts before later looks before watches.

    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="alert", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> place_of(request)
    Place(rank=1, tenant='default', analysis='r1')
    """
    rank = _RANKS[request.trigger]
    return Place(max(rank, _LOOKED_AT_AGAIN) if request.look else rank, request.tenant, request.request_id)


class FairQueue(Generic[T]):
    """What waits. Of one analysis in the order in which it came.

    newest_first  of a tenant's people the last one who asked: they are still there when their answer comes,
                  and who asked before an outage has gone, or has asked again

    >>> queue: FairQueue[str] = FairQueue()
    >>> for n in range(3):
    ...     queue.put(f"storm {n}", Place(1, "a", "r1"))
    >>> queue.put("another tenant's", Place(1, "b", "r2"))
    >>> queue.put("a person's", Place(0, "a", "r3"))
    >>> [queue.take() for _ in range(len(queue))]
    ["a person's", 'storm 0', "another tenant's", 'storm 1', 'storm 2']
    """

    def __init__(self, *, newest_first: bool = False) -> None:
        self._newest_first = newest_first
        self._ranks: dict[int, OrderedDict[str, OrderedDict[str, deque[T]]]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, item: T, place: Place) -> None:
        """Let it wait at the end of its analysis."""
        tenants = self._ranks.setdefault(place.rank, OrderedDict())
        tenants.setdefault(place.tenant, OrderedDict()).setdefault(place.analysis, deque()).append(item)
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
        analysis, items = analyses.popitem(last=self._newest_first and rank == PEOPLE)
        item = items.popleft()
        if items:
            analyses[analysis] = items
        if analyses:
            tenants[tenant] = analyses
        if not tenants:
            del self._ranks[rank]
        return item

    def clear(self) -> None:
        """Forget what waits."""
        self._ranks.clear()
        self._size = 0
