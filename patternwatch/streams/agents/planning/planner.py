"""The planner: a request becomes shards. Doing it twice changes nothing."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from patternwatch.analysis.report.clock_notes import request_clock_notes, worker_clock_notes
from patternwatch.contracts.errors import InputError, SourceError, UnknownTenantError, in_words
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings, tenant_named
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import REQUESTS, SHARDS
from patternwatch.cortex.retrying import with_retries
from patternwatch.cortex.source import SeriesSource, source_ahead_s
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.looks.looker import Looker
from patternwatch.streams.agents.planning.kept_counts import KeptCounts
from patternwatch.streams.agents.planning.parts_under_way import PartsUnderWay
from patternwatch.streams.agents.planning.plan import plan, plan_in_scope
from patternwatch.streams.agents.planning.unreadable_requests import request_of_key
from patternwatch.streams.agents.recent import Recent
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from patternwatch.streams.agents.reports.report_publisher import ReportPublisher
from patternwatch.streams.agents.watches.watched_series import WatchedSeries
from patternwatch.streams.consumer.records import Record
from patternwatch.streams.metrics import WorkerMetrics

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Planner:
    """Works on the topic `requests`.

    source_s   how long, in seconds, a source that is away is tried again
    under_way  what was planned and has not ended: with too much of it requests wait
    """

    publisher: Publisher
    progress: ProgressPublisher
    reports: ReportPublisher
    looker: Looker
    metrics: WorkerMetrics
    source: SeriesSource
    tenants: tuple[TenantSettings, ...]
    settings: AnalysisSettings
    source_s: float
    watched: WatchedSeries
    now_ms: Callable[[], int]
    under_way: PartsUnderWay
    planned: Recent[tuple[str, str, int], None] = field(default_factory=Recent)
    """Looks of requests whose shards are all on Kafka. A second record of one leads to nothing: the API sends
    a request again where Kafka's answer was lost. A lone part is in this process only and may be left to
    another owner at any time, so its request is planned whenever a record of it comes."""
    counts: KeptCounts = field(default_factory=KeptCounts)

    async def on_request(self, request: AnalysisRequest) -> Shard | None:
        """Split a request into shards and publish these; or a failed report that says why not.

        A lone shard is returned instead: whoever planned it scans it, and its request is its record. What
        another worker watches goes on to that one.

        Raises UnknownTenantError and what was not foreseen, after the failed report is out.
        """
        try:
            tenant = tenant_named(self.tenants, request.tenant)
            elsewhere = self.watched.elsewhere(request)
            if elsewhere is not None:
                await self.publisher.publish(REQUESTS, request, partition=elsewhere)
                self.under_way.ended(request)
                return None
            begun = await self.looker.begin(request)
            if begun is None:
                self.under_way.ended(request)  # a second delivery of a look that is done
                return None
            request = begun.model_copy(update={"time_zone": tenant.time_zone})
            if _look_of(request) in self.planned:
                return None
            return await self._plan(request, tenant)
        except UnknownTenantError as error:  # the API knows it: the settings of the two differ
            self.under_way.ended(request)
            await self.reports.fail(request, str(error))
            raise
        except Exception as error:
            self.under_way.ended(request)
            await self.reports.fail(request, in_words("Planning failed", error))
            raise

    def revoke(self) -> None:
        """The partitions are being assigned anew: what was in hand comes again, here or elsewhere."""
        self.planned.clear()

    async def on_unreadable_request(self, record: Record, error: Exception) -> None:
        """End the analysis of a request that cannot be read: somebody may wait for it.

        Of one that is known, its state is tried again; one that is over stays as it is.
        """
        request = request_of_key(record.key, record.value, self.now_ms(), self.settings.step_ms)
        if request is None:
            return
        known = await self.looker.store.of(request.tenant, request.request_id)
        if known is not None:
            if known.is_over:
                return
            request = known.request.model_copy(update={"look": known.look})
        await self.reports.fail(request, in_words("The request could not be read", error))

    async def _plan(self, request: AnalysisRequest, tenant: TenantSettings) -> Shard | None:
        began = time.perf_counter()
        self.progress.publish_nowait(request, "accepted")
        try:
            shards, partition = await self._shards(request, tenant)
            shards = self._with_clock_notes(shards)
        except (SourceError, InputError) as error:
            self.under_way.ended(request)
            again = request.trigger == "alert" or isinstance(error, SourceError)
            await self.reports.fail(request, str(error), again=again)
            return None
        self.under_way.planned(request, len(shards))
        self.progress.publish_nowait(request, "planned", of=len(shards))
        if len(shards) > 1:
            await asyncio.gather(
                *(self.publisher.publish(SHARDS, shard, partition=partition) for shard in shards)
            )
            self.planned.put(_look_of(request), None)
        self.metrics.stage_seconds.labels("plan").observe(time.perf_counter() - began)
        log.info(
            "request.planned",
            tenant=request.tenant,
            request_id=request.request_id,
            series=sum(shard.expected_series for shard in shards),
            shards=len(shards),
        )
        return shards[0] if len(shards) == 1 else None

    async def _shards(
        self, request: AnalysisRequest, tenant: TenantSettings
    ) -> tuple[list[Shard], int | None]:
        """The shards, and the partition of those that a watch of this worker holds."""
        held = self.watched.of_request(request)
        if held is not None:
            watch, source = held
            with suppress(SourceError, InputError):  # the source may know more, or says it better
                shards = await plan(source, request, self.settings, self.counts)
                shards = [shard.model_copy(update={"watch": watch.name}) for shard in shards]
                return shards, self.watched.partition_of(watch, SHARDS)
        shards = await with_retries(
            lambda: plan_in_scope(self.source, request, self.settings, tenant.matchers, self.counts),
            self.source_s,
            on_retry=self.metrics.source_retries.inc,
        )
        return shards, None

    def _with_clock_notes(self, shards: list[Shard]) -> list[Shard]:
        """The same with what is wrong with clocks, as the source has just told its own."""
        request, ahead_s = shards[0].request, source_ahead_s(self.source)
        notes = [
            *worker_clock_notes(ahead_s),
            *request_clock_notes(request, self.now_ms() + ahead_s * 1000),
        ]
        if not notes:
            return shards
        noted = request.model_copy(update={"notes": [*request.notes, *notes]})
        return [shard.model_copy(update={"request": noted}) for shard in shards]


def _look_of(request: AnalysisRequest) -> tuple[str, str, int]:
    return request.tenant, request.request_id, request.look
