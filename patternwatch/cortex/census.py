"""How many series each metric name of a selection has, without reading the window for it.

Names come from the label values API, which knows those that vanished early in the window as well; their
series are counted by an instant query, a small part of the read. What it does not see (series that ended
before, samples that come late) is counted in the middle of the window, and only what is left over all of it.
A count that is refused, slow or fails is made in pieces; names that cannot be counted are taken to have as
many series as the others, and a part that proves too large is halved when it is read.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import structlog

from patternwatch.contracts.errors import SourceError, SourceSlowError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.count_pieces import NAME, Count, CountBudget, count_in_pieces
from patternwatch.cortex.count_queries import CountQueries, is_passable
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.remembered_cuts import RememberedCuts, names_allowed

log = structlog.get_logger()


class Census:
    """Counts of series by metric name, remembered for some minutes; a watch only asks for the names."""

    def __init__(self, queries: CountQueries, clock: Callable[[], float] = time.monotonic) -> None:
        self._queries = queries
        self._cuts = RememberedCuts(clock)
        self._counting: defaultdict[tuple[str, Matchers], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def counts(self, span: Span, matchers: Matchers) -> dict[str, int]:
        """Series by name, those that vanished within the span included; estimates where it cannot be counted.

        Raises SourceRefusedError where nothing of this selection will be answered, and what the count
        raised where there is no list of names either.
        """
        known = self._cuts.part(span, matchers)
        if known is not None:
            return known
        async with self._counting[span.tenant, matchers]:
            known = self._cuts.just_found(span, matchers)
            if known is not None:
                return known
            cut = self._cuts.of(span, matchers)
            budget = CountBudget()
            with partial_answers() as told:
                if cut is None:
                    found = await self._anew(span, matchers, budget)
                else:
                    found = await self._with_new_names(span, matchers, cut, budget)
                    found = {**cut, **found} if told.words else found  # what is not listed may be there
            if budget.assumed:
                log.warning("source.not_counted", tenant=span.tenant, names=len(budget.assumed))
            else:
                self._cuts.remember(span, matchers, found, told.words)
        self._counting.pop((span.tenant, matchers), None)
        return {name: count for name, count in found.items() if count > 0}

    async def _anew(self, span: Span, matchers: Matchers, budget: CountBudget) -> dict[str, int]:
        failure: SourceError | None = None
        found: dict[str, int] = {}
        try:
            found = await self._queries.at(span, matchers, NAME, span.end_ms)
        except SourceError as error:
            if not is_passable(error):
                raise
            failure = error
            budget.slow += isinstance(error, SourceSlowError)
        names = await self._names(span, matchers)
        if failure is not None:
            if not names:
                raise failure
            log.info("source.count.in_pieces", tenant=span.tenant, names=len(names), reason=str(failure))
            half = -(-len(names) // 2)
            found = await count_in_pieces(names, half, matchers, self._at(span, span.end_ms), budget)
        if names is None or not found.keys() <= set(names):
            return await self._without_names(span, matchers, found)
        return await self._with_rest(span, matchers, found, names, budget)

    async def _with_new_names(
        self, span: Span, matchers: Matchers, cut: Mapping[str, int], budget: CountBudget
    ) -> dict[str, int]:
        """The remembered cut, and what has come since; names that have gone are left out."""
        names = await self._names(span, matchers)
        if not names:
            try:
                return {**cut, **await self._queries.at(span, matchers, NAME, span.end_ms)}
            except SourceError as error:
                if not is_passable(error):
                    raise
                return dict(cut)
        quiet = [name for name in names if not cut.get(name)]
        found = {name: cut[name] for name in names if cut.get(name)}
        if quiet:
            found |= await count_in_pieces(
                quiet, len(quiet), matchers, self._at(span, span.end_ms), budget, assumed=1
            )
        unseen = [name for name in names if name not in cut]
        later = await self._with_rest(span, matchers, found, unseen, budget) if unseen else found
        return {name: later.get(name, 0) for name in names}

    async def _with_rest(
        self, span: Span, matchers: Matchers, found: dict[str, int], names: Sequence[str], budget: CountBudget
    ) -> dict[str, int]:
        """And the names that have no sample at the end: counted in the middle, then over the window."""
        middle = self._at(span, (span.start_ms + span.end_ms) // 2)

        async def over(part: Matchers) -> Mapping[str, int]:
            return await self._queries.over(span, part, NAME)

        for count in (middle, over):
            left = [name for name in names if not found.get(name)]
            if left:
                found = found | await count_in_pieces(left, len(left), matchers, count, budget, assumed=1)
        return found

    async def _without_names(self, span: Span, matchers: Matchers, found: dict[str, int]) -> dict[str, int]:
        """A source that lists no names: counted over the window, or at several times of it."""
        try:
            return {**await self._queries.over(span, matchers, NAME), **found}
        except SourceError as error:
            if not is_passable(error):
                raise
            log.info("source.count.at_times", tenant=span.tenant, reason=str(error))
        for eighth in range(1, 8):
            at_ms = span.end_ms - span.length_ms * eighth // 8
            try:
                found = {**await self._queries.at(span, matchers, NAME, at_ms), **found}
            except SourceError as error:
                if not is_passable(error):
                    raise
                break
        return found

    def _at(self, span: Span, at_ms: int) -> Count:
        async def at(part: Matchers) -> Mapping[str, int]:
            return await self._queries.at(span, part, NAME, at_ms)

        return at

    async def _names(self, span: Span, matchers: Matchers) -> list[str] | None:
        """The names that the source lists for this selection; None where it lists none."""
        others = tuple(m for m in matchers if m.name != NAME)
        for asked in dict.fromkeys((matchers, others)):  # some stores take no condition on names
            try:
                return names_allowed(await self._queries.values(span, asked, NAME), matchers)
            except SourceError as error:
                log.info("source.names.missing", tenant=span.tenant, reason=str(error))
                if not error.is_unclear:
                    break
        return None
