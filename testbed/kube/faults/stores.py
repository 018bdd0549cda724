"""Faults in the stores, the certificate and the load, made as they are made in life."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import redis.asyncio

from testbed.kube.cluster import Cluster
from testbed.kube.faults.model import Plan
from testbed.kube.faults.nodes import beside
from testbed.kube.hazards import write_hazard
from testbed.kube.names import job_name
from testbed.kube.tls import issue
from testbed.kube.workloads import JOB, ContainerSpec, Workload

VALUE_BYTES = 20_000
AUDIT = b"INSERT INTO audit SELECT repeat(md5(n::text), 50) FROM generate_series(1, 400) AS n"


@asynccontextmanager
async def table_locked(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A migration locks the table of stock for all others, time and again."""

    async def migrate() -> None:
        async with await psycopg.AsyncConnection.connect(
            cluster.database(), application_name="migration"
        ) as one:
            while True:
                async with one.transaction():
                    await one.execute("LOCK TABLE stock IN ACCESS EXCLUSIVE MODE")
                    await asyncio.sleep(plan.strength["held_s"])
                await asyncio.sleep(0.4)

    async with beside(migrate()):
        yield


@asynccontextmanager
async def evicted(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A client writes large values without end: Redis is full and evicts the shop's keys."""
    pod = cluster.controller.pods_of("redis.shop")[0]
    client = redis.asyncio.Redis(host=pod.ip)

    async def fill() -> None:
        number = 0
        while True:
            pipe = client.pipeline(transaction=False)
            for _ in range(int(plan.strength["megabytes_a_second"] * 5)):
                number += 1
                pipe.set(f"session:{number}", os.urandom(VALUE_BYTES), ex=3600)
            await pipe.execute()
            await asyncio.sleep(0.1)

    async with beside(fill()):
        yield
    await client.aclose()


@asynccontextmanager
async def disk_filled(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A dump and a log table grow in the database's volume until nothing is left."""
    volume = cluster.controller.pods_of("postgres.shop")[0].volume
    assert volume is not None
    path: Path = volume / "core.dump"

    async def fill() -> None:
        with path.open("wb", buffering=0) as out:
            while True:
                try:
                    await asyncio.to_thread(
                        out.write, os.urandom(int(plan.strength["megabytes_a_second"] * 2e5))
                    )
                except OSError:  # full, which is the point; take what is given back at once
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.2)

    async def log() -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(cluster.database(), autocommit=True) as one:
                    await one.execute(b"CREATE TABLE IF NOT EXISTS audit (entry text)")
                    while True:
                        await one.execute(AUDIT)
                        await asyncio.sleep(0.3)
            except (psycopg.Error, OSError):  # no space, or the server is down for it: try again
                await asyncio.sleep(0.5)

    async with beside(fill()), beside(log()):
        yield
    path.unlink()  # noqa: ASYNC240


@asynccontextmanager
async def certificate_ending(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """Before the window: the gateway's certificate is one that ends when the fault begins."""
    issue(cluster.state / "tls", time.time() + plan.strength["ends_in_s"])
    yield


@asynccontextmanager
async def nothing(_: Cluster, __: Plan) -> AsyncIterator[None]:
    """Nothing is done."""
    yield


@asynccontextmanager
async def loaded(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """More (or fewer) visitors of the applications that the plan names, over some seconds."""
    apps = {app: factor for app, factor in plan.strength.items() if app in ("shop", "media")}

    async def ramp() -> None:
        steps = max(1, int(plan.strength.get("ramp_s", 1.0)))
        for step in range(1, steps + 1):
            now = {app: 1.0 + (factor - 1.0) * step / steps for app, factor in apps.items()}
            (cluster.state / "load.json").write_text(json.dumps(now))
            await asyncio.sleep(1.0)

    async with beside(ramp()):
        yield
    (cluster.state / "load.json").write_text("{}")


@asynccontextmanager
async def job_run(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A CronJob's run: a pod that works for some seconds and succeeds."""
    name = job_name(plan.subject.name, time.time())
    write_hazard(cluster.state, name, plan.strength)
    container = ContainerSpec(plan.subject.name, "batch", 100, 64, 0)
    job = Workload(JOB, plan.subject.namespace, name, 1, (container,), serves="-")
    cluster.controller.apply(job)
    cluster.controller.make_pod(job)
    yield


@asynccontextmanager
async def backed_up(cluster: Cluster, plan: Plan) -> AsyncIterator[None]:
    """A backup reads every table and writes it to a file, at a gentle pace."""

    async def back_up() -> None:
        async with await psycopg.AsyncConnection.connect(
            cluster.database(), application_name="backup"
        ) as one:
            with (cluster.work / "backup.copy").open("wb") as out:
                while True:
                    for table in (b"products", b"stock", b"orders"):
                        async with one.cursor().copy(b"COPY " + table + b" TO STDOUT") as rows:
                            async for row in rows:
                                out.write(bytes(row))
                        await asyncio.sleep(plan.strength["pause_s"])

    async with beside(back_up()):
        yield
