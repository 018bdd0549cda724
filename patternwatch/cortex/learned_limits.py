"""How many series each tenant's source gives at once, as its refusals and answers show, for some minutes.

No server says how many series it would have accepted, and a refusal may be the load of a moment. So a limit
is what was answered after a refusal; half a minute later it doubles with every answer, and it is forgotten
soon.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

FORGOTTEN_AFTER_S = 300.0
"""Operators raise limits now and then: so long after the last refusal a whole selection is tried again."""
GROWS_AFTER_S = 30.0
"""So long after a refusal a limit holds before it grows: one refused request in half a minute is cheap."""
FLOOR = 50
"""Series: no ordinary limit is lower. A lower one is believed where the server had just answered others."""


@dataclass(slots=True)
class _Limit:
    size: int
    """Series x milliseconds."""
    refused_at: float
    is_awaited: bool = True
    """Whether nothing was answered since it refused."""
    answered: int = 0
    """The most that was answered since; what is refused below is not refused for its size."""
    is_low: bool = False
    """Whether it is believed below the floor."""


@dataclass(slots=True)
class LearnedLimits:
    """The series x milliseconds that each tenant's source is known to accept."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[str, _Limit] = field(default_factory=dict)

    def refused(self, tenant: str, series: int, span_ms: int) -> None:
        """Note that so many series over so long a span were refused: half as many are asked for next."""
        size = max(series // 2, 1) * span_ms
        known = self._fresh(tenant)
        if known is None:
            known = self._known[tenant] = _Limit(size, self.clock(), is_awaited=False)
        if series * span_ms <= known.answered:
            known.answered //= 2  # one metric that is refused says nothing of the others; several do
            return
        # A row of refusals is the load of a moment; one among answers is a limit, however low it is.
        known.is_low |= series <= FLOOR and not known.is_awaited
        known.size = min(known.size, size)
        known.refused_at, known.is_awaited = self.clock(), True
        log.info("source.limit.learned", tenant=tenant, series=known.size // span_ms, span_ms=span_ms)

    def read(self, tenant: str, series: int, span_ms: int) -> None:
        """Note that so many series were answered."""
        known = self._fresh(tenant)
        if known is None:
            return
        size = series * span_ms
        known.answered = max(known.answered, size)
        if known.is_awaited:
            known.is_awaited, known.size = False, max(known.size, size)
        elif self.clock() - known.refused_at >= GROWS_AFTER_S and 2 * size >= known.size:
            known.size = max(2 * known.size, 2 * size)
            known.is_low = False

    def series(self, tenant: str, span_ms: int) -> int | None:
        """The most series to ask for at once over a span; None where nothing was refused lately."""
        known = self._fresh(tenant)
        return None if known is None else max(known.size // span_ms, 1 if known.is_low else FLOOR)

    def _fresh(self, tenant: str) -> _Limit | None:
        known = self._known.get(tenant)
        if known is not None and self.clock() - known.refused_at >= FORGOTTEN_AFTER_S:
            del self._known[tenant]
            return None
        return known
