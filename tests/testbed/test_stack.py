"""The real stack for some seconds: PostgreSQL, Redis, nginx, exporters, shop, load, Prometheus."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from testbed.faults.registry import FAULTS
from testbed.programs import PACKAGES, missing_programs
from testbed.stack import Stack, StackOptions


@pytest.fixture
def work() -> Iterator[Path]:
    """A folder that PostgreSQL's own user may enter, which pytest's folders forbid."""
    absent = missing_programs()
    if absent:
        reason = f"not installed: {', '.join(f'{name} ({PACKAGES[name]})' for name in absent)}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}: CI must have them")
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="testbed-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


async def _values(client: httpx.AsyncClient, query: str) -> dict[str, float]:
    answer = (await client.get("/api/v1/query", params={"query": query})).json()
    return {row["metric"].get("service", ""): float(row["value"][1]) for row in answer["data"]["result"]}


async def test_every_part_is_scraped_orders_are_placed_and_a_fault_shows(work: Path) -> None:
    stack = Stack(StackOptions(work, "smoke", users=6, think_s=0.2))
    try:
        await stack.start()
        async with httpx.AsyncClient(base_url=stack.layout.prometheus_url) as client, asyncio.timeout(60):
            while sum((await _values(client, "up")).values()) < 12:
                await asyncio.sleep(0.2)
            async with FAULTS["payment-slow"].inject(stack):
                slow = 'http_request_duration_seconds_sum{route="/payments"} > 0.5'
                while not await _values(client, slow):
                    await asyncio.sleep(0.2)
            usage = await _values(client, "sum by (service) (supervisor_cpu_seconds_total)")
            count = await _values(client, 'count({__name__=~".+"})')
    finally:
        await stack.stop()
    assert usage.keys() >= {
        "frontend",
        "catalogue",
        "cart",
        "orders",
        "payment",
        "postgres",
        "redis",
        "nginx",
    }
    assert count[""] >= 300
    assert all(
        entry.process and entry.process.returncode is not None for entry in stack.supervisor.managed.values()
    )
