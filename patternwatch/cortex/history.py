"""Since when a source holds samples of a selection: not always as long as the window.

A tenant's max_query_lookback cuts every answer without a word, and so do retention and a young server. Series
would then seem to be born, all at the same time. A few of the smallest metrics are asked for their first
samples; only where those begin late is the whole selection, or of many names some, asked whether it has
anything before.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.count_pieces import spread
from patternwatch.cortex.count_queries import CountQueries
from patternwatch.cortex.label_partition import matcher_of
from patternwatch.cortex.listed_values import narrowed
from patternwatch.cortex.raw import RawSeries

NAME = "__name__"
FEW_NAMES = 5
MIN_MS = 600_000
"""History that begins no later than this after the window's start is whole: scrapes may be minutes apart."""
PROBED_NAMES = 128
"""Names whose series are asked for then; of more names some from everywhere."""
PROBES = 4
"""Times before the first sample at which the whole selection is asked for."""


def late_after_ms(length_ms: int) -> int:
    """How long after the beginning of a window of this length a first sample is late."""
    return max(length_ms // 10, MIN_MS)


async def begins_at(
    queries: CountQueries,
    read: Callable[[Span, Matchers], Awaitable[RawSeries]],
    span: Span,
    matchers: Matchers,
    counts: Mapping[str, int],
) -> int | None:
    """The time in ms of the first sample of any series, where that is well inside the span; else None.

    counts  series by metric name of this selection
    read    reads the samples of a selection

    Raises what the source raises.
    """
    few = sorted((name for name in counts if counts[name] > 0), key=lambda name: (counts[name], name))
    late_ms = late_after_ms(span.length_ms)
    if not few or late_ms >= span.length_ms:
        return None
    chosen = narrowed(matchers, matcher_of(NAME, few[:FEW_NAMES]))
    if await queries.over(replace(span, end_ms=span.start_ms + late_ms), chosen, NAME):
        return None
    raw = await read(span, chosen)
    if not len(raw.timestamps):
        return None
    first_ms = int(raw.timestamps.min())
    missing_ms = first_ms - span.start_ms
    if missing_ms <= late_ms:
        return None
    probed = matchers
    if len(counts) > PROBED_NAMES:  # a server holds all series that it is asked for
        probed = narrowed(matchers, matcher_of(NAME, spread(sorted(counts))[:PROBED_NAMES]))
    for n in range(1, PROBES + 1):
        if await queries.at(span, probed, NAME, span.start_ms + missing_ms * n // (PROBES + 1)):
            return None  # only these few begin late
    return first_ms
