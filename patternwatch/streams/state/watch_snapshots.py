"""What watches have learned, kept as files, so that a worker that starts again goes on where it was.

One file a watch. A file that is broken, of another watch, of another source or of other settings is as good
as none: what was learned is read from the source again.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson
import structlog

from patternwatch.contracts.watches import Watch
from patternwatch.contracts.whole_file import whole_file

log = structlog.get_logger()

VERSION = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a bank has learned.

    data         as `ClusterWatch.snapshot` gave it
    observed_ms  the newest row in it
    """

    data: bytes
    observed_ms: int


class SnapshotStore(Protocol):
    """Where snapshots are kept; both methods are called in threads."""

    def read(self, watch: Watch, step_ms: int) -> Snapshot | None:
        """The last one of this watch, with this selector and step; None where there is none."""
        ...

    def write(self, watch: Watch, step_ms: int, snapshot: Snapshot) -> None:
        """Keep it instead of the one before; raises OSError."""
        ...


class SnapshotFolder:
    """The `SnapshotStore` in a folder: a line of JSON about what follows, then the snapshot itself.

    source  address of the source from which all is learned: the series of another have a past of their own
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._folder = folder
        self._source = source

    def read(self, watch: Watch, step_ms: int) -> Snapshot | None:
        """See `SnapshotStore.read`."""
        path = self._path(watch)
        try:
            head, data = path.read_bytes().split(b"\n", 1)
            about = orjson.loads(head)
            told, observed_ms = about["of"], int(about["observed_ms"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("snapshot.unreadable", path=str(path), reason=str(error))
            return None
        if told != self._about(watch, step_ms, data):
            log.warning("snapshot.of_another", path=str(path), tenant=watch.tenant, watch=watch.name)
            return None
        return Snapshot(data, observed_ms)

    def write(self, watch: Watch, step_ms: int, snapshot: Snapshot) -> None:
        """See `SnapshotStore.write`; a reader sees the old file or the new one, never half of one."""
        path = self._path(watch)
        about = {"of": self._about(watch, step_ms, snapshot.data), "observed_ms": snapshot.observed_ms}
        with whole_file(path) as written:
            written.write_bytes(orjson.dumps(about) + b"\n" + snapshot.data)

    def _path(self, watch: Watch) -> Path:
        name = hashlib.sha256(f"{watch.tenant}/{watch.name}".encode()).hexdigest()[:20]
        return self._folder / f"{name}.watch"

    def _about(self, watch: Watch, step_ms: int, data: bytes) -> dict[str, object]:
        """What must be the same for a snapshot to be of use."""
        return {
            "version": VERSION,
            "source": self._source,
            "tenant": watch.tenant,
            "watch": watch.name,
            "selector": watch.selector,
            "categories": sorted(watch.categories),
            "step_ms": step_ms,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
