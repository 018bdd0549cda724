"""Reading a selection that is over the source's limits: by bisection, with the limit remembered.

A source states its limits in many units (bytes of an answer, samples of a query, a gRPC message), and none
of them says how many series would have been accepted. So a refused selection is split into two partitions
that are read one after the other, each split again where it is refused too. What worked is remembered per
tenant, and the next selection is split before it is refused.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from patternwatch.contracts.errors import SourceLimitError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.label_partition import LabelPartition, narrowed
from patternwatch.cortex.raw import RawSeries, joined, nothing_but

log = structlog.get_logger()

FORGOTTEN_AFTER_S = 3600.0
"""Operators raise limits now and then: after this long a whole selection is tried again."""
MAX_REFUSED = 20
"""After so many refusals without one part read, the limit is not about the number of series."""
WORTH_COUNTING = 100_000
"""With a learned limit of at least this many series, selections are not counted before they are read."""
OVER_LIMIT = "over the source's limits"


@dataclass(slots=True)
class LearnedLimits:
    """The series x milliseconds that each tenant's source is known to accept, kept for an hour."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[int, float]] = field(default_factory=dict)

    def learn(self, tenant: str, refused_series: int, span_ms: int) -> None:
        """Note that so many series over so long a span were refused: the next read asks for at most half."""
        size = max(refused_series // 2, 1) * span_ms
        known = self._fresh(tenant)
        if known is None or size < known:
            self._known[tenant] = size, self.clock() + FORGOTTEN_AFTER_S
            log.info("source.limit.learned", tenant=tenant, series=size // span_ms, span_ms=span_ms)

    def series(self, tenant: str, span_ms: int) -> int | None:
        """The most series to ask for at once over a span; None where nothing was refused yet."""
        known = self._fresh(tenant)
        return None if known is None else max(known // span_ms, 1)

    def _fresh(self, tenant: str) -> int | None:
        size, until = self._known.get(tenant, (0, 0.0))
        return size if self.clock() < until else None


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


@dataclass(slots=True)
class _RefusalBudget:
    """How many parts in a row may be refused before the whole selection is given up."""

    refused: int = 0

    def spend(self, error: SourceLimitError) -> None:
        self.refused += 1
        if self.refused > MAX_REFUSED:
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
        refused: SourceLimitError | None = None
        if known is None or part.partition is None or part.partition.series <= known:
            try:
                found = await self._read_once(span, part.matchers)
                budget.refused = 0
                return found
            except SourceLimitError as error:
                budget.spend(error)
                refused = error
        base, partition = part.base, part.partition
        if partition is None or (len(partition.groups) < 2 and partition.series > 1):
            base, partition = part.matchers, await self._partition(span, part.matchers) or partition
        if refused is not None and partition is not None:
            self.learned.learn(span.tenant, partition.series, span.length_ms)
        halves = partition.halves() if partition is not None else None
        if halves is None:
            return await self._smallest(span, part, refused)
        # One after the other: two requests at once would add up to what was refused.
        return joined([await self._part(span, _Part(base, half), budget) for half in halves])

    async def _smallest(self, span: Span, part: _Part, refused: SourceLimitError | None) -> RawSeries:
        if refused is None:  # over the learned limit, but it cannot be split
            try:
                return await self._read_once(span, part.matchers)
            except SourceLimitError as error:
                refused = error
        left_out = part.partition.series if part.partition is not None else 1
        log.warning("source.left_out", tenant=span.tenant, series=left_out, reason=str(refused))
        return nothing_but({OVER_LIMIT: {"": left_out}})
