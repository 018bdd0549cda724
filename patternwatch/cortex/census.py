"""How many series there are under a selection, and where its huge metrics can be cut."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.cortex.cuts import Cut, matcher_of
from patternwatch.cortex.source import SeriesSource


@dataclass(frozen=True, slots=True)
class Census:
    """Series per metric name, and for each huge family (by its first name) the label to cut it by."""

    counts: Mapping[str, int]
    cuts: Mapping[str, Cut] = field(default_factory=dict)


async def take_census(
    source: SeriesSource,
    request: AnalysisRequest,
    *,
    huge: Callable[[Mapping[str, int]], Sequence[tuple[str, ...]]],
    most: int,
) -> Census:
    """Count a request's series, and see where its huge families can be cut.

    huge  which families of names have more series than a shard holds
    most  series of a shard, about
    Raises what the source raises.
    """
    tenant, window = request.tenant, request.window
    counts = await source.count(tenant, request.matchers, window)
    cuts: dict[str, Cut] = {}
    for names in huge(counts):
        selected = (*request.matchers, matcher_of("__name__", names))
        if (cut := await source.cut(tenant, selected, window, most)) is not None:
            cuts[names[0]] = cut
    return Census(counts, cuts)
