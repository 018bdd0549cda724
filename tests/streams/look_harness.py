"""Alert handler, planner, collector and clock of one worker over fakes: looks follow as time passes."""

from collections.abc import Callable
from typing import Any

from patternwatch.analysis.report.looks import next_look_ms
from patternwatch.analysis.samples.freshness import Freshness
from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.looks import Look
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.topics import REPORTS, REQUESTS, SHARDS
from patternwatch.streams.agents.looks.clock import LookClock
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_result, an_alert
from tests.fakes.source import FakeSource
from tests.streams.agent_harness import AgentHarness
from tests.streams.agents.reports.test_collector import CollectorHarness, concluded

AWAY = SourceUnavailableError("Cortex is away")


def fired_now() -> dict[str, object]:
    return {"starts_at_ms": NOW_MS - 12_000, "received_at_ms": NOW_MS}


def concluded_growing(request: AnalysisRequest, *rest: Any) -> Report:
    """As `concluded`; it says when the next look is, as the real `conclude` does."""
    next_ms = next_look_ms(request, Freshness(10, 10, 0))
    return concluded(request, *rest).model_copy(update={"next_look_ms": next_ms, "look": request.look})


class Worker:
    """Planner, collector and clock of one worker process; several may share looks and publisher."""

    def __init__(
        self,
        source: FakeSource | None = None,
        before: "Worker | None" = None,
        conclude: Callable[..., Report] = concluded_growing,
    ) -> None:
        self.collecting = CollectorHarness(conclude)
        self.harness: AgentHarness = self.collecting.harness
        if before is not None:  # the process is another one, Kafka is the same
            self.harness.publisher.sent = before.harness.publisher.sent
            self.harness.looks.looks = before.harness.looks.looks
            self.harness.joined_alerts.alerts = before.harness.joined_alerts.alerts
            self.harness.clock.now = before.harness.clock.now
        self.alert_handler = self.harness.alert_handler()
        self.planner = self.harness.planner(source or FakeSource(services=2))
        self.owns = True
        self.look_clock = LookClock(
            self.harness.publisher,
            self.harness.looks,
            self.harness.reports,
            self.harness.limits,
            lambda _: self.owns,
            self.harness.now_ms,
        )
        self._taken = len(self.harness.publisher.on(REQUESTS))

    async def work(self) -> None:
        """Plan every request that is new, and answer each shard with a good result."""
        requests = self.harness.publisher.on(REQUESTS)
        fresh, self._taken = requests[self._taken :], len(requests)
        for request in fresh:
            await self.plan(request)

    async def plan(self, request: AnalysisRequest) -> None:
        before = len(self.harness.publisher.on(SHARDS))
        lone = await self.planner.on_request(request)
        if lone is not None:
            await self.scan(lone)
        for shard in self.harness.publisher.on(SHARDS)[before:]:
            await self.collecting.give(good(shard.request, shard.number, shard.of))

    async def scan(self, lone: Shard) -> None:
        """Do a part that is alone in its request, with a good result."""
        analyst = self.harness.analyst(FakeSource(), lambda shard, *_: good(shard.request))
        await self.collecting.scan(lone, analyst)

    async def later(self, seconds: float) -> None:
        """So much time passes, and whatever is due is done."""
        self.harness.clock.now += seconds
        await self.look_clock.turn()
        await self.work()

    async def half_minutes(self, number: int) -> None:
        """So many pass, one after the other."""
        for _ in range(number):
            await self.later(30)

    async def repeat(self, **changes: object) -> None:
        await self.alert_handler.on_alert(an_alert(**fired_now() | changes))
        await self.work()

    @property
    def reports(self) -> list[Report]:
        return self.harness.publisher.on(REPORTS)

    @property
    def revisions(self) -> list[int]:
        return [report.revision for report in self.reports]

    @property
    def kept(self) -> list[Look]:
        looks = self.harness.looks.looks
        return [*looks.under_way.values(), *looks.ended.expired(now_ms=10**15, since_ms=0)]


def good(request: AnalysisRequest, number: int = 0, of: int = 1) -> ShardResult:
    return a_result(request, number, of, newest=[10] + [0] * 20)
