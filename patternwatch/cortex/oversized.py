"""Where the oversized metrics of a selection can be partitioned, before its series are fetched."""

from collections.abc import Sequence

from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.cortex.label_partition import LabelPartition, matcher_of
from patternwatch.cortex.source import SeriesSource


async def partition_metrics(
    source: SeriesSource, request: AnalysisRequest, oversized: Sequence[tuple[str, ...]], max_series: int
) -> dict[str, LabelPartition]:
    """For each oversized metric, by its first name, the label to partition it by; absent where none helps.

    oversized   names that are read together (the parts of a histogram) and have more series than a shard
    max_series  of a shard, about
    Raises what the source raises.
    """
    partitions: dict[str, LabelPartition] = {}
    for names in oversized:
        selected = (*request.matchers, matcher_of("__name__", names))
        found = await source.partition(request.tenant, selected, request.window, max_series)
        if found is not None:
            partitions[names[0]] = found
    return partitions
