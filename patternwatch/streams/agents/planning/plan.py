"""Planning: counts a request's series at the source and splits them into shards."""

from collections.abc import Sequence

import structlog

from patternwatch.analysis.planning.shards import oversized_metrics, plan_shards
from patternwatch.analysis.report.incomplete import partial_in_words
from patternwatch.analysis.samples.history import within_history
from patternwatch.contracts.errors import NoSeriesError, SourceError, SourceUnavailableError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.oversized import partition_metrics
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.scope import widened
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.agents.planning.kept_counts import KeptCounts

log = structlog.get_logger()


async def plan(
    source: SeriesSource,
    request: AnalysisRequest,
    settings: AnalysisSettings,
    kept: KeptCounts | None = None,
) -> list[Shard]:
    """Count a request's series and split them into shards; the request goes along with what was found out.

    kept  the counts by which earlier looks were split: later ones are split alike, and count no more what is
          read as a whole

    Raises what the source raises, and SelectorError where no series match.
    """
    counts = kept.of_one_shard(request, min(settings.shard_series, settings.max_series)) if kept else None
    if counts is None:
        counts = await source.count(request.tenant, request.matchers, request.window)
        counts = kept.steady(request, counts) if kept else counts
    request = await _within_history(source, request)
    oversized = oversized_metrics(counts, settings)
    partitions = await partition_metrics(source, request, oversized, settings.shard_series)
    return plan_shards(request, counts, settings, partitions)


async def plan_in_scope(
    source: SeriesSource,
    request: AnalysisRequest,
    settings: AnalysisSettings,
    everything: Matchers,
    kept: KeptCounts | None = None,
) -> list[Shard]:
    """The same; where no series match, over a wider selection, at last `everything`.

    The shards' request holds the selection that was taken, a note that says so, and what the source says that
    it left out. Raises SourceUnavailableError where it left something out and nothing was found.
    """
    with partial_answers() as told:
        try:
            shards = await _planned(source, request, settings, everything, kept)
        except NoSeriesError as error:
            if told.words:
                raise _not_known(error, told.words) from error
            raise
    if not told.words:
        return shards
    partial = shards[0].request.model_copy(update={"partial_answers": list(told.words)})
    return [shard.model_copy(update={"request": partial}) for shard in shards]


async def _planned(
    source: SeriesSource,
    request: AnalysisRequest,
    settings: AnalysisSettings,
    everything: Matchers,
    kept: KeptCounts | None,
) -> list[Shard]:
    try:
        return await plan(source, request, settings, kept)
    except NoSeriesError:
        return await plan(source, await widened(source, request, everything), settings, kept)


def _not_known(error: NoSeriesError, words: Sequence[str]) -> SourceUnavailableError:
    """Instead of the error for a selection without series, where the answers left something out."""
    return SourceUnavailableError(
        f"{error.problem}. {partial_in_words(words)}",
        "Bring back what it misses; if nothing is missing, check the label values, the tenant and the time",
    )


async def _within_history(source: SeriesSource, request: AnalysisRequest) -> AnalysisRequest:
    """The request for as much of its window as the source holds."""
    try:
        begins_ms = await source.begins_at(request.tenant, request.matchers, request.window)
    except SourceError as error:  # the read tells it better
        log.info("source.history.unknown", tenant=request.tenant, reason=str(error))
        return request
    return request if begins_ms is None else within_history(request, begins_ms)
