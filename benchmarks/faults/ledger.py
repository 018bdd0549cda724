"""The ledger: what was attempted, what was promised and what was broken, on disk before it counts.

Append-only, one JSON object a line, each forced to the disk before the caller goes on: an attempt stands
there before it is sent, an acknowledgement as soon as its answer is in. What a crash of the lab itself cuts
off is the last line only.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

Entry: TypeAlias = Mapping[str, Any]
"""One line: `what` it is, `at` (seconds since 1970), and its own fields."""


class Ledger:
    """A file that is only appended to.

    sync  forces what was written to the disk, given a file descriptor
    """

    def __init__(
        self, path: Path, clock: Callable[[], float] = time.time, sync: Callable[[int], None] = os.fsync
    ) -> None:
        self.path = path
        self._clock, self._sync = clock, sync
        self._file = path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, what: str, **fields: Any) -> float:
        """Append a line and return its time, once it is on the disk."""
        at = self._clock()
        self._file.write(json.dumps({"what": what, "at": at, **fields}).encode() + b"\n")
        self._file.flush()
        self._sync(self._file.fileno())
        return at

    def entries(self) -> list[Entry]:
        """All that was written."""
        return list(read_entries(self.path))


def read_entries(path: Path) -> Iterator[Entry]:
    """The lines of a ledger; a last one that was cut off is left out.

    Raises ValueError where a line before the last one is no JSON: then the ledger is no evidence.
    """
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines):
        if not line:
            continue
        try:
            yield json.loads(line)
        except json.JSONDecodeError as error:
            if number < len(lines) - 1:
                raise ValueError(f"{path}, line {number + 1} is no JSON: {error}") from error
