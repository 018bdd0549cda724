"""Further looks at a report that is out: alerts repeat, join and resolve; an episode grows and ends.

What follows from the look before is the `Looker`'s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import structlog

from patternwatch.analysis.report.watched_episode import MIN_CURRENT_ROWS, request_of_growth
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.looks import Look
from patternwatch.contracts.report import Report
from patternwatch.streams.state.joined_alerts import JoinedAlertStore
from patternwatch.streams.state.looks import LookStore

log = structlog.get_logger()

JOINED_MS = 15_000
"""From an alert that joins an analysis after its last look to another one: a storm's alerts come together."""
SOON_MS = 300_000
"""A look that is due within so long tells of what an episode grows by soon enough."""
GrowthLook: TypeAlias = Literal["asked", "told", "waits"]
"""Whether a look at what has grown was asked for, tells of it by itself, or cannot be asked for yet."""


@dataclass(frozen=True, slots=True)
class LaterLooks:
    """Makes looks due.

    alerts  which alerts belong to each analysis
    """

    store: LookStore
    alerts: JoinedAlertStore
    now_ms: Callable[[], int]

    async def repeated(self, tenant: str, request_id: str) -> bool:
        """Whether the analysis of a firing alert was made already; one that failed is tried again now.

        Of a first look that is under way only its worker knows whether its request is out.
        """
        return await self._next_look(tenant, request_id) is not None

    async def joined(self, tenant: str, request_id: str) -> None:
        """An alert has joined this analysis: where no look follows that would tell of it, have one."""
        known = await self._next_look(tenant, request_id)
        if known is not None and known.due_ms is None:
            await self.store.put(self._due(known, JOINED_MS))

    async def joined_meanwhile(self, report: Report, look: Look) -> None:
        """Have another look where an alert has joined while the report was made, and is not on it."""
        if look.due_ms is not None or report.trigger != "alert":
            return
        alerts = await self.alerts.of_request(report.tenant, report.request_id)
        if alerts.total > report.alerts_total:
            await self.joined(report.tenant, report.request_id)

    async def _next_look(self, tenant: str, request_id: str) -> Look | None:
        """The state of a request after its first look, None before; one that failed is due now."""
        known = await self.store.of(tenant, request_id)
        if known is None or known.look == 0:
            return None
        if known.failures and (known.due_ms is None or known.due_ms > self.now_ms()):
            log.info("look.hurried", tenant=tenant, request_id=request_id)
            known = self._due(known, 0)
            await self.store.put(known)
        return known

    async def resolved(self, alert: Alert, request_id: str) -> None:
        """Have a last look at the report of an analysis whose last alert has resolved, and then no more."""
        known = await self.store.of(alert.tenant, request_id)
        if known is None:
            return
        first = known.request.alert
        if first is not None and first.fingerprint != alert.fingerprint:
            alert = first.model_copy(update={"status": "resolved", "ends_at_ms": alert.ends_at_ms})
        request = known.request.model_copy(update={"alert": alert})
        known = known.model_copy(update={"request": request, "changed_ms": self.now_ms()})
        # Before the first look has ended there is nothing to be asked for: its end sees that it has resolved.
        await self.store.put(known if known.is_over or known.due_ms is None else self._due(known, 0))

    async def ended(self, episode: Episode) -> None:
        """Have a last look at the report of an episode that is over: it says so, and how long it lasted.

        Nothing follows where there is no such analysis (yet), and where it knows already.
        """
        known = await self.store.of(episode.tenant, episode.report_id)
        if known is None or known.has_resolved or known.request.episode is None:
            return
        span = known.request.episode.model_copy(update={"ended_ms": episode.last_seen_ms})
        request = known.request.model_copy(update={"episode": span})
        known = known.model_copy(update={"request": request, "changed_ms": self.now_ms()})
        await self.store.put(self._due(known, 0) if known.look else known)

    async def grew(self, episode: Episode, since_ms: int, words: str) -> GrowthLook:
        """Have another look at the report of an episode that grew at `since_ms`, by what `words` say."""
        known = await self.store.of(episode.tenant, episode.report_id)
        if known is None or not known.look or known.failures:
            return "waits"
        request, now = known.request, self.now_ms()
        if known.has_resolved or known.changed_ms >= since_ms + MIN_CURRENT_ROWS * request.window.step_ms:
            return "told"
        if known.due_ms is not None:  # its usual looks are not over: their windows hold all of it
            if known.due_ms - now > SOON_MS:
                await self.store.put(self._due(known, 0))
                return "asked"
            return "told"
        grown = request_of_growth(request, since_ms, words, known.summary, now)
        summary = known.summary and known.summary.model_copy(update={"onset_ms": None})
        update = {"request": grown, "before": request, "summary": summary}
        await self.store.put(self._due(known.model_copy(update=update), 0))
        return "asked"

    def _due(self, look: Look, after_ms: int) -> Look:
        now = self.now_ms()
        return look.model_copy(update={"due_ms": now + after_ms, "is_over": False, "changed_ms": now})
