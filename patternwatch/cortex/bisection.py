"""Reading what is too much for the source at once: in halves, as often as needed, and remembered.

A limit of a source is met in many ways (bytes of an answer, samples of a query, a gRPC message), and none
of them says how many series would have been right. So a selection that is refused is cut in two, both
halves are read, and what worked is remembered per tenant: the next selection is cut before it is refused.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from patternwatch.contracts.errors import SourceLimitError
from patternwatch.contracts.matchers import Matchers
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.raw import RawSeries, joined, nothing_but

log = structlog.get_logger()

FORGOTTEN_AFTER_S = 3600.0
"""Limits are raised now and then: after this long a whole selection is tried again."""
MAX_REFUSED = 20
"""Refused so often without one part that was read: the limit is not about the number of series."""
WORTH_COUNTING = 100_000
"""Where more series than this may be asked for at once, nobody needs to count them first."""
OVER_LIMIT = "over the source's limits"


@dataclass(slots=True)
class LearnedLimits:
    """How many series x milliseconds a tenant's source is known to refuse, for a while."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[int, float]] = field(default_factory=dict)

    def learn(self, tenant: str, refused_series: int, span_ms: int) -> None:
        """So many series over so long a time were refused: next time, at most half."""
        size = max(refused_series // 2, 1) * span_ms
        known = self._fresh(tenant)
        if known is None or size < known:
            self._known[tenant] = size, self.clock() + FORGOTTEN_AFTER_S
            log.info("source.limit.learned", tenant=tenant, series=size // span_ms, span_ms=span_ms)

    def series(self, tenant: str, span_ms: int) -> int | None:
        """The most series to ask for at once over so long a time; None where nothing was refused yet."""
        known = self._fresh(tenant)
        return None if known is None else max(known // span_ms, 1)

    def _fresh(self, tenant: str) -> int | None:
        size, until = self._known.get(tenant, (0, 0.0))
        return size if self.clock() < until else None


@dataclass(frozen=True, slots=True)
class Span:
    """Whose samples, and of which time: `start_ms <= t <= end_ms`.

    step_ms  distance of points, for a server that gives points instead of samples
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
    """None where it is not known yet what is in this part."""

    @property
    def matchers(self) -> Matchers:
        return self.base if self.partition is None else (*self.base, self.partition.matcher)


@dataclass(slots=True)
class _RetryBudget:
    refused: int = 0

    def lose(self, error: SourceLimitError) -> None:
        self.refused += 1
        if self.refused > MAX_REFUSED:
            raise error


class Bisection:
    """Reads a selection whole, or in parts where that is too much for the source.

    read  reads what it is given at once, raising SourceLimitError where it is too much
    cut   by name; by one more label where there is but one name (or family of names); None for one series
    """

    def __init__(
        self,
        read: Callable[[Span, Matchers], Awaitable[RawSeries]],
        partition: Callable[[Span, Matchers], Awaitable[LabelPartition | None]],
        learned: LearnedLimits | None = None,
    ) -> None:
        self._read_once = read
        self._cut = partition
        self.learned = learned or LearnedLimits()

    async def read(self, span: Span, matchers: Matchers) -> RawSeries:
        """All series; what is refused even in the smallest part is left out and counted in `skipped`.

        Raises SourceUnavailableError and SourceRefusedError as `read` does, and SourceLimitError where
        even many small parts are refused.
        """
        part = _Part(matchers)
        known = self.learned.series(span.tenant, span.length_ms)
        if known is not None and known < WORTH_COUNTING:
            part = _Part(matchers, await self._cut(span, matchers))
        return await self._part(span, part, _RetryBudget())

    async def _part(self, span: Span, part: _Part, budget: _RetryBudget) -> RawSeries:
        known = self.learned.series(span.tenant, span.length_ms)
        refused: SourceLimitError | None = None
        if known is None or part.partition is None or part.partition.series <= known:
            try:
                found = await self._read_once(span, part.matchers)
                budget.refused = 0
                return found
            except SourceLimitError as error:
                budget.lose(error)
                refused = error
        base, partition = part.base, part.partition
        if partition is None or (len(partition.groups) < 2 and partition.series > 1):
            base, partition = part.matchers, await self._cut(span, part.matchers) or partition
        if refused is not None and partition is not None:
            self.learned.learn(span.tenant, partition.series, span.length_ms)
        halves = partition.halves() if partition is not None else None
        if halves is None:
            return await self._smallest(span, part, refused)
        # One after the other: what was too much once is not asked for twice at the same time.
        return joined([await self._part(span, _Part(base, half), budget) for half in halves])

    async def _smallest(self, span: Span, part: _Part, refused: SourceLimitError | None) -> RawSeries:
        if refused is None:  # more than was learned, but it cannot be cut
            try:
                return await self._read_once(span, part.matchers)
            except SourceLimitError as error:
                refused = error
        left_out = part.partition.series if part.partition is not None else 1
        log.warning("source.left_out", tenant=span.tenant, series=left_out, reason=str(refused))
        return nothing_but({OVER_LIMIT: left_out})
