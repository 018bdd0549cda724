"""Where a local stack keeps its data: in a temporary folder, or in one that the next run uses again."""

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from patternwatch.contracts.errors import InputError
from patternwatch.kafka.dev.commands import DevKafka
from patternwatch.kafka.dev.free_ports import free_port

log = structlog.get_logger()


class Ports(BaseModel):
    """The ports of a stack, all on 127.0.0.1."""

    model_config = ConfigDict(frozen=True)

    broker: int
    api: int
    workers: tuple[int, ...]
    """Of each worker's /metrics."""


@dataclass(frozen=True, slots=True)
class StackFolder:
    """A folder that one stack at a time uses."""

    path: Path

    def broker(self, port: int) -> DevKafka:
        """The broker of this folder, not started."""
        return DevKafka(self.path / "kafka", port)

    def stop_left_behind(self) -> None:
        """Stop a broker that a killed process has left running in this folder."""
        if DevKafka(self.path / "kafka").stop():
            log.warning("kafka.left_behind.stopped", folder=str(self.path))

    def ports(self, api: int | None, default_api: int, workers: int) -> Ports:
        """Those of the last run where they are free, any free ones elsewhere; kept for the next run.

        api  the wanted one of the page, where there is a wish; 0 for any free one
        """
        last = self._last()
        wanted = api if api is not None else last.api if last else default_api
        taken: set[int] = set()
        ports = Ports(
            broker=free_port(last.broker if last else 0, taken),
            api=free_port(wanted, taken),
            workers=tuple(free_port(0, taken) for _ in range(workers)),
        )
        self._file.write_text(ports.model_dump_json())
        return ports

    @property
    def _file(self) -> Path:
        return self.path / "ports.json"

    def _last(self) -> Ports | None:
        try:
            return Ports.model_validate_json(self._file.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None


@contextmanager
def stack_folder(path: Path | None) -> Iterator[StackFolder]:
    """The folder, made where it is not there, for this process alone; without a path a temporary one.

    Raises InputError where another process has it, where it cannot be made, or for a name with `?`.
    """
    if path is None:
        with tempfile.TemporaryDirectory(prefix="patternwatch-") as name:
            yield StackFolder(Path(name))
        return
    path = path.expanduser().resolve()
    if "?" in str(path):  # the database's address would end there
        raise InputError(f"{path} cannot be used: it holds a `?`", "Give another --folder")
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("w")
    except OSError as error:
        raise InputError(
            f"{path} cannot be used: {error.strerror}", "Give another --folder, one that can be written to"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                f"Another patternwatch runs in {path}", "Stop it, or give another --folder"
            ) from error
        yield StackFolder(path)
