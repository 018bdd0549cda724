"""The registry of faults, and the hazards inside a service."""

import asyncio
import time

import pytest

from testbed.faults.registry import FAULTS
from testbed.layout import port_names, scrape_targets
from testbed.shop.hazards import Hazards

KNOWN_SERVICES = {target.service for target in scrape_targets(dict.fromkeys(port_names(), 1))}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_moves_series_of_its_culprit(name: str) -> None:
    fault = FAULTS[name]
    assert fault.name == name
    assert fault.culprit in KNOWN_SERVICES
    assert len(fault.moves) >= 3
    for selector in fault.moves:
        assert selector["__name__"]
        assert selector["service"] == fault.culprit


def test_there_are_faults_of_many_types_and_shapes() -> None:
    assert len({fault.fault_type for fault in FAULTS.values()}) >= 7
    assert len({fault.shape for fault in FAULTS.values()}) >= 4
    assert len({fault.culprit for fault in FAULTS.values()}) >= 5


def test_an_unknown_hazard_is_refused() -> None:
    with pytest.raises(ValueError, match="no hazard 'gremlin'"):
        Hazards().start("gremlin", {})


async def test_errors_come_in_bursts_and_end_when_switched_off() -> None:
    hazards = Hazards()
    assert not hazards.request_fails()
    hazards.start("errors", {"ratio": 1.0, "period_s": 10.0, "on_s": 10.0})
    assert hazards.request_fails()
    hazards.start("errors", {"ratio": 1.0, "period_s": 10.0, "on_s": 0.0})
    assert not hazards.request_fails()
    hazards.stop("errors")
    assert not hazards.request_fails()


async def test_the_leak_keeps_memory_with_every_request_until_switched_off() -> None:
    hazards = Hazards()
    hazards.start("memory_leak", {"entries": 5, "bytes": 10})
    for _ in range(3):
        await hazards.before_request()
    assert len(hazards._kept) == 15
    hazards.stop("memory_leak")
    assert hazards._kept == []


async def test_latency_delays_a_request() -> None:
    hazards = Hazards()
    hazards.start("latency", {"seconds": 0.02})
    before = time.monotonic()
    await hazards.before_request()
    assert time.monotonic() - before > 0.004


async def test_the_cpu_hog_burns_cpu_time() -> None:
    hazards = Hazards()
    before = time.process_time()
    hazards.start("cpu_hog", {"threads": 1})
    async with asyncio.timeout(60):
        while time.process_time() - before < 0.1:
            await asyncio.sleep(0.01)
    hazards.stop("cpu_hog")


async def test_a_stuck_worker_waits_until_it_is_released() -> None:
    hazards = Hazards()
    await hazards.wait_until_off("stuck_worker")
    hazards.start("stuck_worker", {})
    waiting = asyncio.create_task(hazards.wait_until_off("stuck_worker"))
    await asyncio.sleep(0)
    assert not waiting.done()
    hazards.stop("stuck_worker")
    async with asyncio.timeout(60):
        await waiting
