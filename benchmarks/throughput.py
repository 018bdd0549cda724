"""How many small analyses one worker makes in a second, and what the streams add to their pure parts.

    python -m benchmarks.throughput [--requests 200] [--json]

One worker process over a real Kafka, without the API; its source is a recording in memory of two clusters of
300 series: twenty of one move, none of the other. Requests are put on the topic `requests`, and a report is
there when it can be read from `reports`. It begins a minute after the worker's start: until then a worker
looks at every request for a report of the one before it (`SKEW_MS` of `streams/state/published.py`).

parts_s      counting, fetching, scanning and concluding one faulty analysis in this process, one after the
             other, by the same functions: median
alone_s      one faulty analysis after the other, through the streams: median
over_parts   the time of an analysis with 32 on their way, over parts_s
alone_over_parts  alone_s over parts_s
fixed_ms     what a faulty analysis takes alone beside reading and scanning its series
small_per_s  faulty analyses a second, 32 on their way
quiet_per_s  quiet ones likewise
faust_ms     a bare Faust agent that passes a record on, over the same Kafka: one after the other, median
faust_per_s  and with 32 on their way
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from aiokafka.admin import NewTopic

from benchmarks.output import Result, progress, run
from benchmarks.pure_parts import Parts, parts_of
from benchmarks.small_analyses import FAULTY, MOVED, QUIET, TENANT, recorded, request_for
from benchmarks.streams_driver import Driver
from patternwatch.cli.local_stack import READY
from patternwatch.cli.process_group import ProcessGroup
from patternwatch.cli.stack_folder import stack_folder
from patternwatch.contracts.codec import encode
from patternwatch.contracts.settings import AnalysisSettings, KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS, record_key
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.kafka.clients import admin_client
from patternwatch.kafka.dev.free_ports import free_port
from patternwatch.kafka.topics import topic_name
from patternwatch.streams.state.published import SKEW_MS

AT_ONCE = 32
ONE_BY_ONE = 30
WARM_UP = 20
READY_S = 180.0
_MORE_S = 2.0
"""Ready and in its group are not one moment."""
IN, OUT = "bench-in", "bench-out"


@dataclass(frozen=True)
class Flow:
    """Median seconds of one after the other, and how many a second with 32 on their way."""

    alone_s: float
    per_s: float


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=200, help="of each kind, 32 on their way")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    with stack_folder(None) as place:
        incident = recorded(place.path / "small.parquet")
        parts = asyncio.run(_parts(place.path / "small.parquet", incident))
        port = free_port(0)
        kafka = place.broker(port)
        settings = KafkaSettings(bootstrap=f"127.0.0.1:{port}", partitions=4)
        try:
            kafka.start()
            with _worker(place.path, settings):
                flows = asyncio.run(_flows(settings, incident, arguments.requests))
            faust = asyncio.run(_bare(settings, arguments.requests * 5))
        finally:
            kafka.stop()
    faulty, quiet = flows[FAULTY], flows[QUIET]
    return {
        "figures": {
            "parts_s": parts.whole_s,
            "alone_s": faulty.alone_s,
            "over_parts": 1.0 / faulty.per_s / parts.whole_s,
            "alone_over_parts": faulty.alone_s / parts.whole_s,
            "fixed_ms": 1000 * (faulty.alone_s - parts.fetch_s - parts.scan_s),
            "small_per_s": faulty.per_s,
            "quiet_per_s": quiet.per_s,
            "faust_ms": 1000 * faust.alone_s,
            "faust_per_s": faust.per_s,
        },
        "results": [
            {"part": name, "ms": 1000 * getattr(parts, f"{name}_s")}
            for name in ("count", "fetch", "scan", "conclude", "classify")
        ],
        "settings": {"requests": arguments.requests, "at once": AT_ONCE},
    }


async def _parts(path: Path, incident: Incident) -> Parts:
    """The parts in this process: the analysis of median length, after some that warm up."""
    source, settings = BundleSource(path), AnalysisSettings(step_ms=incident.step_ms)
    found = []
    for number in range(3 + ONE_BY_ONE):
        request = request_for(incident, FAULTY, f"part-{number}", incident.end_ms)
        found.append(await parts_of(source, request, settings))
    findings = len(found[-1].report.findings)
    if findings != MOVED:
        raise SystemExit(f"{MOVED} series move, but the report has {findings} findings")
    return sorted(found[3:], key=lambda parts: parts.whole_s)[ONE_BY_ONE // 2]


@contextmanager
def _worker(folder: Path, kafka: KafkaSettings) -> Iterator[None]:
    metrics_port = free_port(0)
    settings = {
        "KAFKA__BOOTSTRAP": kafka.bootstrap,
        "KAFKA__PARTITIONS": str(kafka.partitions),
        "TENANTS": f'[{{"id": "{TENANT}"}}]',
        "SOURCE__URL": f"bundle://{folder / 'small.parquet'}",
        "METRICS_PORT": str(metrics_port),
        "LOG__LEVEL": "warning",
    }
    with ProcessGroup(folder) as children:
        children.start("worker", "worker", {f"PATTERNWATCH_{name}": text for name, text in settings.items()})
        until = time.monotonic() + READY_S
        while not _ready(f"http://127.0.0.1:{metrics_port}/metrics"):
            children.check()
            if time.monotonic() > until:
                raise SystemExit(f"the worker is not ready:\n{children.log_tails()}")
            time.sleep(0.1)
        time.sleep(SKEW_MS / 1000 + _MORE_S)
        yield


def _ready(url: str) -> bool:
    try:
        return READY in httpx.get(url, timeout=5).text
    except httpx.TransportError:
        return False


async def _flows(kafka: KafkaSettings, incident: Incident, requests: int) -> dict[str, Flow]:
    """The flow of the analyses of each cluster."""
    flows = {}
    names = topic_name(kafka, REQUESTS), topic_name(kafka, REPORTS)
    async with Driver(kafka, *names) as driver:
        for cluster in (FAULTY, QUIET):

            def record(number: int, cluster: str = cluster) -> tuple[str, bytes, bytes]:
                name = f"{cluster}-{number}"
                request = request_for(incident, cluster, name, int(time.time() * 1000))
                return name, record_key(TENANT, name), encode(request)

            await driver.ask_all(map(record, range(WARM_UP)), AT_ONCE)
            alone = [await driver.ask(*record(WARM_UP + k)) for k in range(ONE_BY_ONE)]
            first = WARM_UP + ONE_BY_ONE
            seconds = await driver.ask_all(map(record, range(first, first + requests)), AT_ONCE)
            flows[cluster] = Flow(statistics.median(alone), requests / seconds)
            progress(f"{cluster}: {flows[cluster]}")
    return flows


async def _bare(kafka: KafkaSettings, records: int) -> Flow:
    """The flow of records through the bare agent."""
    async with _bare_agent(kafka), Driver(kafka, IN, OUT) as driver:

        def record(number: int) -> tuple[str, None, bytes]:
            return str(number), None, str(number).encode()

        await driver.ask_all(map(record, range(WARM_UP)), AT_ONCE)
        alone = [await driver.ask(*record(WARM_UP + k)) for k in range(ONE_BY_ONE)]
        first = WARM_UP + ONE_BY_ONE
        seconds = await driver.ask_all(map(record, range(first, first + records)), AT_ONCE)
        return Flow(statistics.median(alone), records / seconds)


@asynccontextmanager
async def _bare_agent(kafka: KafkaSettings) -> AsyncIterator[None]:
    admin = admin_client(kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, kafka.partitions, 1) for name in (IN, OUT)])
    finally:
        await admin.close()
    agent = (sys.executable, "-m", "benchmarks.bare_agent", kafka.bootstrap, IN, OUT)
    process = await asyncio.create_subprocess_exec(*agent)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    main()
