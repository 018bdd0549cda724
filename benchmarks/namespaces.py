"""Two workers in network namespaces of their own: one is cut off, in silence, and comes back.

    python -m benchmarks.namespaces [--requests 120] [--cut-s 30] [--json]

Needs root and iproute2. A proxy that cuts a connection tells both ends; a link that goes down tells nobody:
what was sent is never answered, and the worker that is cut off goes on with what it has in hand. Requests
for small analyses come at an even pace before, during and after. When the link is up again both workers must
work, and every request must have one report.

lost         requests without a complete report in the end
duplicates   reports of which a revision was published twice, or after a higher one
rejoined_s   from the link that is up until the worker that was cut off has partitions again
longest_s    the longest that a request waited
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.output import Result, progress, run
from benchmarks.small_analyses import QUIET, TENANT, recorded, request_for
from patternwatch.cli.process_group import inherited_environment
from patternwatch.cli.stack_folder import stack_folder
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS, REQUESTS, record_key
from patternwatch.cortex.bundle import Incident
from patternwatch.kafka.clients import consumer, producer
from patternwatch.kafka.dev.free_ports import free_port
from patternwatch.kafka.dev.server import DevKafka
from patternwatch.kafka.topics import topic_name

NET = "10.77"
BROKER = f"{NET}.255.1"
"""An address of this machine, which every namespace reaches through its pair."""
WORKERS = 2
READY_S, DRAIN_S = 180.0, 180.0
PARTITIONS = 4


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=120, help="two a second")
    parser.add_argument("--cut-s", type=float, default=30.0, help="how long the link is down")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    with stack_folder(None) as place, ExitStack() as open_now:
        incident = recorded(place.path / "small.parquet")
        port, controller = free_port(0), free_port(0)
        names = [open_now.enter_context(_namespace(n)) for n in range(WORKERS)]
        open_now.enter_context(_address(BROKER))
        listeners = f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://127.0.0.1:{controller}"
        open_now.enter_context(
            DevKafka(
                place.path / "kafka",
                port,
                f"listeners={listeners}\nadvertised.listeners=PLAINTEXT://{BROKER}:{port}\n"
                f"controller.quorum.voters=1@127.0.0.1:{controller}\n",
            )
        )
        kafka = KafkaSettings(bootstrap=f"{BROKER}:{port}", partitions=PARTITIONS)
        logs = [open_now.enter_context(_worker(name, place.path, kafka)) for name in names]
        for log in logs:
            _until_logged(log, "worker.ready", 0)
        return asyncio.run(_load(kafka, incident, logs, arguments))


async def _load(kafka: KafkaSettings, incident: Incident, logs: list[Path], arguments: Any) -> Result:
    asked: dict[str, float] = {}
    answered: dict[str, float] = {}
    revisions: defaultdict[str, list[int]] = defaultdict(list)
    all_answered = asyncio.Event()

    def came(report: Report) -> None:
        revisions[report.request_id].append(report.revision)
        if report.status == "complete":
            answered.setdefault(report.request_id, time.monotonic())
        if len(answered) == arguments.requests:
            all_answered.set()

    reading = asyncio.create_task(_read(kafka, came))
    sending = asyncio.create_task(_send(kafka, incident, asked, arguments.requests))
    await asyncio.sleep(arguments.requests / 2 * 0.2)
    before = logs[0].stat().st_size
    _ip("link", "set", _host_end(0), "down")
    progress("the first worker is cut off")
    await asyncio.sleep(arguments.cut_s)
    _ip("link", "set", _host_end(0), "up")
    _ip("-n", _name(0), "route", "replace", "default", "via", f"{NET}.0.1")
    healed = time.monotonic()
    progress("the link is up again")
    rejoined_s = await asyncio.to_thread(_until_logged, logs[0], "partitions.assigned", before) - healed
    await sending
    with suppress(TimeoutError):
        await asyncio.wait_for(all_answered.wait(), DRAIN_S)
    await asyncio.sleep(2)  # what is published twice comes late
    reading.cancel()
    return {
        "figures": {
            "lost": len(asked) - len(answered),
            "duplicates": sum(map(goes_back, revisions.values())),
            "rejoined_s": rejoined_s,
            "longest_s": max((answered[name] - asked[name] for name in answered), default=0.0),
        },
        "settings": {"requests": arguments.requests, "cut_s": arguments.cut_s},
    }


def goes_back(revisions: Sequence[int]) -> bool:
    """Whether a revision was published twice, or after a higher one."""
    return any(later <= earlier for earlier, later in pairwise(revisions))


async def _send(kafka: KafkaSettings, incident: Incident, asked: dict[str, float], requests: int) -> None:
    client = producer(kafka, "bench")
    await client.start()
    try:
        for n in range(requests):
            name = f"r{n}"
            request = request_for(incident, QUIET, name, int(time.time() * 1000))
            asked[name] = time.monotonic()
            await client.send_and_wait(
                topic_name(kafka, REQUESTS), encode(request), key=record_key(TENANT, name)
            )
            await asyncio.sleep(0.5)
    finally:
        await client.stop()


async def _read(kafka: KafkaSettings, came: Callable[[Report], None]) -> None:
    client = consumer(kafka, "bench", topic_name(kafka, REPORTS))
    await client.start()
    try:
        async for record in client:
            came(decode(record.value, Report))
    finally:
        await client.stop()


@contextmanager
def _namespace(number: int) -> Iterator[str]:
    """A namespace with a pair of links to here, one end of which can be taken down."""
    name, here, there = _name(number), _host_end(number), f"pwn{number}"
    _ip("netns", "add", name)
    try:
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        _ip("addr", "add", f"{NET}.{number}.1/24", "dev", here)
        _ip("link", "set", here, "up")
        _ip("-n", name, "addr", "add", f"{NET}.{number}.2/24", "dev", there)
        for link in ("lo", there):
            _ip("-n", name, "link", "set", link, "up")
        _ip("-n", name, "route", "add", "default", "via", f"{NET}.{number}.1")
        yield name
    finally:
        _ip("netns", "del", name)


@contextmanager
def _address(of_this_machine: str) -> Iterator[None]:
    _ip("addr", "add", f"{of_this_machine}/32", "dev", "lo")
    try:
        yield
    finally:
        _ip("addr", "del", f"{of_this_machine}/32", "dev", "lo")


@contextmanager
def _worker(namespace: str, folder: Path, kafka: KafkaSettings) -> Iterator[Path]:
    """A worker in this namespace: its log."""
    settings = {
        "KAFKA__BOOTSTRAP": kafka.bootstrap,
        "KAFKA__PARTITIONS": str(kafka.partitions),
        "TENANTS": f'[{{"id": "{TENANT}"}}]',
        "SOURCE__URL": f"bundle://{folder / 'small.parquet'}",
    }
    log = folder / f"{namespace}.log"
    command = ["ip", "netns", "exec", namespace, sys.executable, "-m", "patternwatch.cli", "worker"]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=inherited_environment() | {f"PATTERNWATCH_{k}": v for k, v in settings.items()},
        )
        try:
            yield log
        finally:
            process.terminate()
            process.wait(30)


def _until_logged(log: Path, event: str, after: int) -> float:
    """When this event stands in the log, behind so many bytes; ends the run where it does not come."""
    until = time.monotonic() + READY_S
    while event not in log.read_bytes()[after:].decode(errors="replace"):
        if time.monotonic() > until:
            raise SystemExit(f"no {event} within {READY_S:g} s:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)
    return time.monotonic()


def _name(number: int) -> str:
    return f"pw{number}"


def _host_end(number: int) -> str:
    return f"pwh{number}"


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


if __name__ == "__main__":
    main()
