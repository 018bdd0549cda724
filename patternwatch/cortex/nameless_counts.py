"""Counts of a source that lists no metric names, or counts nothing."""

from dataclasses import dataclass

import structlog

from patternwatch.contracts.errors import SourceError, SourceSlowError, SourceUnavailableError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.count_pieces import NAME
from patternwatch.cortex.count_queries import LOOKBACK_MS, CountQueries, is_passable
from patternwatch.cortex.detours import note_detour

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NamelessCounts:
    """Finds the names of a selection by the series themselves, or by counts at several times."""

    queries: CountQueries

    async def by_series(
        self, span: Span, matchers: Matchers, error: SourceError | None = None
    ) -> dict[str, int]:
        """Not counted: the series themselves say their names, those that ended early as well.

        error  why not, raised where they do not, and at once where the source is away; None where the counts
               say that there is nothing
        """
        if isinstance(error, SourceUnavailableError) and not isinstance(error, SourceSlowError):
            raise error
        found: dict[str, int] = {}
        for quarter in (0, 2, 4):
            at_ms = span.end_ms - span.length_ms * quarter // 4 + (LOOKBACK_MS if quarter == 4 else 0)
            try:
                found = {**await self.queries.listed(span, matchers, NAME, at_ms), **found}
            except SourceError as refused:
                log.info("source.series.not_listed", tenant=span.tenant, reason=str(refused))
                break
        if error is not None and not found:
            raise error
        if found:
            why = "the counts say that there is nothing" if error is None else str(error)
            if error is not None:
                note_detour("count", error)
            log.warning("source.count.by_series", tenant=span.tenant, names=len(found), reason=why)
        return found

    async def at_times(self, span: Span, matchers: Matchers, found: dict[str, int]) -> dict[str, int]:
        """Counted over the window, or at several times of it, beside what was found at the cheap one."""
        try:
            return {**await self.queries.over(span, matchers, NAME), **found}
        except SourceError as error:
            if not is_passable(error):
                raise
            log.info("source.count.at_times", tenant=span.tenant, reason=str(error))
        for eighth in range(1, 8):
            at_ms = span.end_ms - span.length_ms * eighth // 8
            try:
                found = {**await self.queries.at(span, matchers, NAME, at_ms), **found}
            except SourceError as error:
                if not is_passable(error):
                    raise
                break
        return found
