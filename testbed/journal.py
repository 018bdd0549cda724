"""The journal of a recording: what happened when, written as it happens."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from testbed.errors import JournalError


@dataclass
class Entry:
    """One recorded window; times in ms since 1970, as the clock said them."""

    name: str
    fault: str
    culprit: str
    fault_type: str
    start_ms: int
    at_ms: int = 0
    end_ms: int = 0
    note: str = ""

    @property
    def complete(self) -> bool:
        """Whether the window ended as planned."""
        return self.end_ms > 0 and not self.note


@dataclass
class Journal:
    """All windows of one stack, with what is needed to serve its TSDB again."""

    path: Path
    cluster: str
    step_ms: int
    prometheus_url: str
    entries: list[Entry] = field(default_factory=list)

    def write(self) -> None:
        """Write the journal in one piece, so that a reader never sees half of it."""
        held = {
            "cluster": self.cluster,
            "step_ms": self.step_ms,
            "prometheus_url": self.prometheus_url,
            "entries": [asdict(entry) for entry in self.entries],
        }
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps(held, indent=2))
        draft.replace(self.path)

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Read what :meth:`write` wrote.

        Raises:
            JournalError: There is no such file, or it is not a journal.
        """
        try:
            held = json.loads(path.read_text())
            entries = [Entry(**entry) for entry in held["entries"]]
            return cls(path, held["cluster"], held["step_ms"], held["prometheus_url"], entries)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{path} is not a journal: {error}") from error
