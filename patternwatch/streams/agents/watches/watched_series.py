"""What watches hold for analyses: series that need not be asked for again, here or at another worker."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from patternwatch.contracts.matchers import Matcher, parse_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import REQUESTS, TICKS, Topic
from patternwatch.contracts.watches import MAX_WATCHES, Watch
from patternwatch.cortex.tail_source import TailSource
from patternwatch.streams.agents.watches.kept_watches import KeptWatch
from patternwatch.streams.agents.watches.tail import TAIL_ROWS
from patternwatch.streams.consumer.partitions import Partitions
from patternwatch.streams.state.watch_book import WatchBook


@dataclass(frozen=True, slots=True)
class WatchedSeries:
    """Finds the watch whose series an analysis is about, and where its owner is.

    A request is a watch's where it has the same tenant and all of the watch's matchers, perhaps with more.

    watches  all that there are
    kept     those of this worker
    """

    watches: WatchBook
    kept: Iterable[KeptWatch]
    partitions: Partitions
    settings: AnalysisSettings
    now_ms: Callable[[], int]

    def elsewhere(self, request: AnalysisRequest) -> int | None:
        """The partition of `requests` whose worker may hold its series; None where that is ours, or none.

        Of several watches the narrowest counts, alike for every worker: nothing is sent to and fro.
        """
        covering = min(
            (watch for watch in self.watches.all() if _covers(watch, request)),
            key=lambda watch: (-len(_matchers(watch.selector)), watch.name),
            default=None,
        )
        if covering is None or not self._is_recent(request.window):
            return None
        partition = self.partition_of(covering, REQUESTS)
        return None if partition is None or self.partitions.has(REQUESTS, partition) else partition

    def of_request(self, request: AnalysisRequest) -> tuple[Watch, TailSource] | None:
        """A watch of this worker that holds all series of a request in its window; None without one."""
        for kept in self.kept:
            source = _serving(kept, request)
            if source is not None:
                return kept.cluster.watch, source
        return None

    def of_shard(self, shard: Shard) -> TailSource | None:
        """What the shard's watch holds here; None where it is read from the source."""
        for kept in self.kept:
            watch = kept.cluster.watch
            if (watch.tenant, watch.name) == (shard.request.tenant, shard.watch):
                return _serving(kept, shard.request)
        return None

    def partition_of(self, watch: Watch, topic: Topic) -> int | None:
        """The partition of a topic that lies with the owner of this watch; None where that is not known."""
        return self.partitions.beside(topic, TICKS, watch.tenant, watch.name)

    def _is_recent(self, window: Window) -> bool:
        """Whether a watch that began long ago may hold it."""
        oldest_ms = self.now_ms() - (self.settings.window_rows + TAIL_ROWS) * self.settings.step_ms
        return window.step_ms == self.settings.step_ms and window.start_ms >= oldest_ms


def _covers(watch: Watch, request: AnalysisRequest) -> bool:
    is_one = not watch.paused and not watch.each
    return is_one and watch.tenant == request.tenant and _matchers(watch.selector) <= set(request.matchers)


@lru_cache(maxsize=4 * MAX_WATCHES)
def _matchers(selector: str) -> frozenset[Matcher]:
    return frozenset(parse_selector(selector))


def _serving(kept: KeptWatch, request: AnalysisRequest) -> TailSource | None:
    reader = kept.cluster.tail.reader
    if reader is None:
        return None
    source = TailSource(reader)
    return source if source.serves(request.tenant, request.matchers, request.window) else None
