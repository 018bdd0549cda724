"""Reading a selection that is over the source's limits: by bisection, with the limit remembered.

A source states its limits in many units (bytes of an answer, samples of a query, a gRPC message), and none
of them says how many series would have been accepted. So a refused selection is split into two partitions
that are read one after the other, each split again where it is refused too. What worked is remembered per
tenant, and the next selection is split before it is refused.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from patternwatch.contracts.errors import SourceError, SourceLimitError, SourceSlowError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.learned_limits import LearnedLimits
from patternwatch.cortex.listed_values import listed, narrowed
from patternwatch.cortex.raw import RawSeries, joined, nothing_but

log = structlog.get_logger()

MAX_REFUSED = 20
"""After so many refusals without one part read, the limit is not about the number of series."""
WORTH_COUNTING = 100_000
"""With a learned limit of at least this many series, selections are not counted before they are read."""
MAX_UNCLEAR = 4
"""So many refusals in unknown words, one of a part of the other, are borne before one part is read: a limit
shows itself by then, and a wrong selector costs few requests."""
SMALL = 20
"""A selection of fewer series is not halved for words that are not known: it is hardly too large."""
OVER_LIMIT = "over the source's limits"


@dataclass(frozen=True, slots=True)
class Span:
    """Which tenant's samples of which time: `start_ms <= t <= end_ms`.

    step_ms  distance of points, for a server that only answers query_range
    """

    tenant: str
    start_ms: int
    end_ms: int
    step_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is, at least 1."""
        return max(self.end_ms - self.start_ms, 1)


@dataclass(frozen=True, slots=True)
class _Part:
    base: Matchers
    partition: LabelPartition | None = None
    """None where the series of this part have not been counted yet."""

    @property
    def matchers(self) -> Matchers:
        if self.partition is None:
            return self.base
        if self.partition.label == "__name__":
            return narrowed(self.base, self.partition.matcher)
        return (*self.base, self.partition.matcher)

    @property
    def metric(self) -> str:
        """The first name that it lists; empty where it lists none."""
        names = [values for m in self.matchers if m.name == "__name__" and (values := listed(m))]
        return names[0][0] if names else ""


@dataclass(slots=True)
class _RefusalBudget:
    """How many parts in a row may be refused before the whole selection is given up."""

    refused: int = 0
    has_read: bool = False

    @property
    def is_fresh(self) -> bool:
        """Whether the whole selection was refused, and nothing else asked for yet."""
        return self.refused == 1 and not self.has_read

    def spend(self, error: SourceError) -> None:
        self.refused += 1
        bears_with = self.has_read or isinstance(error, SourceLimitError)
        if self.refused > (MAX_REFUSED if bears_with else MAX_UNCLEAR):
            raise error


class Bisection:
    """Reads a selection whole, or in partitions where it is over the source's limits.

    read       reads a selection in one request; raises SourceLimitError where it is over a limit
    partition  partitions a selection by metric name, or by another label where it has only one name (or
               one histogram's names); None for a single series
    """

    def __init__(
        self,
        read: Callable[[Span, Matchers], Awaitable[RawSeries]],
        partition: Callable[[Span, Matchers], Awaitable[LabelPartition | None]],
        learned: LearnedLimits | None = None,
    ) -> None:
        self._read_once = read
        self._partition = partition
        self.learned = learned or LearnedLimits()

    async def read(self, span: Span, matchers: Matchers) -> RawSeries:
        """All series; those refused even in the smallest partition are left out and counted in `skipped`.

        Raises SourceUnavailableError and SourceRefusedError as `read` does, and SourceLimitError where
        even many small parts are refused.
        """
        part = _Part(matchers)
        known = self.learned.series(span.tenant, span.length_ms)
        if known is not None and known < WORTH_COUNTING:
            part = _Part(matchers, await self._partition(span, matchers))
        return await self._part(span, part, _RefusalBudget())

    async def _part(self, span: Span, part: _Part, budget: _RefusalBudget) -> RawSeries:
        known = self.learned.series(span.tenant, span.length_ms)
        refused: SourceError | None = None
        if known is None or part.partition is None or part.partition.series <= known:
            try:
                return await self._whole(span, part, budget)
            except SourceError as error:
                if not _may_be_size(error):
                    raise
                budget.spend(error)
                refused = error
        base, partition = part.base, part.partition
        if partition is None or (len(partition.groups) < 2 and partition.series > 1):
            base, partition = part.matchers, await self._partition(span, part.matchers) or partition
        if refused is not None:
            if not isinstance(refused, SourceLimitError) and budget.is_fresh and _is_small(partition):
                raise refused
            if partition is not None and partition.series > 1:  # one that is refused alone tells of itself
                self.learned.refused(span.tenant, partition.series, span.length_ms)
        halves = partition.halves() if partition is not None else None
        if halves is None:
            return await self._smallest(span, part, refused)
        # One after the other: two requests at once would add up to what was refused.
        return joined([await self._part(span, _Part(base, half), budget) for half in halves])

    async def _whole(self, span: Span, part: _Part, budget: _RefusalBudget) -> RawSeries:
        found = await self._read_once(span, part.matchers)
        budget.refused, budget.has_read = 0, True
        if part.partition is not None:
            self.learned.read(span.tenant, part.partition.series, span.length_ms)
        return found

    async def _smallest(self, span: Span, part: _Part, refused: SourceError | None) -> RawSeries:
        if refused is None:  # over the learned limit, but it cannot be split
            try:
                return await self._read_once(span, part.matchers)
            except SourceLimitError as error:
                refused = error
        left_out = part.partition.series if part.partition is not None else 1
        log.warning("source.left_out", tenant=span.tenant, series=left_out, reason=str(refused))
        return nothing_but({OVER_LIMIT: {part.metric: left_out}})


def _is_small(partition: LabelPartition | None) -> bool:
    return partition is None or partition.series < SMALL


def _may_be_size(error: SourceError) -> bool:
    """Whether fewer series may help: over a limit, given up by the server itself, or in unknown words."""
    if isinstance(error, SourceSlowError):
        return error.status is not None
    return error.is_unclear or isinstance(error, SourceLimitError)
