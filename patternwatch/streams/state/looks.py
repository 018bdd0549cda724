"""What was analysed already and what is looked at again, stored on the compacted topic `looks`.

Every worker reads the whole topic: an alert, its request and its results may meet in different ones.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import structlog

from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.topics import record_key
from patternwatch.streams.state.ended_looks import EndedLooks

log = structlog.get_logger()

MAX_BEGUN = 1000
"""Beginnings of a tenant's analyses that are kept, for the limit of a minute."""

Scope: TypeAlias = tuple[str, Matchers]
"""A tenant, and which of its series."""


@dataclass(frozen=True, slots=True)
class TenantLoad:
    """What a tenant's alerts have asked for.

    under_way  how many first looks have begun and not ended
    begun_ms   when the last ones began, in ms since 1970
    """

    under_way: int
    begun_ms: Sequence[int]


class LookStore(Protocol):
    """Where looks are kept."""

    async def of(self, tenant: str, request_id: str) -> Look | None:
        """The latest state of a request, as all workers left it; None of one that is not kept."""
        ...

    def seen(self, tenant: str, request_id: str) -> Look | None:
        """The state as far as it has been read: what was written in the last moments may be missing."""
        ...

    async def under_way(self) -> list[Look]:
        """Every request whose last look has not ended."""
        ...

    def expired(self, now_ms: int, since_ms: int) -> list[Look]:
        """See `EndedLooks.expired`; as far as it has been read."""
        ...

    async def of_scope(self, tenant: str, matchers: Matchers) -> list[Look]:
        """Every request for these series."""
        ...

    async def load(self, tenant: str) -> TenantLoad:
        """What this tenant's alerts have asked for, of all workers."""
        ...

    async def put(self, look: Look) -> None:
        """Keep this state of a request."""
        ...

    async def drop(self, look: Look) -> None:
        """Forget a request."""
        ...


class Looks:
    """The latest state by key, from the records of the topic in their order."""

    def __init__(self) -> None:
        self.under_way: dict[bytes, Look] = {}
        self.ended = EndedLooks()
        self.ended.on_lost = self._ended_are_lost
        self._by_scope: defaultdict[Scope, list[bytes]] = defaultdict(list)
        """Of those that are under way."""
        self._first: defaultdict[str, set[bytes]] = defaultdict(set)
        self._begun: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=MAX_BEGUN))
        self._sizes: dict[bytes, int] = {}
        self.on_state: Callable[[Look], object] = lambda _: None
        """Called with each state that comes."""
        self.on_lost: Callable[[], object] = lambda: None
        """Called where states are lost: the topic is to be read again from its beginning."""
        self.record_bytes = 0
        """Of the records that are kept, as they came; while under way they take some times as much."""

    def __len__(self) -> int:
        return len(self.under_way) + len(self.ended)

    def get(self, key: bytes) -> Look | None:
        """The state of the request whose records have this key."""
        return self.under_way.get(key) or self.ended.get(key)

    def load(self, tenant: str) -> TenantLoad:
        """See `LookStore.load`."""
        return TenantLoad(len(self._first.get(tenant, ())), tuple(self._begun.get(tenant, ())))

    def of_scope(self, tenant: str, matchers: Matchers) -> list[Look]:
        """See `LookStore.of_scope`."""
        scope = (tenant, matchers)
        ended = [look for look in self.ended.of_scope(hash(scope)) if scope_of(look.request) == scope]
        return [*ended, *(self.under_way[key] for key in self._by_scope.get(scope, ()))]

    def apply(self, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take a record in: a state, or a null value that ends one; skip anything else."""
        if value is None:
            self._forget(key or b"")
            return
        try:
            look = decode(value, Look)
        except MessageError as error:
            log.error("look.unreadable", offset=offset, reason=str(error))
            return
        key = key_of(look)
        known = self._forget(key)
        if known is not None and (both := merged(known, look)) is not look:
            look, value = both, encode(both)
        self.record_bytes += len(value)
        scope = scope_of(look.request)
        if look.is_over:
            self.ended.put(key, look, value, hash(scope))
        else:
            self.under_way[key] = look
            self._sizes[key] = len(value)
            self._by_scope[scope].append(key)
        if is_first_under_way(look):
            self._first[look.request.tenant].add(key)
            if known is None or not is_first_under_way(known):
                self._begun[look.request.tenant].append(look.changed_ms)
        self.on_state(look)

    def _ended_are_lost(self) -> None:
        self.record_bytes = sum(self._sizes.values())
        self.on_lost()

    def _forget(self, key: bytes) -> Look | None:
        known = self.under_way.pop(key, None)
        if known is None:
            known = self.ended.get(key)
            if known is not None:
                self.record_bytes -= self.ended.remove(key)
            return known
        self.record_bytes -= self._sizes.pop(key)
        self._first[known.request.tenant].discard(key)
        scope = scope_of(known.request)
        self._by_scope[scope].remove(key)
        if not self._by_scope[scope]:
            del self._by_scope[scope]
        return known


def is_first_under_way(look: Look) -> bool:
    """Whether it is an alert's first look, has begun and has not ended."""
    return look.request.trigger == "alert" and not look.look and look.due_ms is None and not look.is_over


def merged(known: Look, look: Look) -> Look:
    """The state after two writers that may not have known of each other.

    The collector moves a request on while another agent hears that its trouble is over: the later look is
    right, and what is over stays so.
    """
    late, early = (look, known) if look.look >= known.look else (known, look)
    if not (early.has_resolved and not late.has_resolved):
        return late
    told = {"alert": early.request.alert, "episode": early.request.episode}
    request = late.request.model_copy(update=told)
    due_ms = None if late.due_ms is None else min(late.due_ms, early.due_ms or early.changed_ms)
    return late.model_copy(update={"request": request, "due_ms": due_ms})


def key_of(look: Look) -> bytes:
    """The key of its records."""
    return record_key(look.request.tenant, look.request.request_id)


def scope_of(request: AnalysisRequest) -> Scope:
    """What is analysed."""
    return request.tenant, request.matchers
