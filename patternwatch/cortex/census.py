"""How many series each metric name of a selection has, without reading the window for it.

Names come from the label values API, which knows those that vanished early in the window as well; their
series are counted by instant queries, a small part of the read, in pieces where there are many names. What
these do not see (what began or ended since, what comes late) is counted at the end and in the middle of the
window, and only what is left over all of it. A count that is refused, slow or fails is made in smaller
pieces; names that cannot be counted are taken to have as many series as the others, and a part that proves
too large is halved when it is read. That there is nothing is never taken from counts alone: a count may leave
something out, and say so or not.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from weakref import WeakValueDictionary

import httpx
import structlog

from patternwatch.contracts.errors import (
    SourceError,
    SourceRefusedError,
)
from patternwatch.contracts.matchers import Matcher, Matchers
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.count_pieces import (
    ASSUMED_SERIES,
    FEW_NAMES,
    NAME,
    Count,
    CountBudget,
    count_in_pieces,
)
from patternwatch.cortex.count_queries import CountQueries, cheap_time, is_passable
from patternwatch.cortex.detours import note_detour
from patternwatch.cortex.label_partition import MAX_PARTITION_CHARS, matcher_of
from patternwatch.cortex.nameless_counts import NamelessCounts
from patternwatch.cortex.partial_answers import partial_answers
from patternwatch.cortex.refusal_words import Meaning, meaning_of
from patternwatch.cortex.remembered_cuts import RememberedCuts, names_allowed

log = structlog.get_logger()


class Census:
    """Counts of series by metric name, remembered for some minutes; a watch only asks for the names."""

    def __init__(self, queries: CountQueries, clock: Callable[[], float] = time.monotonic) -> None:
        self._queries, self._clock = queries, clock
        self._nameless = NamelessCounts(queries)
        self._cuts = RememberedCuts(clock)
        self._counting: WeakValueDictionary[tuple[str, Matchers], asyncio.Lock] = WeakValueDictionary()
        """Of each selection as long as somebody counts it, or waits for that."""

    async def counts(self, span: Span, matchers: Matchers) -> dict[str, int]:
        """Series by name, those that vanished within the span included; estimates where it cannot be counted.

        Raises SourceRefusedError where nothing of this selection will be answered, and what the count
        raised where there is no list of names either.
        """
        known = self._cuts.part(span, matchers)
        if known is not None:
            return known
        async with self._counting.setdefault((span.tenant, matchers), asyncio.Lock()):
            known = self._cuts.just_found(span, matchers)
            if known is not None:
                return known
            cut = self._cuts.of(span, matchers)
            budget = CountBudget(self._clock)
            with partial_answers() as told:
                if cut is None:
                    found = await self._anew(span, matchers, budget)
                    if found and not any(found.values()):
                        found |= await self._nameless.by_series(span, matchers)
                    elif told.words:  # what was not counted may be where no answer came from
                        budget.assumed += [name for name, count in found.items() if not count]
                        found = {name: count or 1 for name, count in found.items()}
                else:
                    found = await self._with_new_names(span, matchers, cut, budget)
                    found = {**cut, **found} if told.words else found  # what is not listed may be there
            if budget.assumed:
                log.warning("source.not_counted", tenant=span.tenant, names=len(budget.assumed))
            self._cuts.remember(span, matchers, found, left_out=told.words, assumed=budget.assumed)
        return {name: count for name, count in found.items() if count > 0}

    async def _anew(self, span: Span, matchers: Matchers, budget: CountBudget) -> dict[str, int]:
        names = await self._names(span, matchers)
        try:
            return await self._counted(span, matchers, names, budget)
        except SourceRefusedError as error:
            meaning, _ = meaning_of(error.problem) or (None, 0)
            of_the_count = not error.is_answer or meaning is Meaning.BLOCKED  # operators block such queries
            if not of_the_count or error.status == httpx.codes.UNAUTHORIZED:
                raise
            if not names:
                return await self._nameless.by_series(span, matchers, error)
            note_detour("count", error)  # a policy against expressions: the read tells
            log.warning("source.count.refused", tenant=span.tenant, names=len(names), reason=str(error))
            budget.assumed = names
            return dict.fromkeys(names, ASSUMED_SERIES)

    async def _counted(
        self, span: Span, matchers: Matchers, names: Sequence[str] | None, budget: CountBudget
    ) -> dict[str, int]:
        count = self._at(span, cheap_time(span))
        if names is not None and len(names) > FEW_NAMES:
            found = await count_in_pieces(names, len(names), matchers, count, budget)
            found |= await self._unlisted(span, matchers, names, budget)
        else:
            began = self._clock()
            try:
                found = dict(await count(matchers))
                budget.counted(found, self._clock() - began)
            except SourceError as error:
                budget.failed(error)
                if not names:
                    return await self._nameless.by_series(span, matchers, error)
                note_detour("count", error)
                log.info("source.count.in_pieces", tenant=span.tenant, names=len(names), reason=str(error))
                found = await count_in_pieces(names, -(-len(names) // 2), matchers, count, budget)
        if names is None or not found.keys() <= set(names):
            return await self._nameless.at_times(span, matchers, found)
        return await self._with_rest(span, matchers, found, names, budget)

    async def _unlisted(
        self, span: Span, matchers: Matchers, names: Sequence[str], budget: CountBudget
    ) -> Mapping[str, int]:
        """Series of further names: Cortex lists only what its ingesters hold, unless it is set up otherwise.

        Where this is not answered, the list is taken to be whole.
        """
        others = Matcher(name=NAME, op="!~", value=matcher_of(NAME, names).value)
        if budget.is_spent or len(others.value) > MAX_PARTITION_CHARS:
            return {}
        budget.requests += 1
        try:
            return await self._queries.at(span, (*matchers, others), NAME, cheap_time(span))
        except SourceError as error:
            log.info("source.unlisted.not_counted", tenant=span.tenant, reason=str(error))
            return {}

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
        found = {name: cut[name] for name in names if cut.get(name)}
        at_end = self._at(span, span.end_ms)
        uncounted, quiet = [n for n in names if n not in cut], [n for n in names if cut.get(n) == 0]
        for those, assumed in ((uncounted, None), (quiet, 1)):
            if those:
                found |= await count_in_pieces(those, len(those), matchers, at_end, budget, assumed)
        unseen = [name for name in names if name not in cut]
        later = await self._with_rest(span, matchers, found, unseen, budget) if unseen else found
        return {name: later.get(name, 0) for name in names}

    async def _with_rest(
        self, span: Span, matchers: Matchers, found: dict[str, int], names: Sequence[str], budget: CountBudget
    ) -> dict[str, int]:
        """And the names that have no sample then: counted at the end, in the middle, then over the window."""
        times = dict.fromkeys((span.end_ms, (span.start_ms + span.end_ms) // 2))
        times.pop(cheap_time(span), None)

        async def over(part: Matchers) -> Mapping[str, int]:
            return await self._queries.over(span, part, NAME)

        for count in (*(self._at(span, at_ms) for at_ms in times), over):
            left = [name for name in names if not found.get(name)]
            if left:
                found = found | await count_in_pieces(left, len(left), matchers, count, budget, assumed=1)
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
                note_detour("list of names", error)
                log.info("source.names.missing", tenant=span.tenant, reason=str(error))
                if not error.is_unclear:
                    break
        return None
