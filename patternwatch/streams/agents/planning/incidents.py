"""Incidents: the alerts of one trouble share one analysis, whichever of them came first.

A tenant's alerts come over one partition, so one worker decides. What it began and cannot read back yet is
kept beside the stores; in a rebalance two workers may each begin an analysis of one trouble, never none.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from patternwatch.analysis.planning.storms import joined_analysis
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.joined_alerts import JoinedAlert
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.streams.agents.looks.later_looks import LaterLooks
from patternwatch.streams.state.joined_alerts import JoinedAlertStore
from patternwatch.streams.state.looks import Scope, scope_of

log = structlog.get_logger()

MAX_BEGUN = 500
"""Scopes of which it is kept what was begun, 5 kB each: far more than alerts are decided at a time
(`MAX_CONCURRENT_ALERTS`), so the oldest have long been stored."""


@dataclass(frozen=True, slots=True)
class Incidents:
    """Decides which alert begins an analysis and which one joins another's."""

    looks: LaterLooks
    joined: JoinedAlertStore
    settings: AnalysisSettings
    now_ms: Callable[[], int]
    begun: OrderedDict[Scope, dict[str, AnalysisRequest]] = field(default_factory=OrderedDict)
    """What this process began and the store did not have yet, by request id."""

    async def firing(self, alert: Alert, request: AnalysisRequest) -> bool:
        """Whether this alert is to begin the analysis; False where it has joined another, or repeats.

        request  what it would begin
        """
        known = await self.joined.of(alert.tenant, alert.fingerprint)
        if known is not None and known.starts_at_ms == alert.starts_at_ms and not known.began_it:
            await self.looks.repeated(alert.tenant, known.request_id)
            return False
        if await self.looks.repeated(alert.tenant, request.request_id):
            return False
        looks = await self.looks.store.of_scope(alert.tenant, request.matchers)
        # From here to the note of what begins no other alert has its turn.
        stored = {look.request.request_id: look.request for look in looks}
        scope = scope_of(request)
        begun = {r.request_id: r for r in self.begun.pop(scope, {}).values() if r.request_id not in stored}
        if begun:
            self.begun[scope] = begun
        analyses = stored | begun
        if request.request_id not in analyses:
            leader = joined_analysis(alert, request.matchers, analyses.values(), self.settings, self.now_ms())
            if leader is not None:
                await self._join(alert, leader.request_id)
                return False
        self.begun.setdefault(scope, {})[request.request_id] = request
        while len(self.begun) > MAX_BEGUN:
            self.begun.popitem(last=False)
        return True

    async def began(self, alert: Alert, request: AnalysisRequest) -> None:
        """The alert's own analysis is under way."""
        await self.joined.put(self._joined(alert, request.request_id))

    def did_not_begin(self, request: AnalysisRequest) -> None:
        """It could not be asked for: nothing joins it."""
        begun = self.begun.get(scope_of(request), {})
        begun.pop(request.request_id, None)
        if not begun:
            self.begun.pop(scope_of(request), None)

    async def resolved(self, alert: Alert) -> None:
        """The last alert of an analysis to resolve has the last look at its report."""
        known = await self.joined.of(alert.tenant, alert.fingerprint)
        if known is None or known.starts_at_ms != alert.starts_at_ms:
            await self.looks.resolved(alert, _own_request_id(alert))
            return
        if known.status == "firing":
            await self.joined.put(known.model_copy(update={"status": "resolved", "at_ms": self.now_ms()}))
        others = await self.joined.of_request(alert.tenant, known.request_id)
        if not others.firing:
            await self.looks.resolved(alert, known.request_id)

    async def _join(self, alert: Alert, request_id: str) -> None:
        await self.joined.put(self._joined(alert, request_id))
        await self.looks.joined(alert.tenant, request_id)
        log.info("alert.joined", tenant=alert.tenant, alert=alert.name, request_id=request_id)

    def _joined(self, alert: Alert, request_id: str) -> JoinedAlert:
        return JoinedAlert(
            tenant=alert.tenant,
            fingerprint=alert.fingerprint,
            starts_at_ms=alert.starts_at_ms,
            name=alert.name,
            severity=alert.labels.get("severity", ""),
            request_id=request_id,
            own_request_id=_own_request_id(alert),
            at_ms=self.now_ms(),
        )


def _own_request_id(alert: Alert) -> str:
    return request_id_for_alert(alert.tenant, alert.fingerprint, alert.starts_at_ms)
