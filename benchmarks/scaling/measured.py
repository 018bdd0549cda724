"""The run that the simulation is checked against: worker processes over a real Kafka and a recording.

Costs are measured in this process (the parts) and on one worker, one analysis after the other (what the
streams add); the burst that is simulated is another load: many at a time, on one and on two workers.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.output import progress
from benchmarks.scaling.costs import part_costs
from benchmarks.scaling.processor_time import idle_seconds, process_seconds
from benchmarks.scaling.workers import Analysis, Costs
from benchmarks.small_analyses import TENANT, recorded, request_for
from benchmarks.streams_driver import Driver
from patternwatch.cli.local_stack import READY
from patternwatch.cli.process_group import ProcessGroup
from patternwatch.cli.stack_folder import StackFolder
from patternwatch.contracts.codec import encode
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS, SHARDS, record_key
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.kafka.dev.free_ports import free_port
from patternwatch.kafka.topics import topic_name

SMALL, LARGE = "small", "large"
SERIES = {SMALL: 300, LARGE: 1500}
SHARDS_OF = {SMALL: 1, LARGE: 5}
SHARD_SERIES = 300
PARTITIONS = 16
WARM_UP, ALONE = 12, 12
IDLE_S = 3.0
_READY_S = 240.0


@dataclass(frozen=True)
class Burst:
    """What was measured of analyses that were asked for at once.

    took_s  seconds from asking to the report, by analysis
    cores   that the workers had or could have had
    owners  which worker owned which partition of each topic
    """

    workers: int
    analyses: tuple[Analysis, ...]
    took_s: Mapping[str, float]
    cores: float
    owners: Mapping[tuple[str, int], int]


@dataclass(frozen=True)
class Measured:
    """The costs, and the bursts that they have to explain."""

    costs: Costs
    bursts: tuple[Burst, ...]


@dataclass(frozen=True)
class _Alone:
    """One analysis after the other on one worker: medians of wall and CPU seconds of each."""

    wall_s: float
    cpu_s: float


def measured(place: StackFolder, burst: int) -> Measured:
    """Start a broker and workers, ask, and end them.

    burst  analyses of the large cluster at a time
    """
    incident = recorded(place.path / "clusters.parquet", SERIES)
    parts = asyncio.run(_parts(place.path / "clusters.parquet", incident))
    progress(f"parts of a large analysis, CPU seconds: {parts}")
    port = free_port(0)
    settings = KafkaSettings(bootstrap=f"127.0.0.1:{port}", partitions=PARTITIONS)
    kafka = place.broker(port)
    try:
        kafka.start()
        with ProcessGroup(place.path) as children:
            run = _Run(place.path, settings, children, incident)
            return asyncio.run(run.all(parts, burst))
    finally:
        kafka.stop()


async def _parts(path: Path, incident: Incident) -> Costs:
    settings = AnalysisSettings(step_ms=incident.step_ms, shard_series=SHARD_SERIES)
    request = request_for(incident, LARGE, "parts", incident.end_ms)
    return await part_costs(BundleSource(path), request, SERIES[LARGE], settings)


class _Run:
    def __init__(
        self, folder: Path, kafka: KafkaSettings, children: ProcessGroup, incident: Incident
    ) -> None:
        self._folder, self._kafka, self._children = folder, kafka, children
        self._incident = incident
        self._metrics: list[str] = []
        self._asked = 0

    async def all(self, parts: Costs, burst: int) -> Measured:
        """The costs on one worker, then a burst on one and on two."""
        names = (topic_name(self._kafka, topic) for topic in (REQUESTS, REPORTS))
        self._start()
        await self._until_shared_out()  # the worker makes the topics
        async with Driver(self._kafka, *names) as driver:
            costs = await self._costs(driver, parts)
            bursts = [await self._burst(driver, burst)]
            self._start()
            await self._until_shared_out()
            bursts.append(await self._burst(driver, burst))
        return Measured(costs, tuple(bursts))

    async def _costs(self, driver: Driver, parts: Costs) -> Costs:
        """What the streams add to the parts: by analysis, by shard, and by hop."""
        await driver.ask_all((self._record(LARGE) for _ in range(WARM_UP)), at_once=4)
        idle, began = self._cpu_s(), time.perf_counter()
        await asyncio.sleep(IDLE_S)
        at_rest = (self._cpu_s() - idle) / (time.perf_counter() - began)
        alone = {cluster: await self._alone(driver, cluster, at_rest) for cluster in (SMALL, LARGE)}
        progress(f"alone: {alone}, at rest {at_rest:.3f} cores")
        added = {c: alone[c].cpu_s - parts.cpu_s(SERIES[c], SHARDS_OF[c]) for c in alone}
        shard = max(added[LARGE] - added[SMALL], 0.0) / (SHARDS_OF[LARGE] - SHARDS_OF[SMALL])
        waits = max(alone[SMALL].wall_s - alone[SMALL].cpu_s, 0.0)
        return Costs(
            request=parts.request + max(added[SMALL] - shard, 0.0),
            shard=shard,
            fetch=parts.fetch,
            scan=parts.scan,
            conclude=parts.conclude,
            wait=0.0,
            hop=waits / 4,
            two_threads=parts.two_threads,
        )

    async def _alone(self, driver: Driver, cluster: str, at_rest: float) -> _Alone:
        wall, cpu = list[float](), list[float]()
        for _ in range(ALONE):
            before = self._cpu_s()
            wall.append(await driver.ask(*self._record(cluster)))
            cpu.append(self._cpu_s() - before - at_rest * wall[-1])
        # CPU seconds come in ticks: only their mean tells anything.
        return _Alone(statistics.median(wall), statistics.fmean(cpu))

    async def _burst(self, driver: Driver, size: int) -> Burst:
        records = [self._record(LARGE) for _ in range(size)]
        idle, ours, began = idle_seconds(), self._cpu_s(), time.perf_counter()
        seconds = await asyncio.gather(*(driver.ask(*record) for record in records))
        cores = (idle_seconds() - idle + self._cpu_s() - ours) / (time.perf_counter() - began)
        owners = self._owners()
        progress(f"{len(self._metrics)} workers: {size} analyses in {max(seconds):.1f} s, {cores:.2f} cores")
        analyses = [
            Analysis(name, TENANT, "manual", 0.0, SERIES[LARGE], SHARDS_OF[LARGE]) for name, _, _ in records
        ]
        took = {record[0]: s for record, s in zip(records, seconds, strict=True)}
        return Burst(len(self._metrics), tuple(analyses), took, cores, owners)

    def _record(self, cluster: str) -> tuple[str, bytes, bytes]:
        self._asked += 1
        name = f"{cluster}-{self._asked}"
        request = request_for(self._incident, cluster, name, int(time.time() * 1000))
        return name, record_key(TENANT, name), encode(request)

    def _start(self) -> None:
        port = free_port(0)
        settings = {
            "KAFKA__BOOTSTRAP": self._kafka.bootstrap,
            "KAFKA__PARTITIONS": str(PARTITIONS),
            "TENANTS": f'[{{"id": "{TENANT}"}}]',
            "SOURCE__URL": f"bundle://{self._folder / 'clusters.parquet'}",
            "ANALYSIS__SHARD_SERIES": str(SHARD_SERIES),
            "METRICS_PORT": str(port),
            "LOG__LEVEL": "warning",
        }
        name = f"worker{len(self._metrics)}"
        self._children.start(name, "worker", {f"PATTERNWATCH_{n}": text for n, text in settings.items()})
        self._metrics.append(f"http://127.0.0.1:{port}/metrics")

    async def _until_shared_out(self) -> None:
        """Until every worker is ready and every partition of every topic has one owner."""
        until = time.monotonic() + _READY_S
        while not (self._ready() and len(set(self._owners().values())) == len(self._metrics)):
            self._children.check()
            if time.monotonic() > until:
                raise SystemExit(f"the workers are not ready:\n{self._children.log_tails()}")
            await asyncio.sleep(0.2)

    def _ready(self) -> bool:
        try:
            return all(READY in httpx.get(url, timeout=5).text for url in self._metrics)
        except httpx.TransportError:
            return False

    def _owners(self) -> dict[tuple[str, int], int]:
        """By topic and partition; empty while one has none or two."""
        found: dict[tuple[str, int], int] = {}
        for worker, url in enumerate(self._metrics):
            for labels in _of_family(httpx.get(url, timeout=5).text, "patternwatch_consumer_lag"):
                if found.setdefault((labels["topic"], int(labels["partition"])), worker) != worker:
                    return {}
        return found if sum(topic == SHARDS.name for topic, _ in found) == PARTITIONS else {}

    def _cpu_s(self) -> float:
        return sum(process_seconds(pid) for pid in self._children.pids.values())


def _of_family(text: str, name: str) -> Iterator[Mapping[str, str]]:
    for family in text_string_to_metric_families(text):
        if family.name == name:
            yield from (sample.labels for sample in family.samples)
