"""Everything is restarted, one part after the other, under load: no request fails, nothing is lost.

As an operator does it who upgrades: each worker; each API, which is told to end when its load balancer sends
it nothing more and has its answers to what it sent; and the broker, for which requests wait. The API's
database is shared (PostgreSQL).
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from benchmarks.faults.cluster import Cluster
from benchmarks.faults.load import TENANT, order_of, webhook_of
from benchmarks.faults.members import Member
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.run import SETTINGS, until
from benchmarks.faults.schedule import WORKERS
from benchmarks.faults.source import CASES, FakeSource
from benchmarks.output import progress
from patternwatch.kafka.dev.free_ports import free_port

APIS = ("api", "api1")
_READY_S, _DRAIN_S = 180.0, 180.0
_ANSWER_S = 90.0


@dataclass
class Balancer:
    """Gives requests to the replicas in service, in turns; where one refuses the connection, to the next."""

    replicas: dict[str, httpx.AsyncClient]
    in_service: list[str]
    under_way: defaultdict[str, set[asyncio.Task[Any]]] = field(default_factory=lambda: defaultdict(set))
    """Who waits for an answer of each replica."""

    async def send(self, method: str, path: str, json: object = None) -> httpx.Response:
        """The answer; raises httpx.HTTPError."""
        asks = asyncio.current_task()
        assert asks is not None
        for _ in range(len(self.replicas)):
            name = self.in_service[0]
            self.in_service.append(self.in_service.pop(0))
            self.under_way[name].add(asks)
            try:
                return await self.replicas[name].request(method, path, json=json)
            except httpx.ConnectError as error:  # nothing was sent
                refused = error
            finally:
                self.under_way[name].discard(asks)
        raise refused

    async def drain(self, name: str) -> None:
        """Send this replica nothing more, and wait for what it still has to answer."""
        self.in_service.remove(name)
        if waiting := set(self.under_way[name]):
            await asyncio.wait(waiting)


@dataclass
class Traffic:
    """What people and Alertmanager ask for, and what became of it."""

    balancer: Balancer
    requests: int = 0
    failed: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    """Ids of the analyses that were accepted."""

    async def run(self, per_s: float, ends: asyncio.Event) -> None:
        """Send so many requests a second, whether or not they are answered, until told to end."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in count():
                await asyncio.sleep(max(0.0, began + number / per_s - loop.time()))
                if ends.is_set():
                    return
                group.create_task(self._next(number))

    async def _next(self, number: int) -> None:
        attempt, case = f"{number:06d}", number % CASES
        method, path, body = (
            ("POST", "/analyses", order_of(case, attempt)),
            ("GET", "/reports", None),
            ("POST", "/webhooks/alertmanager", webhook_of(case, attempt)),
            ("GET", "/alerts", None),
        )[number % 4]
        self.requests += 1
        try:
            answer = await self.balancer.send(method, path, body)
        except httpx.HTTPError as error:
            self.failed.append(f"{method} {path}: {error!r}")
            return
        if answer.is_error:
            self.failed.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        elif path == "/analyses":
            self.accepted.append(answer.json()["request_id"])


@dataclass
class Rolled:
    """What came of it.

    restarted    what was restarted, in order
    requests     that were sent meanwhile
    failed       each request that was not answered well, in words
    accepted     analyses that were accepted
    not_whole    those without a complete report at the end
    exit_codes   of the processes that were told to end
    """

    restarted: list[str]
    requests: int
    failed: list[str]
    accepted: int
    not_whole: list[str]
    exit_codes: set[int]


async def roll(source: FakeSource, folder: Path, database_url: str, per_s: float) -> Rolled:
    """Start two workers and two APIs on this database, and restart everything once under load."""
    settings = {
        **SETTINGS,
        "SOURCE__URL": source.url,
        "DATABASE_URL": database_url,
        "PUBLISH_TIMEOUT_S": "60",
    }
    cluster = Cluster(folder, settings)
    cluster.members["api1"] = Member(
        "api1", "api", {**cluster.members["api"].settings, "PORT": str(free_port(0))}
    )
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(cluster)
        await stack.enter_async_context(Proxy(cluster.behind_proxy, cluster.proxy_port))
        await asyncio.to_thread(cluster.compile)
        stack.push_async_callback(cluster.leave_all)
        replicas = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(
                    base_url=f"http://127.0.0.1:{cluster.members[name].settings['PORT']}"
                    f"/api/v1/tenants/{TENANT}",
                    timeout=_ANSWER_S,
                )
            )
            for name in APIS
        }
        balancer = Balancer(replicas, list(APIS))
        for name in (*APIS, *WORKERS):
            cluster.start(name)
        for name in (*APIS, *WORKERS):
            await _ready(cluster, name)
        traffic, ends = Traffic(balancer), asyncio.Event()
        loading = asyncio.create_task(traffic.run(per_s, ends))
        restarted = []
        for name in (*WORKERS, *APIS, "broker"):
            progress(f"restarting {name}")
            await _restart(cluster, balancer, name)
            restarted.append(name)
        ends.set()
        await loading
        not_whole = await _without_report(balancer, traffic.accepted)
        codes = {stop.code for member in cluster.members.values() for stop in member.stops}
        return Rolled(restarted, traffic.requests, traffic.failed, len(traffic.accepted), not_whole, codes)


async def _restart(cluster: Cluster, balancer: Balancer, name: str) -> None:
    if name == "broker":
        await asyncio.to_thread(cluster.kafka.stop)
        await asyncio.to_thread(cluster.kafka.start)
        return
    if name in APIS:
        await balancer.drain(name)
    await cluster.end(name)
    cluster.start(name)
    await _ready(cluster, name)
    if name in APIS:
        balancer.in_service.append(name)


async def _ready(cluster: Cluster, name: str) -> None:
    async def is_ready() -> bool:
        assert cluster.members[name].pid is not None, cluster.log(name).read_text(errors="replace")[-2000:]
        if name in WORKERS:
            return "worker.ready" in cluster.log(name).read_text(errors="replace")
        async with httpx.AsyncClient(timeout=10) as client:
            port = cluster.members[name].settings["PORT"]
            answer = await client.get(f"http://127.0.0.1:{port}/health/ready")
        return answer.status_code == httpx.codes.OK

    await until(name, _READY_S, is_ready)


async def _without_report(balancer: Balancer, accepted: Sequence[str]) -> list[str]:
    """Those of these analyses that have no complete report, once all have had the time to."""
    left = list(accepted)
    loop = asyncio.get_running_loop()
    give_up = loop.time() + _DRAIN_S
    while left and loop.time() < give_up:
        still = [request_id for request_id in left if not await _is_whole(balancer, request_id)]
        if len(still) == len(left):
            await asyncio.sleep(0.5)
        left = still
    return left


async def _is_whole(balancer: Balancer, request_id: str) -> bool:
    answer = await balancer.send("GET", f"/reports/{request_id}")
    return answer.status_code == httpx.codes.OK and answer.json()["status"] == "complete"
