"""The watches that a worker has in hand: begun at their first tick here, let go when another has them."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog

from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.watches import Watch
from patternwatch.streams.agents.watches.services import WatchServices
from patternwatch.streams.agents.watches.watched_cluster import WatchedCluster
from patternwatch.watch.episodes.observation import Opening

log = structlog.get_logger()

FORGOTTEN_MS = 600_000
"""A watch without a tick for so long has another owner, or is gone: what was kept of it is let go. In a
rebalance most come back at once, and go on."""
MAX_BEGIN_S = 5.0
"""So long a tick waits for a watch to begin: a snapshot is read within it, history goes on meanwhile."""


@dataclass(slots=True)
class KeptWatch:
    """A watch as this worker has it.

    heard_ms    the last tick, looked at or not
    tick_ms     the last one that was looked at
    begun_ms    the first one: since when its bank looks
    opening     what the bank has opened and is not stored yet: the bank says it once
    is_settled  whether all that the bank has said is stored: else a snapshot would swallow it
    noted_ms    when the last sight of its episodes was stored
    episodes    those that are open, in the order of their opening
    """

    cluster: WatchedCluster
    heard_ms: int = 0
    tick_ms: int = 0
    begun_ms: int = 0
    saved_ms: int = 0
    noted_ms: int = 0
    episodes: list[Episode] = field(default_factory=list)
    opening: Opening | None = None
    is_settled: bool = True
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _beginning: asyncio.Task[None] | None = None

    async def why_not_begun(self, at_ms: int) -> str:
        """Why its bank does not know yet how the cluster usually is; empty where it does.

        What it begins with is read in the background, anew after a failure. Raises what the source raised,
        once for each try, and what was not foreseen.
        """
        if self._beginning is None:
            self._beginning = asyncio.create_task(self.cluster.take_over(at_ms, self.episodes))
        if not self.tick_ms:
            self.begun_ms = self.saved_ms = at_ms
        if not self._beginning.done():
            patience_s = min(MAX_BEGIN_S, self.cluster.watch.interval_s / 2)
            await asyncio.wait((self._beginning,), timeout=patience_s)
        if not self._beginning.done():
            return "Its history is being read"
        beginning = self._beginning
        if not beginning.cancelled() and beginning.exception() is None:
            return ""
        self._beginning = None
        if not beginning.cancelled():
            beginning.result()
        return "It begins anew"

    def let_go(self) -> None:
        """Give up what is still being read, and the room."""
        if self._beginning is not None:
            self._beginning.cancel()
        self.cluster.let_go()

    async def save(self) -> None:
        """Write a snapshot, where all that it would hold is stored."""
        if self.tick_ms and self.is_settled:
            async with self.turn:
                await self.cluster.save()


class KeptWatches:
    """The watches that this worker has in hand."""

    def __init__(self, services: WatchServices) -> None:
        self._services = services
        self._kept: dict[tuple[str, str], KeptWatch] = {}

    def __iter__(self) -> Iterator[KeptWatch]:
        return iter(list(self._kept.values()))

    @property
    def samples(self) -> int:
        """How many samples their tails hold, gaps included."""
        return sum(kept.cluster.tail.samples for kept in self)

    def of(self, watch: Watch) -> KeptWatch:
        """This watch; one that is to learn of other series or by another budget begins anew."""
        key = watch.tenant, watch.name
        kept = self._kept.get(key)
        if kept is None or not watch.learns_as(kept.cluster.watch):
            if kept is not None:
                kept.let_go()
            kept = self._kept[key] = KeptWatch(WatchedCluster(watch, self._services))
        kept.cluster.watch = watch
        return kept

    def silent(self, at_ms: int) -> list[Watch]:
        """The watches that had no tick for so long that another worker has them."""
        return [
            kept.cluster.watch
            for kept in self
            if at_ms > kept.heard_ms + max(FORGOTTEN_MS, round(10_000 * kept.cluster.watch.interval_s))
            and not kept.turn.locked()
        ]

    def drop(self, watch: Watch) -> None:
        """Let go of a watch."""
        self._kept.pop((watch.tenant, watch.name)).let_go()

    async def close(self) -> None:
        """Write what was learned of every watch; one that cannot be written holds no other up."""
        for kept in self:
            kept.let_go()
            try:
                await kept.save()
            except Exception:  # the worker is about to end, whatever becomes of this one
                log.exception("watch.not_saved", watch=kept.cluster.watch.name)
