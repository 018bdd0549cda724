"""The whole way on one machine: a real Kafka, the API with its page, workers."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import structlog

from patternwatch.cli.process_group import ProcessEndedError, ProcessGroup
from patternwatch.cli.restart_pace import RestartPace
from patternwatch.cli.stack_folder import Ports, StackFolder, stack_folder
from patternwatch.cli.stop_signals import stop_signals_ignored
from patternwatch.contracts.errors import BrokerUnavailableError, PatternwatchError
from patternwatch.kafka.dev.commands import DevKafka

log = structlog.get_logger()
T = TypeVar("T")

_START_S = 60.0
_WARM_S = 180.0
"""The longest that a worker compiles on a slow machine."""
_LOG_CHARS = 1500
READY = "patternwatch_worker_ready 1.0"
"""The line of a worker's /metrics that says that a first analysis waits for nothing."""
CARRIED = "patternwatch_api_feed_records_total{"
"""How the lines of the API's /metrics begin that say how many records its feed has carried."""
DEFAULT_PORT = 8080


@dataclass(frozen=True, slots=True)
class LocalStack:
    """What runs: where the page and the broker are, and what to wait by."""

    url: str
    bootstrap: str
    children: ProcessGroup
    broker: DevKafka
    worker_metrics: tuple[str, ...]
    """The address of each worker's /metrics."""

    def wait(
        self,
        what: str,
        probe: Callable[[], T | None],
        deadline_s: float = _START_S,
        come_to: Callable[[], object] = lambda: None,
    ) -> T:
        """The first answer of `probe` that is not None.

        come_to  how far it has come; where that has changed by the deadline, another one is given

        Raises ProcessEndedError when a process has ended meanwhile, PatternwatchError after the deadline.
        """
        before = come_to()
        while True:
            until = time.monotonic() + deadline_s
            while time.monotonic() < until:
                self.children.check()
                if (answer := probe()) is not None:
                    return answer
                time.sleep(0.02)
            if (now := come_to()) == before:
                break
            before = now
        raise PatternwatchError(f"Waited {deadline_s:.0f} s in vain for {what}", self.children.log_tails())

    def wait_until_ready(self) -> None:
        """Wait until the API serves and every worker has joined its group and compiled its code.

        An API whose feed moves on is waited for: a large read model takes minutes to be built again.

        Raises what `wait` raises.
        """
        self.wait("the API", lambda: is_ready(self.url), come_to=lambda: carried(self.url))
        for number, url in enumerate(self.worker_metrics):
            self.wait(f"worker {number}", partial(_worker_is_ready, url), _WARM_S)

    def check(self) -> None:
        """Raise ProcessEndedError, with the end of its log, where a process or the broker has ended."""
        self.children.check()
        if self.broker.running() is None:
            said = self.broker.log_file.read_text(errors="replace").strip()[-_LOG_CHARS:]
            raise ProcessEndedError(f"Kafka has ended:\n{said}", f"Its log is {self.broker.log_file}")

    def serve(self) -> None:
        """Return never: wait for a signal, and start again what ends by itself.

        Raises ProcessEndedError where a process does not bear its settings.
        """
        pace = RestartPace()
        while True:
            self.children.keep_running()
            if self.broker.running() is None and pace.is_due(now := time.monotonic()):
                pause_s = pace.ended(now)
                log.warning("kafka.ended", log=str(self.broker.log_file))
                pace.started(now)
                try:
                    self.broker.start()
                except BrokerUnavailableError as error:  # its port, say, is taken for a while
                    log.warning("kafka.not_started", reason=str(error), again_in_s=pause_s)
            time.sleep(0.5)


@contextmanager
def local_stack(
    settings: dict[str, str],
    tenant: str,
    port: int | None = None,
    workers: int = 1,
    folder: Path | None = None,
) -> Iterator[LocalStack]:
    """Start everything, side by side, and end it: processes and ports, and files where no folder is given.

    settings  further PATTERNWATCH_* settings, without that prefix; they win over the stack's own
    port      of the page; by default that of the last run in this folder, else 8080; any free one where it
              is taken
    folder    where topics, database and logs are kept for the next run
    Raises InputError where another process uses the folder.
    """
    with stack_folder(folder) as place, ProcessGroup(place.path) as children:
        place.stop_left_behind()
        ports = place.ports(port, DEFAULT_PORT, workers)
        kafka = place.broker(ports.broker)
        environment = _environment(place, ports, tenant, workers) | settings
        try:
            # They wait for the broker by themselves, so all may start at the same time.
            children.start("api", "api", _prefixed(environment))
            for n, metrics_port in enumerate(ports.workers):
                children.start(f"worker{n}", "worker", _prefixed(of_worker(place, environment, metrics_port)))
            children.start_passing("warm", "warm")
            kafka.start()
            yield LocalStack(
                url=f"http://127.0.0.1:{ports.api}",
                bootstrap=f"127.0.0.1:{ports.broker}",
                children=children,
                broker=kafka,
                worker_metrics=tuple(f"http://127.0.0.1:{p}/metrics" for p in ports.workers),
            )
        finally:
            with stop_signals_ignored():
                children.stop()
                kafka.stop()


def of_worker(place: StackFolder, environment: dict[str, str], metrics_port: int) -> dict[str, str]:
    """The settings of one worker: what its watches have learned is kept in the folder for the next run.

    >>> of_worker(StackFolder(Path("/data")), {"TENANTS": "[]"}, 9464)["WATCH_STATE"]
    '/data/watches'
    """
    return {"WATCH_STATE": str(place.path / "watches")} | environment | {"METRICS_PORT": str(metrics_port)}


def is_ready(url: str) -> bool | None:
    """Whether the API serves; None while it does not."""
    try:
        return (
            httpx.get(f"{url}/health/ready", timeout=5, trust_env=False).status_code == httpx.codes.OK or None
        )
    except httpx.TransportError:
        return None


def carried(url: str) -> tuple[str, ...]:
    """How many records of each topic the API's feed has carried, by its metrics; none while it is away."""
    try:
        lines = httpx.get(f"{url}/metrics", timeout=5, trust_env=False).text.splitlines()
    except httpx.TransportError:
        return ()
    return tuple(line for line in lines if line.startswith(CARRIED))


def _worker_is_ready(url: str) -> bool | None:
    try:
        return READY in httpx.get(url, timeout=5, trust_env=False).text or None
    except httpx.TransportError:
        return None


def _environment(place: StackFolder, ports: Ports, tenant: str, workers: int) -> dict[str, str]:
    return {
        "KAFKA__BOOTSTRAP": f"127.0.0.1:{ports.broker}",
        "KAFKA__PARTITIONS": str(max(4, workers)),
        "TENANTS": json.dumps([{"id": tenant}]),
        "DATABASE_URL": f"sqlite+aiosqlite:///{place.path / 'patternwatch.db'}",
        "PORT": str(ports.api),
    }


def _prefixed(settings: dict[str, str]) -> dict[str, str]:
    return {f"PATTERNWATCH_{name}": value for name, value in settings.items()}
