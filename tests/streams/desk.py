"""What agents are given in tests: everything around them is a fake."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from patternwatch.analysis.conclude import failed
from patternwatch.analysis.planning import huge_families, plan_shards
from patternwatch.analysis.requests import request_for_alert
from patternwatch.analysis.scan import scan
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings
from patternwatch.cortex.census import take_census
from patternwatch.streams.analyst import Analyst
from patternwatch.streams.dead_letters import DeadLetterBox
from patternwatch.streams.intake import Desk
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.streams.planner import Planner
from patternwatch.streams.progress import ProgressTeller
from patternwatch.streams.records import Acks
from patternwatch.streams.reporting import Reporter
from tests.streams.fakes import NOW_MS, FakePublisher, FakeSource

ANALYSIS = AnalysisSettings(shard_series=10)
EXECUTOR = ThreadPoolExecutor(1)


def now_ms() -> int:
    return NOW_MS


class Office:
    """A publisher that keeps what is sent, and the agents' common parts over it."""

    def __init__(self, publisher: FakePublisher | None = None) -> None:
        self.publisher = publisher or FakePublisher()
        self.metrics = WorkerMetrics()
        self.progress = ProgressTeller(self.publisher, now_ms)
        self.reporter = Reporter(self.publisher, self.progress, self.metrics, failed, now_ms)
        self.dead_letters = DeadLetterBox(self.publisher, self.metrics, now_ms, "p.")
        self.desk = Desk(Acks(), self.dead_letters, self.metrics)

    def planner(self, source: FakeSource, **changes: Any) -> Planner:
        parts: dict[str, Any] = {
            "publisher": self.publisher,
            "progress": self.progress,
            "reporter": self.reporter,
            "metrics": self.metrics,
            "tenants": (TenantSettings(id="default"),),
            "request_for_alert": lambda alert, tenant: request_for_alert(alert, tenant, ANALYSIS, NOW_MS),
            "census": lambda request: take_census(
                source, request, huge=lambda counts: huge_families(counts, ANALYSIS), most=10
            ),
            "plan_shards": lambda request, census: plan_shards(request, census.counts, ANALYSIS, census.cuts),
            "analyze_alerts": True,
            "source_s": 0.1,
        }
        return Planner(**parts | changes)

    def analyst(self, source: FakeSource, **changes: Any) -> Analyst:
        parts: dict[str, Any] = {
            "publisher": self.publisher,
            "metrics": self.metrics,
            "source": source,
            "scan": lambda shard, batch, fetch_ms: scan(shard, batch, ANALYSIS, fetch_ms),
            "executor": EXECUTOR,
            "source_s": 0.1,
        }
        return Analyst(**parts | changes)
