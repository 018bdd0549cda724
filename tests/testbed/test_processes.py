"""The supervisor and the relay with real processes and sockets."""

import asyncio
import sys
import time
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from testbed.errors import MissingProgramError, StartError
from testbed.ports import HOST, free_ports
from testbed.process_usage import tree_usage
from testbed.programs import find_program
from testbed.relay import Relay
from testbed.supervisor import ProcessSpec, Supervisor, port_open
from testbed.supervisor_metrics import SupervisorCollector

SERVER = (
    "import socket, sys\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\nwhile True: s.accept()"
)


async def test_a_killed_process_is_restarted_counted_and_ended(tmp_path: Path) -> None:
    port = free_ports(["server"])["server"]
    supervisor = Supervisor(tmp_path)
    try:
        await supervisor.start(ProcessSpec("server", [sys.executable, "-c", SERVER, str(port)], port, "shop"))
        entry = supervisor.managed["server"]
        supervisor.kill("server")
        async with asyncio.timeout(60):
            while not (entry.restarts and await port_open(port)):
                await asyncio.sleep(0.05)
        registry = CollectorRegistry()
        registry.register(SupervisorCollector(supervisor))
        text = generate_latest(registry).decode()
        assert 'supervisor_restarts_total{service="shop"} 1.0' in text
        assert 'supervisor_process_up{service="shop"} 1.0' in text
        assert entry.process is not None
        assert tree_usage(entry.process.pid).resident > 1e6
    finally:
        await supervisor.stop()
    assert entry.process.returncode is not None
    assert not await port_open(port)


async def test_a_process_that_ends_at_once_is_a_start_error_naming_its_log(tmp_path: Path) -> None:
    port = free_ports(["server"])["server"]
    supervisor = Supervisor(tmp_path)
    with pytest.raises(StartError, match=r"broken did not start; see .*broken\.log"):
        await supervisor.start(ProcessSpec("broken", [sys.executable, "-c", "1/0"], port))
    await supervisor.stop()
    assert "ZeroDivisionError" in (tmp_path / "broken.log").read_text()


def test_a_process_that_is_gone_uses_nothing() -> None:
    assert tree_usage(2**22 + 1).processes == 0


def test_a_missing_program_is_named_with_its_package() -> None:
    with pytest.raises(MissingProgramError, match="apt-get install no-such-program"):
        find_program("no-such-program")


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(1000):
        writer.write(chunk)
    writer.close()


async def _round_trip(port: int) -> float:
    reader, writer = await asyncio.open_connection(HOST, port)
    started = time.perf_counter()
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    writer.close()
    return time.perf_counter() - started


async def test_the_relay_hands_bytes_on_and_delays_a_slow_link() -> None:
    ports = free_ports(["listen", "target"])
    relay = Relay({"catalogue": ports})
    target = await asyncio.start_server(_echo, HOST, ports["target"])
    await relay.serve()
    async with asyncio.timeout(60):
        await _round_trip(ports["listen"])
        relay.delays["catalogue"] = (0.05, 0.0)
        assert await _round_trip(ports["listen"]) >= 0.1
    text = generate_latest(relay.metrics.registry).decode()
    assert 'relay_bytes_total{direction="request",link="catalogue"} 10.0' in text
    assert 'relay_first_byte_seconds_count{link="catalogue"} 2.0' in text
    target.close()


async def test_the_relay_counts_a_target_that_refuses() -> None:
    ports = free_ports(["listen", "target"])
    relay = Relay({"catalogue": ports})
    await relay.serve()
    reader, writer = await asyncio.open_connection(HOST, ports["listen"])
    async with asyncio.timeout(60):
        assert await reader.read() == b""
    writer.close()
    assert (
        'relay_connect_failures_total{link="catalogue"} 1.0'
        in generate_latest(relay.metrics.registry).decode()
    )
