"""The planner: an alert becomes a request, a request becomes shards. Doing it twice changes nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog

from patternwatch.contracts.errors import InputError, SourceError
from patternwatch.contracts.messages import Alert, AnalysisRequest, Shard
from patternwatch.contracts.settings import TenantSettings, tenant_named
from patternwatch.contracts.topics import REQUESTS, SHARDS
from patternwatch.cortex.census import Census
from patternwatch.cortex.retrying import with_retries
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.outbox import Publisher
from patternwatch.streams.progress import ProgressTeller
from patternwatch.streams.recent import Recent
from patternwatch.streams.reporting import Reporter

log = structlog.get_logger()

AlertToRequest: TypeAlias = Callable[[Alert, TenantSettings], AnalysisRequest]
Counting: TypeAlias = Callable[[AnalysisRequest], Awaitable[Census]]
ShardPlan: TypeAlias = Callable[[AnalysisRequest, Census], list[Shard]]


@dataclass(frozen=True, slots=True)
class Planner:
    """Works on the topics `alerts` and `requests`."""

    publisher: Publisher
    progress: ProgressTeller
    reporter: Reporter
    metrics: WorkerMetrics
    tenants: tuple[TenantSettings, ...]
    request_for_alert: AlertToRequest
    census: Counting
    plan_shards: ShardPlan
    analyze_alerts: bool
    source_s: float
    """How long a source that is away is tried again."""
    asked: Recent = field(default_factory=Recent)

    async def on_alert(self, alert: Alert) -> None:
        """A firing alert asks for an analysis; a resolved one for nothing.

        Raises UnknownTenantError, and InputError where no window can be made of the alert.
        """
        tenant = tenant_named(self.tenants, alert.tenant)
        if alert.status != "firing" or not self.analyze_alerts:
            return
        request = self.request_for_alert(alert, tenant)
        if request.request_id in self.asked:
            return  # Alertmanager tells of a firing alert again and again; it is one analysis
        await self.publisher.publish(REQUESTS, request)
        self.asked.add(request.request_id)
        log.info("alert.requested", tenant=alert.tenant, alert=alert.name, request_id=request.request_id)

    async def on_request(self, request: AnalysisRequest) -> None:
        """Count the series, cut them into shards and publish these; or a failed report that says why not.

        Raises UnknownTenantError.
        """
        tenant_named(self.tenants, request.tenant)
        began = time.perf_counter()
        self.progress.mention(request, "accepted")
        try:
            census = await with_retries(
                lambda: self.census(request),
                self.source_s,
                on_retry=self.metrics.source_retries.inc,
            )
            shards = self.plan_shards(request, census)
        except (SourceError, InputError) as error:
            await self.reporter.fail(request, str(error))
            return
        if not shards:
            await self.reporter.fail(request, "No series match the selector within the window")
            return
        self.progress.mention(request, "planned", of=len(shards))
        await asyncio.gather(*(self.publisher.publish(SHARDS, shard) for shard in shards))
        self.metrics.stage_seconds.labels("plan").observe(time.perf_counter() - began)
        log.info(
            "request.planned",
            tenant=request.tenant,
            request_id=request.request_id,
            series=sum(census.counts.values()),
            shards=len(shards),
        )
