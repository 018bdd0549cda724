"""Where the oversized metrics of a selection can be partitioned, before its series are fetched."""

from collections.abc import Sequence

import structlog

from patternwatch.contracts.errors import SourceError
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.cortex.label_partition import LabelPartition, matcher_of
from patternwatch.cortex.listed_values import narrowed
from patternwatch.cortex.source import SeriesSource

log = structlog.get_logger()


async def partition_metrics(
    source: SeriesSource, request: AnalysisRequest, oversized: Sequence[tuple[str, ...]], max_series: int
) -> dict[str, LabelPartition]:
    """For each oversized metric, by its first name, the label to partition it by; absent where none helps.

    A metric whose labels the source does not tell has a shard of its own, and is halved when it is read.

    oversized   names that are read together (the parts of a histogram) and have more series than a shard
    max_series  of a shard, about
    """
    partitions: dict[str, LabelPartition] = {}
    for names in oversized:
        selected = narrowed(request.matchers, matcher_of("__name__", names))
        try:
            found = await source.partition(request.tenant, selected, request.window, max_series)
        except SourceError as error:
            log.warning("source.not_partitioned", tenant=request.tenant, metric=names[0], reason=str(error))
            continue
        if found is not None:
            partitions[names[0]] = found
    return partitions
