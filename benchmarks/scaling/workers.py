"""The product in the simulation: planner, analysts and collector of each worker, and who owns which record.

A record goes to the partition of its key, as Kafka deals it, and waits in the worker as the product lets it
wait: people's before alerts' before watches', tenants and analyses in turns.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from benchmarks.scaling.events import Course, Events, Slots
from benchmarks.scaling.processors import Host
from patternwatch.contracts.ids import shard_id
from patternwatch.contracts.requests import Trigger
from patternwatch.contracts.settings import SourceSettings
from patternwatch.contracts.topics import REQUESTS, SHARD_RESULTS, SHARDS, record_key
from patternwatch.kafka.topics import partition_of
from patternwatch.streams.agents.admission import MAX_CONCURRENT_PLANS
from patternwatch.streams.consumer.fair_queue import Place
from patternwatch.streams.services import ANALYSIS_THREADS

RANKS: dict[Trigger, int] = {"manual": 0, "alert": 1, "watch": 2}


@dataclass(frozen=True)
class Costs:
    """What an analysis takes, in seconds; of CPU where it is not said otherwise.

    request      the streams' part of an analysis, and counting its series
    shard        the streams' part of a shard
    fetch, scan  of one series
    conclude     of an analysis
    wait         until the source has answered for one series, beside our own CPU
    hop          of a record through Kafka, until it is in hand
    two_threads  see `Host`
    """

    request: float
    shard: float
    fetch: float
    scan: float
    conclude: float
    wait: float
    hop: float
    two_threads: float

    def cpu_s(self, series: int, shards: int) -> float:
        """CPU seconds of one analysis."""
        return self.request + shards * self.shard + series * (self.fetch + self.scan) + self.conclude


@dataclass(frozen=True)
class Analysis:
    """One look at so many series, asked for at this second."""

    name: str
    tenant: str
    trigger: Trigger
    at_s: float
    series: int
    shards: int

    @property
    def place(self) -> Place:
        """Where its records wait."""
        return Place(RANKS[self.trigger], self.tenant, self.name)


Owner = Callable[[str, int], int]
"""Which worker owns this partition of this topic."""


@dataclass(frozen=True)
class Layout:
    """How the product is laid out: workers, partitions of each topic, who owns them, and on which cores.

    cores   of a host
    shared  whether all workers run on one host; else each has one of its own
    """

    workers: int
    partitions: int
    owner: Owner
    cores: float
    shared: bool
    fetches: int = SourceSettings().concurrency


@dataclass
class Worker:
    """The slots of one process."""

    number: int
    host: Host
    plans: Slots
    fetches: Slots
    threads: Slots
    collecting: Slots


@dataclass
class Cluster:
    """The workers over one clock."""

    events: Events
    costs: Costs
    layout: Layout
    took_s: dict[str, float] = field(default_factory=dict)
    """Seconds from asking to the report, by analysis."""

    def __post_init__(self) -> None:
        hosts = [self._host() for _ in range(1 if self.layout.shared else self.layout.workers)]
        self.workers = [self._worker(n, hosts[n % len(hosts)]) for n in range(self.layout.workers)]
        self.hosts = hosts

    def run(self, analyses: Iterable[Analysis]) -> None:
        """Ask for all of these, each at its time, until the last report is out."""
        for analysis in analyses:
            self.events.start(self._analysis(analysis))
        self.events.run()

    def _host(self) -> Host:
        return Host(self.events, self.layout.cores, self.costs.two_threads)

    def _worker(self, number: int, host: Host) -> Worker:
        sizes = (MAX_CONCURRENT_PLANS, self.layout.fetches, ANALYSIS_THREADS, 1)
        return Worker(number, host, *(Slots(self.events, size) for size in sizes))

    def _owner(self, topic: str, *key: str) -> Worker:
        partition = partition_of(record_key(*key), self.layout.partitions)
        return self.workers[self.layout.owner(topic, partition)]

    def _analysis(self, analysis: Analysis) -> Course:
        yield self.events.pause(analysis.at_s + self.costs.hop)
        worker = self._owner(REQUESTS.name, analysis.tenant, analysis.name)
        yield worker.plans.take(analysis.place)
        yield worker.host.work(worker.number, self.costs.request)
        worker.plans.give()
        came: list[int] = []
        for number in range(analysis.shards):
            self.events.start(self._shard(analysis, number, came))

    def _shard(self, analysis: Analysis, number: int, came: list[int]) -> Course:
        costs, series = self.costs, analysis.series / analysis.shards
        yield self.events.pause(costs.hop)
        worker = self._owner(SHARDS.name, shard_id(analysis.name, number))
        yield worker.fetches.take(analysis.place)
        yield self.events.pause(series * costs.wait)
        yield worker.host.work(worker.number, costs.shard + series * costs.fetch)
        yield worker.threads.take(analysis.place)
        yield worker.host.work(worker.number, series * costs.scan)
        worker.threads.give()
        worker.fetches.give()
        yield self.events.pause(costs.hop)
        came.append(number)
        if len(came) == analysis.shards:
            self.events.start(self._conclude(analysis))

    def _conclude(self, analysis: Analysis) -> Course:
        worker = self._owner(SHARD_RESULTS.name, analysis.tenant, analysis.name)
        # Of one tenant in the order in which they came, as `place_of_result` has it.
        place = analysis.place._replace(analysis="")
        yield worker.collecting.take(place)
        yield worker.threads.take(place)
        yield worker.host.work(worker.number, self.costs.conclude)
        worker.threads.give()
        worker.collecting.give()
        yield self.events.pause(self.costs.hop)
        self.took_s[analysis.name] = self.events.now - analysis.at_s


def dealt(workers: int) -> Owner:
    """Partitions dealt out one by one, as Faust's assignor balances them."""
    return lambda _topic, partition: partition % workers
