"""The alert handler: a firing alert becomes a request, or joins another's. Doing it twice changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from patternwatch.analysis.planning.requests import request_for_alert
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import in_words
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings, tenant_named
from patternwatch.contracts.topics import REQUESTS
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.looks.alert_limits import AlertLimits
from patternwatch.streams.agents.looks.looker import Looker
from patternwatch.streams.agents.planning.incidents import Incidents
from patternwatch.streams.agents.planning.parts_under_way import PartsUnderWay
from patternwatch.streams.agents.recent import Recent
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from patternwatch.streams.agents.reports.report_publisher import ReportPublisher
from patternwatch.streams.agents.turns import Turns
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class AlertHandler:
    """Works on the topic `alerts`.

    limits     of a tenant's analyses that alerts ask for
    under_way  tells whether a person waits
    """

    publisher: Publisher
    progress: ProgressPublisher
    reports: ReportPublisher
    looker: Looker
    incidents: Incidents
    metrics: WorkerMetrics
    tenants: tuple[TenantSettings, ...]
    settings: AnalysisSettings
    now_ms: Callable[[], int]
    limits: AlertLimits
    under_way: PartsUnderWay
    requested: Recent[str, None] = field(default_factory=Recent)
    turns: Turns = field(default_factory=Turns)

    async def on_alert(self, alert: Alert) -> None:
        """Request an analysis of a firing alert; a resolved one has a last look at its report.

        Alertmanager repeats a firing alert again and again; that is one analysis, unless it failed. Alerts of
        one trouble share one, see `Incidents`.

        Raises UnknownTenantError, and InputError where no window can be made of the alert; what was not
        foreseen after the failed report is out, since an analysis was promised.
        """
        tenant = tenant_named(self.tenants, alert.tenant)
        async with self.turns.of(f"{alert.tenant}/{alert.fingerprint}"):
            if alert.status == "resolved":
                await self.incidents.resolved(alert)
            elif not alert.not_analysed and self.settings.analyze_alerts:
                request = request_for_alert(alert, tenant, self.settings, self.now_ms())
                try:
                    if await self.incidents.firing(alert, request):
                        await self._begin(alert, request)
                except Exception as error:
                    await self.reports.fail(request, in_words("The alert could not be taken up", error))
                    raise

    async def _begin(self, alert: Alert, request: AnalysisRequest) -> None:
        if request.request_id in self.requested:
            return
        load = await self.looker.store.load(alert.tenant)
        waits = self.limits.why_it_waits(alert.tenant, load, self.now_ms())
        try:
            if waits:
                await self._wait(alert, request, waits)
                return
            with self.limits.asking_one(alert.tenant):
                await self.incidents.began(alert, request)
                begun = await self.looker.begin(request)
                await self.publisher.publish(REQUESTS, begun or request)
        except BaseException:
            self.incidents.did_not_begin(request)
            raise
        self.requested.put(request.request_id, None)
        log.info("alert.requested", tenant=alert.tenant, alert=alert.name, request_id=request.request_id)

    async def _wait(self, alert: Alert, request: AnalysisRequest, reason: str) -> None:
        """Nothing is dropped: the clock of looks asks for it when there is room; others may join it now."""
        await self.incidents.began(alert, request)
        await self.looker.wait(request)
        self.metrics.alerts_waiting.labels(alert.tenant).inc()
        log.warning("alert.waits", tenant=alert.tenant, alert=alert.name, reason=reason)
        await self.progress.publish(request, "accepted", note=reason)
