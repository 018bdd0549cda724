"""One real Apache Kafka node (KRaft: broker and controller in one process) for development and tests."""

import base64
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from pydantic import BaseModel, ValidationError

from patternwatch.contracts.errors import BrokerUnavailableError, MissingProgramError
from patternwatch.kafka.dev.free_ports import HOST
from patternwatch.kafka.dev.jars import DOCKER_WAY, kafka_jars, program
from patternwatch.kafka.dev.node_properties import DATA, node_properties, ports_of_node
from patternwatch.kafka.probe import broker_answers

log = structlog.get_logger()

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
)


class KafkaState(BaseModel):
    """What the state file remembers of a started broker."""

    pid: int
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        """The address that clients are given."""
        return f"{HOST}:{self.port}"


class DevKafka:
    """A Kafka node that keeps its data under `folder`; a context manager, or `start` and `stop`.

    The port is the given one, else the one of the last start in this folder, else any free one.
    `start` returns when the broker answers a metadata request. It is not to be called on a running
    event loop's thread: use `asyncio.to_thread`.

    properties      further lines of its configuration, which win
    format_options  further arguments of the storage tool, on the first start
    """

    def __init__(
        self, folder: Path, port: int = 0, properties: str = "", format_options: tuple[str, ...] = ()
    ) -> None:
        self.folder = folder.resolve()
        self._more = properties
        self._format_options = format_options
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """The address for clients; raises BrokerUnavailableError where the broker does not run."""
        state = self.running()
        if state is None:
            raise BrokerUnavailableError(
                f"No Kafka runs in {self.folder}", "Start it by `patternwatch kafka start`"
            )
        return state.bootstrap

    @property
    def log_file(self) -> Path:
        """Where the broker's warnings and errors go."""
        return self.folder / "kafka.log"

    @property
    def _state_file(self) -> Path:
        return self.folder / "kafka.json"

    @property
    def _mark(self) -> str:
        """An argument of Java by which the broker of this folder is known; nothing reads it."""
        return f"-Dpatternwatch.folder={self.folder}/"

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    def running(self) -> KafkaState | None:
        """The state of the broker of this folder if its process lives, whoever started it."""
        state = self._remembered()
        return state if state is not None and self._is_ours(state.pid) else None

    def start(self) -> KafkaState:
        """Start the broker unless it runs, and wait until it answers.

        Raises MissingProgramError without Java or Maven and BrokerUnavailableError where the broker
        ends or does not answer in time (with the end of its log).
        """
        if (state := self.running()) is not None:
            return state
        java = program("java", "a Java runtime of version 17 or newer (Debian: openjdk-17-jre-headless)")
        command = [java, *_JVM, *_LOGGING, self._mark, "-cp", f"{kafka_jars()}/*"]
        self.folder.mkdir(parents=True, exist_ok=True)
        before = time.monotonic()
        state = self._configure()
        self._format(command)
        with self.log_file.open("wb") as sink:
            self._process = subprocess.Popen(
                [*command, "kafka.Kafka", self._properties.name],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=self.folder,
                start_new_session=True,
            )
        state = state.model_copy(update={"pid": self._process.pid})
        self._state_file.write_text(state.model_dump_json())
        self._await_answer(state)
        log.info("kafka.started", bootstrap=state.bootstrap, seconds=round(time.monotonic() - before, 1))
        return state

    def stop(self) -> bool:
        """Stop the broker of this folder and wait until it is gone; False where none ran."""
        state = self.running()
        if state is None:
            return False
        os.kill(state.pid, signal.SIGTERM)
        if not self._await_end(state.pid, STOP_TIMEOUT_S):
            log.warning("kafka.killed", pid=state.pid, waited_s=STOP_TIMEOUT_S)
            self.kill()
        log.info("kafka.stopped", bootstrap=state.bootstrap)
        return True

    def kill(self) -> None:
        """End the broker at once, as a crash would; a no-op where none runs."""
        if (state := self.running()) is not None:
            os.kill(state.pid, signal.SIGKILL)
            self._await_end(state.pid, STOP_TIMEOUT_S)

    def _remembered(self) -> KafkaState | None:
        try:
            return KafkaState.model_validate_json(self._state_file.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            log.warning("kafka.state.unreadable", file=str(self._state_file))
            return None

    def _is_ours(self, pid: int) -> bool:
        """Whether this process is the broker of this folder, not another one that got its number."""
        return self._mark in _command_of(pid)

    def _configure(self) -> KafkaState:
        last = self._remembered()
        port, controller = ports_of_node(self._port or (last.port if last else 0))
        self._properties.write_text(node_properties(port, controller, self._more))
        return KafkaState(pid=0, port=port, controller_port=controller)

    def _format(self, command: list[str]) -> None:
        if (self.folder / DATA / "meta.properties").is_file():
            return
        cluster = "A" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        tool = [
            "kafka.tools.StorageTool",
            "format",
            "-t",
            cluster,
            "-c",
            self._properties.name,
            *self._format_options,
        ]
        done = subprocess.run([*command, *tool], capture_output=True, check=False, cwd=self.folder)
        if done.returncode:
            raise self._failed(
                "Kafka's storage could not be formatted", (done.stdout + done.stderr).decode(errors="replace")
            )

    def _await_answer(self, state: KafkaState) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while not broker_answers(state.bootstrap):
            if self._process.poll() is not None:
                raise self._failed(f"Kafka ended with code {self._process.returncode}", self._log_end())
            if time.monotonic() > deadline:
                self.kill()
                raise self._failed(f"Kafka did not answer within {START_TIMEOUT_S:.0f} s", self._log_end())
            time.sleep(0.05)

    def _await_end(self, pid: int, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self._is_ours(pid):
            if self._process is not None:
                self._process.poll()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        if self._process is not None:
            self._process.wait()
            self._process = None
        return True

    def _log_end(self) -> str:
        return self.log_file.read_text(errors="replace")[-2000:] if self.log_file.is_file() else ""

    def _failed(self, problem: str, said: str) -> BrokerUnavailableError | MissingProgramError:
        if "UnsupportedClassVersionError" in said:
            return MissingProgramError("Kafka needs Java 17 or newer", f"Install it. {DOCKER_WAY}")
        return BrokerUnavailableError(f"{problem}: {said.strip()}", f"Its log is {self.log_file}")


def _command_of(pid: int) -> str:
    """The command line of a process; empty where there is none (or only its remains)."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self").exists():
            return ""
    done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return done.stdout.decode(errors="replace")
