"""The collector: gathers the results of a request and publishes its report.

Its records stay unacknowledged until the report is confirmed, so a crash replays them. After the
deadline it publishes what it has, and a late shard gives a higher revision. The results of one request are
taken one after the other; while its report is made and on its way to the broker, others' are too. Of a
request of one part no result is sent: its report was made where it was scanned, and is published here.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from patternwatch.contracts.errors import in_words
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.streams.agents.reports.collector_services import CollectorServices
from patternwatch.streams.agents.reports.lone_parts import MadeReport
from patternwatch.streams.agents.reports.pending_requests import (
    LookKey,
    PendingRequest,
    Publication,
    PublishedRevisions,
    look_key,
)
from patternwatch.streams.agents.turns import Turns
from patternwatch.streams.consumer.fair_queue import place_of
from patternwatch.streams.consumer.records import Delivery

log = structlog.get_logger()

REREAD_S = 5.0
"""What lies on the topic beside the first result that comes again is read within so long."""


class Collector:
    """Works on the topic `shard-results`.

    deadline_s  after the first result of a request: publish what is there
    late_s      after that: no longer wait for the rest
    clock       seconds, monotonic
    """

    def __init__(
        self,
        services: CollectorServices,
        *,
        deadline_s: float,
        late_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._deadline_s = deadline_s
        self._late_s = late_s
        self._clock = clock
        self._pending: dict[LookKey, PendingRequest] = {}
        self._first_seen: dict[LookKey, float] = {}
        """Of what is pending, and of what was when partitions were dealt anew and may come again."""
        self._published = PublishedRevisions()
        self._turns = Turns()

    async def on_result(self, result: ShardResult, delivery: Delivery) -> None:
        """Take one result in; publishes when it was the last one, or a late one."""
        request = result.request
        key = look_key(request)
        async with self._turn_of(request):
            if self._published.is_final(key) or self._services.reports.looker.is_out(request):
                delivery.done()
                if (left := self._pending.get(key)) is not None:  # another worker has published it
                    self._close(left)
                return
            pending = self._pending.get(key)
            if pending is None:
                pending = self._pending[key] = self._begun(key)
            pending.add(result, delivery)
            self._services.progress.publish_nowait(
                request, "analysing", done=len(pending.results), of=pending.of, note=result.reason
            )
            if pending.complete or pending.overdue:
                await self._publish(pending)
            self._count_open()

    async def on_made(self, made: MadeReport, delivery: Delivery) -> None:
        """Publish the report of a lone part; raises what was not foreseen, after the failed report is out."""
        request, key = made.request, look_key(made.request)
        async with self._turn_of(request):
            if not delivery.held:
                return  # its partition was dealt anew: the new owner makes the report, not both
            if not self._published.is_final(key):
                try:
                    await self._services.reports.conclude(request, made.report, done=1, of=1)
                except Exception as error:
                    await self._fail(request, error)
                    raise
                self._published.remember(key, Publication(made.report.revision, final=True))
            if (pending := self._pending.get(key)) is not None:  # parts of an earlier plan
                self._close(pending)
        delivery.done()

    async def sweep(self) -> None:
        """Publish what is overdue and let go of what came too late; to be called every second or so."""
        now = self._clock()
        overdue = [pending for pending in self._pending.values() if now >= pending.deadline]
        await asyncio.gather(*map(self._see_to_overdue, overdue))
        over = now - self._deadline_s - self._late_s - REREAD_S
        for key in [k for k, seen in self._first_seen.items() if seen < over and k not in self._pending]:
            del self._first_seen[key]
        self._count_open()

    async def _see_to_overdue(self, pending: PendingRequest) -> None:
        async with self._turn_of(pending.request):
            if self._pending.get(look_key(pending.request)) is not pending:
                return  # its last result came while this waited for its turn
            if not pending.overdue:
                pending.overdue = True
                try:
                    await self._publish(pending)
                except Exception:  # one report must not end the others': the clock of looks tells of it
                    log.exception("report.stuck", request_id=pending.request.request_id)
            elif self._clock() >= pending.closes:
                self._close(pending)

    def _begun(self, key: LookKey) -> PendingRequest:
        """Its times go on where partitions were dealt anew since it was first seen.

        If they began anew each time, a request of which a part never comes would not end while workers come
        and go; no offset behind it could be committed, and each time more would be done again.
        """
        now = self._clock()
        seen = self._first_seen.setdefault(key, now)
        deadline = max(seen + self._deadline_s, now + min(REREAD_S, self._deadline_s))
        return PendingRequest(deadline, max(seen + self._deadline_s + self._late_s, deadline))

    def _turn_of(self, request: AnalysisRequest) -> asyncio.Lock:
        """One request is concluded by one at a time, its looks included."""
        return self._turns.of(f"{request.tenant}/{request.request_id}")

    def revoke(self) -> None:
        """Forget what is pending: the partitions are being assigned anew and will be read again."""
        self._pending.clear()
        self._count_open()

    async def flush(self) -> None:
        """Wait until every report and progress that is being published is out."""
        await self._services.reports.flush()
        await self._services.progress.flush()

    async def _publish(self, pending: PendingRequest) -> None:
        request, results, of = pending.request, pending.results, pending.of
        revision, complete, key = pending.revision, pending.complete, look_key(request)
        if revision > self._published.revision(key):
            try:
                name = request.request_id
                async with self._services.attempts.of(request, "report", name) as begun:
                    report = await self._concluded(request, results, of, begun.noted)
                if self._pending.get(key) is not pending:
                    return  # the partitions were dealt anew meanwhile: the new owner makes it, not both
                report = report.model_copy(update={"revision": revision})
                await self._services.reports.conclude(request, report, done=len(results), of=of)
            except Exception as error:  # noqa: BLE001 - any fault in it must not hold the partition up
                await self._give_up(pending, error)
                complete = True
        self._published.remember(key, Publication(revision, complete))
        if complete:
            self._close(pending)

    async def _concluded(
        self, request: AnalysisRequest, results: list[ShardResult], of: int, noted: Awaitable[object]
    ) -> Report:
        began = time.perf_counter()
        classifier = await self._services.classifiers.of(request.tenant, noted)
        await noted
        loop = asyncio.get_running_loop()
        report = await loop.run_in_executor(
            self._services.threads.at(place_of(request)),
            self._services.conclude,
            request,
            results,
            classifier,
            self._services.settings,
            of,
        )
        self._services.metrics.stage_seconds.labels("conclude").observe(time.perf_counter() - began)
        return report

    async def _give_up(self, pending: PendingRequest, error: Exception) -> None:
        """The failed report first: it must come out, whatever becomes of the dead letters."""
        await self._fail(pending.request, error)
        for delivery in pending.deliveries:
            await self._services.dead_letters.send(delivery.record, error)

    async def _fail(self, request: AnalysisRequest, error: Exception) -> None:
        if self._published.revision(look_key(request)) < 0:  # else what is out stays
            await self._services.reports.fail(request, in_words("The report could not be made", error))

    def _close(self, pending: PendingRequest) -> None:
        pending.acknowledge()
        key = look_key(pending.request)
        if self._pending.get(key) is pending:  # another one if partitions were assigned anew meanwhile
            del self._pending[key]
            self._first_seen.pop(key, None)

    def _count_open(self) -> None:
        self._services.metrics.open_requests.set(len(self._pending))
