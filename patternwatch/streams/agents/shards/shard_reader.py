"""Reads the series of a shard: from the watch that holds them, else from the source."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from patternwatch.contracts.errors import SourceError, SourceRefusedError
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.kept_windows import KeptWindows
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.seasonal_reference import with_reference
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.agents.watches.watched_series import WatchedSeries
from patternwatch.streams.metrics import WorkerMetrics


@dataclass(frozen=True, slots=True)
class ShardReader:
    """Reads shards.

    windows  what is kept of the source between the looks at growing reports
    watched  what watches hold; an earlier window to compare with is the source's in any case
    """

    source: SeriesSource
    windows: KeptWindows
    watched: WatchedSeries
    metrics: WorkerMetrics

    async def read(self, shard: Shard) -> SeriesBatch:
        """The series of a shard, compared where its request asks for it; raises what the source raises."""
        request = shard.request
        with partial_answers() as told:
            batch = await self._held(shard)
            if batch is None:
                batch = await self.windows.fetch(
                    request.request_id, request.tenant, shard.matchers, request.window, again=request.growing
                )
            compared = await with_reference(self.source, request, shard.matchers, batch)
        return received(shard, compared, told.words)

    async def _held(self, shard: Shard) -> SeriesBatch | None:
        """What the shard's watch holds of it here; None where that is nothing, or not all."""
        source = self.watched.of_shard(shard) if shard.watch else None
        if source is None:
            return None
        try:
            batch = await source.fetch(shard.request.tenant, shard.matchers, shard.request.window)
        except SourceError:
            return None
        if not len(batch):
            return None
        self.metrics.shards_of_watches.inc()
        return batch


def received(shard: Shard, batch: SeriesBatch, left_out: Sequence[str]) -> SeriesBatch:
    """What came of a shard, with what the source said that it left out.

    Raises SourceRefusedError where nothing came of series that had been counted: a silent loss is no quiet.
    """
    if not len(batch) and not batch.skipped and shard.expected_series and not left_out:
        raise SourceRefusedError(
            f"The source gave none of the {shard.expected_series} series that it had counted",
            "See whether every replica and store behind its address holds the same series",
        )
    return replace(batch, partial_answers=tuple(left_out))
