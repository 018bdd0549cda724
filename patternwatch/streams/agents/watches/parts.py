"""A watch of each cluster: finds the values of its label, and has each of them watched.

The owner of the whole's ticks alone makes and ends parts, as records like those that people make; so every
worker, the API and the page know them, and each is owned, muted and paused by itself.
"""

from dataclasses import dataclass

import structlog

from patternwatch.contracts.errors import WatchError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.topics import WATCH_DEFINITIONS, WATCH_STATES, record_key
from patternwatch.contracts.watch_parts import part_name, part_of, says_the_same
from patternwatch.contracts.watches import MAX_WATCHES, Watch
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.source import LabelValues, SeriesSource
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.state.watch_book import WatchBook
from patternwatch.watch.history.history_windows import DAY_MS

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class WatchParts:
    """The parts of watches that name a label in `each`."""

    source: SeriesSource
    publisher: Publisher
    watches: WatchBook
    step_ms: int

    async def refresh(self, whole: Watch, at_ms: int) -> list[str]:
        """The values of the day up to `at_ms`, each with a part of its own; parts of older ones are ended.

        A cluster that has just vanished is still watched: that it gives no sample is what its watch says.
        Raises SourceError, and WatchError where there are none, or too many.
        """
        if not isinstance(self.source, LabelValues):
            raise WatchError("The source lists no values of labels", "Make a watch for each by its selector")
        day = Window(start_ms=at_ms - DAY_MS, split_ms=at_ms, end_ms=at_ms, step_ms=self.step_ms)
        with partial_answers() as told:
            values = await self.source.values(whole.tenant, parse_selector(whole.selector), whole.each, day)
        values = [value for value in values if value]
        if not values:
            raise WatchError(
                f"No series of {whole.selector} has a label {whole.each}",
                "See which labels they have: `patternwatch doctor`",
            )
        others = sum(
            watch.tenant == whole.tenant and watch.part_of != whole.name for watch in self.watches.all()
        )
        if len(values) + others > MAX_WATCHES:
            raise WatchError(
                f"{whole.each} has {len(values):,} values, and a tenant may have {MAX_WATCHES:,} watches",
                "Narrow the selector, or name a label with fewer values",
            )
        for value in values:
            await self._have(whole, value, at_ms)
        if not told.words:
            names = {part_name(whole.name, value) for value in values}
            for part in self._parts(whole):
                if part.name not in names:
                    await self.end(part)
        return values

    async def end(self, part: Watch) -> None:
        """Watch it no more, and forget how it did."""
        log.info("watch.part_ended", tenant=part.tenant, watch=part.name, whole=part.part_of)
        for topic in (WATCH_DEFINITIONS, WATCH_STATES):
            await self.publisher.send(topic, record_key(part.tenant, part.name), None)

    def left(self) -> list[Watch]:
        """Parts whose whole has ended, or is no longer divided."""
        return [watch for watch in self.watches.all() if watch.part_of and not self._has_whole(watch)]

    async def _have(self, whole: Watch, value: str, at_ms: int) -> None:
        before = self.watches.made(whole.tenant, part_name(whole.name, value))
        part = part_of(whole, value, before)
        if before is not None and (before.part_of != whole.name or says_the_same(part, before)):
            return  # it is as it should be, or somebody has a watch of this name
        changed_ms = at_ms if before is None else max(at_ms, before.changed_at_ms + 1)
        log.info("watch.part_made", tenant=part.tenant, watch=part.name, whole=whole.name)
        await self.publisher.publish(WATCH_DEFINITIONS, part.model_copy(update={"changed_at_ms": changed_ms}))

    def _parts(self, whole: Watch) -> list[Watch]:
        return [
            watch
            for watch in self.watches.all()
            if (watch.tenant, watch.part_of) == (whole.tenant, whole.name)
        ]

    def _has_whole(self, part: Watch) -> bool:
        whole = self.watches.of(part.tenant, part.part_of)
        return whole is not None and bool(whole.each)
