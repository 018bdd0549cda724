"""The whole way on one machine: a real Kafka, the API with its page, workers."""

import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx

from patternwatch.cli.process_group import ProcessGroup
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.kafka.dev.commands import DevKafka

T = TypeVar("T")

_START_S = 60.0


@dataclass(frozen=True, slots=True)
class LocalStack:
    """What runs: where the page and the broker are, and what to wait by."""

    url: str
    bootstrap: str
    children: ProcessGroup

    def wait(self, what: str, probe: Callable[[], T | None], deadline_s: float = _START_S) -> T:
        """The first answer of `probe` that is not None.

        Raises PatternwatchError when a process has ended meanwhile, or after the deadline.
        """
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            self.children.check()
            if (answer := probe()) is not None:
                return answer
            time.sleep(0.02)
        raise PatternwatchError(f"Waited {deadline_s:.0f} s in vain for {what}", self.children.log_tails())


@contextmanager
def local_stack(
    settings: dict[str, str], tenant: str, port: int = 8080, workers: int = 1
) -> Iterator[LocalStack]:
    """Start everything, side by side, and end it: processes, ports, files.

    settings  further PATTERNWATCH_* settings, without that prefix
    port      of the page; any free one where it is taken
    """
    with tempfile.TemporaryDirectory(prefix="patternwatch-") as name, ProcessGroup(Path(name)) as children:
        folder = Path(name)
        broker_port, api_port = free_port(0), free_port(port)
        url = f"http://127.0.0.1:{api_port}"
        own = {
            "KAFKA__BOOTSTRAP": f"127.0.0.1:{broker_port}",
            "KAFKA__PARTITIONS": "4",
            "TENANTS": json.dumps([{"id": tenant}]),
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'patternwatch.db'}",
            "PORT": str(api_port),
            "METRICS_PORT": "0",
        }
        environment = {f"PATTERNWATCH_{k}": v for k, v in (own | settings).items()}
        # They wait for the broker by themselves, so all may start at the same time.
        children.start("api", "api", environment)
        for n in range(workers):
            children.start(f"worker{n}", "worker", environment)
        kafka = DevKafka(folder / "kafka", broker_port)
        try:
            kafka.start()
            yield LocalStack(url, f"127.0.0.1:{broker_port}", children)
        finally:
            children.stop()
            kafka.stop()


def is_ready(url: str) -> bool | None:
    """Whether the API serves; None while it does not."""
    try:
        return httpx.get(f"{url}/health/ready", timeout=5).status_code == httpx.codes.OK or None
    except httpx.TransportError:
        return None


def free_port(wanted: int) -> int:
    """The wanted port of 127.0.0.1 where it is free, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(s.getsockname()[1])
    raise PatternwatchError("There is no free port on 127.0.0.1", "End what listens there")
