"""The agents over fakes, wired as the worker wires them."""

from patternwatch.analysis.scan import scan
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings
from patternwatch.cortex.kept_windows import KeptWindows
from patternwatch.kafka.role_publisher import RolePublisher
from patternwatch.streams.agents.declarations import ANALYST, PLANNER
from patternwatch.streams.agents.looks.alert_limits import AlertLimits
from patternwatch.streams.agents.looks.later_looks import LaterLooks
from patternwatch.streams.agents.looks.looker import Looker
from patternwatch.streams.agents.planning.alert_handler import AlertHandler
from patternwatch.streams.agents.planning.incidents import Incidents
from patternwatch.streams.agents.planning.parts_under_way import PartsUnderWay
from patternwatch.streams.agents.planning.planner import Planner
from patternwatch.streams.agents.reports.progress import ProgressPublisher
from patternwatch.streams.agents.reports.report_publisher import ReportPublisher
from patternwatch.streams.agents.shards.analyst import Analyst, Scan
from patternwatch.streams.agents.shards.attempts import Attempts
from patternwatch.streams.agents.shards.shard_reader import ShardReader
from patternwatch.streams.agents.watches.kept_watches import KeptWatch
from patternwatch.streams.agents.watches.watched_series import WatchedSeries
from patternwatch.streams.consumer.dead_letters import DeadLetterPublisher
from patternwatch.streams.consumer.fair_threads import FairThreads
from patternwatch.streams.consumer.record_handler import ConsumerContext
from patternwatch.streams.consumer.records import OffsetTracker
from patternwatch.streams.metrics import WorkerMetrics
from tests.fakes.clock import standing_clock
from tests.fakes.messages import TENANT
from tests.fakes.partitions import FakePartitions
from tests.fakes.publisher import FakePublisher
from tests.fakes.source import FakeSource
from tests.fakes.state import FakeAttempts, FakeJoinedAlerts, FakeLooks
from tests.fakes.watch_book import FakeWatchBook

ANALYSIS = AnalysisSettings(shard_series=10)
THREADS = FairThreads(1)


class AgentHarness:
    """A publisher that keeps what is sent, and the agents' shared services over it."""

    def __init__(self, publisher: FakePublisher | None = None) -> None:
        self.publisher = publisher or FakePublisher()
        self.metrics = WorkerMetrics()
        self.clock = standing_clock()
        self.now_ms = self.clock.now_ms
        self.progress = ProgressPublisher(self.publisher, self.now_ms)
        self.looks = FakeLooks()
        self.joined_alerts = FakeJoinedAlerts()
        self.attempt_store = FakeAttempts()
        self.attempts = Attempts(self.attempt_store, self.metrics)
        self.limits = AlertLimits(100, 300)
        self.under_way = PartsUnderWay(max_parts=4, clock=lambda: self.now_ms() / 1000)
        self.looker = Looker(self.looks, self.joined_alerts, self.now_ms)
        self.later_looks = LaterLooks(self.looks, self.joined_alerts, self.now_ms)
        self.reports = ReportPublisher(
            self.publisher, self.progress, self.looker, self.later_looks, self.metrics, self.now_ms
        )
        self.watches = list[KeptWatch]()
        self.book, self.partitions = FakeWatchBook([]), FakePartitions()
        self.watched = WatchedSeries(self.book, self.watches, self.partitions, ANALYSIS, self.now_ms)
        self.dead_letters = DeadLetterPublisher(self.publisher, self.metrics, self.now_ms, "p.")
        self.context = ConsumerContext(OffsetTracker(), self.dead_letters, self.metrics)

    def alert_handler(self, settings: AnalysisSettings = ANALYSIS) -> AlertHandler:
        return AlertHandler(
            publisher=RolePublisher(self.publisher, PLANNER.role),
            progress=self.progress,
            reports=self.reports,
            looker=self.looker,
            incidents=Incidents(self.later_looks, self.joined_alerts, settings, self.now_ms),
            metrics=self.metrics,
            tenants=(TenantSettings(id=TENANT),),
            settings=settings,
            now_ms=self.now_ms,
            limits=self.limits,
            under_way=self.under_way,
        )

    def planner(
        self, source: FakeSource, settings: AnalysisSettings = ANALYSIS, source_s: float = 0.1
    ) -> Planner:
        return Planner(
            publisher=RolePublisher(self.publisher, PLANNER.role),
            progress=self.progress,
            reports=self.reports,
            looker=self.looker,
            metrics=self.metrics,
            source=source,
            tenants=(TenantSettings(id=TENANT),),
            settings=settings,
            source_s=source_s,
            watched=self.watched,
            now_ms=self.now_ms,
            under_way=self.under_way,
        )

    def analyst(self, source: FakeSource, scan: Scan = scan) -> Analyst:
        return Analyst(
            publisher=RolePublisher(self.publisher, ANALYST.role),
            metrics=self.metrics,
            reader=ShardReader(source, KeptWindows(source), self.watched, self.metrics),
            settings=ANALYSIS,
            threads=THREADS,
            source_s=0.1,
            attempts=self.attempts,
            is_out=self.looker.is_out,
            scan=scan,
        )
