"""One run: start, see what is right without faults, break things under load, heal, drain."""

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import httpx

from benchmarks.faults.check import Content, Seen, ShownAlert
from benchmarks.faults.cluster import Cluster
from benchmarks.faults.drain import drain
from benchmarks.faults.faults import FAULTS
from benchmarks.faults.lab import Lab
from benchmarks.faults.ledger import Ledger
from benchmarks.faults.load import TENANT, WAYS, Load
from benchmarks.faults.memory import Memory
from benchmarks.faults.observe import ApiObserver, TopicObserver
from benchmarks.faults.poison import OTHER_TENANT
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.schedule import REBALANCE, WORKERS, Planned
from benchmarks.faults.source import CASES, FakeSource, broken_service
from benchmarks.output import progress
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.delivery import WaitForBroker
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topics import ensure_topics

START_S, REFERENCE_S = 180.0, 120.0
TAIL_S = 5.0
"""The load goes on for so long after everything has healed."""
SETTLE_S = 3.0
SETTINGS = {
    "TENANTS": json.dumps([{"id": TENANT}, {"id": OTHER_TENANT}]),
    "ANALYSIS__MAX_ALERT_AGE_S": "1e9",  # the samples have fixed times
    "ANALYSIS__SHARD_SERIES": "9",
    "ANALYSIS__DEADLINE_S": "20",
    "SOURCE__TIMEOUT_S": "5",
    "SESSION_TIMEOUT_S": "6",
    "LATE_S": "20",
    "STALL_TIMEOUT_S": "60",
    "MAX_ANALYSES_IN_FLIGHT": "1000000",
    "MAX_ANALYSES_PER_MINUTE": "1000000",
    "MAX_ALERT_ANALYSES_IN_FLIGHT": "1000000",
    "MAX_ALERT_ANALYSES_PER_MINUTE": "1000000",
}
"""Short times, so that a run sees deadlines and evictions; the tenant's limits are another test's."""


class Pace(NamedTuple):
    """Attempts a second, and how many further alerts follow each of those that come by webhook."""

    per_s: float
    alerts: int


@dataclass
class Outcome:
    """What a run leaves: to be checked."""

    lab: Lab
    truth: dict[int, Content]
    visible: list[Seen]
    alerts: list[ShownAlert]
    topics: TopicObserver
    looked_at: list[Seen]
    memory: Memory
    healed_at: float
    drained: bool


async def run_lab(
    source: FakeSource,
    folder: Path,
    planned: Sequence[Planned],
    length_s: float,
    pace: Pace,
    seed: int,
) -> Outcome:
    """The whole run; raises SystemExit where the lab itself does not come up."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every try, ten times a second
    cluster = Cluster(folder, {**SETTINGS, "SOURCE__URL": source.url})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(cluster)
        proxy = await stack.enter_async_context(Proxy(cluster.behind_proxy, cluster.proxy_port))
        kafka = KafkaSettings(bootstrap=cluster.kafka.bootstrap, partitions=4)
        await ensure_topics(kafka)
        direct = KafkaPublisher(kafka, "lab", WaitForBroker())
        stack.push_async_callback(direct.close)
        ledger = stack.enter_context(Ledger(folder / "ledger.jsonl"))
        lab = Lab(cluster, proxy, source, ledger, kafka, direct, random.Random(seed))
        load, api = Load(cluster.url, ledger, direct), ApiObserver(cluster.url)
        stack.push_async_callback(load.close)
        stack.push_async_callback(api.close)
        await asyncio.to_thread(cluster.compile)
        stack.push_async_callback(cluster.leave_all)
        for name in ("api", *WORKERS):
            cluster.start(name)
        topics = await stack.enter_async_context(TopicObserver(kafka))
        await until("the processes to be ready", START_S, lambda: _ready(cluster))
        truth = await _reference(load, api)
        load.alerts = pace.alerts
        memory = Memory(cluster.pids)
        beside = [asyncio.create_task(job) for job in (cluster.supervise(), api.run(), memory.run())]
        stack.push_async_callback(_cancelled, beside)
        ends = asyncio.Event()
        loading = asyncio.create_task(load.run(pace.per_s, ends))
        await _inflict(lab, planned, length_s)
        healed_at = ledger.write("healed")
        progress("healed; draining")
        await asyncio.sleep(TAIL_S)
        ends.set()
        await loading
        drained, visible, alerts = await drain(lab, api, topics)
        await asyncio.sleep(SETTLE_S)
        return Outcome(lab, truth, visible, alerts, topics, api.looked_at, memory, healed_at, drained)


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _inflict(lab: Lab, planned: Sequence[Planned], length_s: float) -> None:
    """Every fault at its time, one after the other, and rebalances beside them; until all are over.

    One that waits for its moment makes the next one late: in the middle of another one it would not reach
    what it is there for. Of those that are late beyond the end, only kinds that have not come yet do.
    """
    loop = asyncio.get_running_loop()
    began, come = loop.time(), set[str]()

    async def inflict(faults: Sequence[tuple[int, Planned]]) -> None:
        for number, fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at_s - loop.time()))
            if fault.kind in come and loop.time() - began > length_s:
                continue
            come.add(fault.kind)
            what = f"{fault.kind} {fault.target} {fault.seconds:g} s {fault.moment}"
            progress(f"{loop.time() - began:6.1f} s: {what}")
            lab.ledger.write("fault", number=number, kind=fault.kind, target=fault.target)
            await FAULTS[fault.kind](lab, fault)
            lab.ledger.write("fault_over", number=number)

    numbered = list(enumerate(planned))
    async with asyncio.TaskGroup() as group:
        group.create_task(inflict([(n, fault) for n, fault in numbered if fault.kind != REBALANCE.name]))
        group.create_task(inflict([(n, fault) for n, fault in numbered if fault.kind == REBALANCE.name]))
        await asyncio.sleep(length_s)


async def _reference(load: Load, api: ApiObserver) -> dict[int, Content]:
    """What the report of each case says without faults, whichever way it was asked for."""
    for _ in range(CASES * len(WAYS)):
        await load.next()

    async def complete() -> bool:
        seen = await api.all()
        return len({s.attempt for s in seen if s.status == "complete"}) == CASES * len(WAYS)

    await until("the reports without faults", REFERENCE_S, complete)
    truth: dict[int, Content] = {}
    for seen in await api.all():
        same = truth.setdefault(seen.case, seen.content)
        if same != seen.content or seen.content.entity != broken_service(seen.case):
            raise SystemExit(f"case {seen.case} is not the same without faults: {same}, {seen.content}")
    progress(f"without faults: {len(truth)} cases, each the same by {len(WAYS)} ways")
    return truth


async def _ready(cluster: Cluster) -> bool:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{cluster.url}/health/ready", timeout=5)
    logs = [cluster.log(name).read_text(errors="replace") for name in WORKERS]
    return answer.status_code == httpx.codes.OK and all("worker.ready" in text for text in logs)


async def until(what: str, deadline_s: float, probe: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it; raises SystemExit where it has not come by the deadline."""
    loop = asyncio.get_running_loop()
    until = loop.time() + deadline_s
    while loop.time() < until:
        with suppress(httpx.HTTPError):  # not yet
            if await probe():
                return
        await asyncio.sleep(0.3)
    raise SystemExit(f"waited {deadline_s:g} s in vain for {what}")
