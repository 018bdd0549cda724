"""The table of a folder of bundles, written between two marks of its README."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from patternwatch.cortex.bundle import read_bundle
from testbed.errors import ExportError
from testbed.faults.registry import FAULTS
from testbed.kube.faults.registry import KUBE_FAULTS

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
HEAD = (
    "| bundle | fault | shape | culprit | series | points before | points after | MB | recorded (UTC) |",
    "|---|---|---|---|---:|---:|---:|---:|---|",
)


@dataclass(frozen=True)
class BundleFacts:
    """What the table says of one bundle."""

    name: str
    fault: str
    culprit: str
    series: int
    truth_series: int
    before: int
    after: int
    megabytes: float
    start_ms: int

    @classmethod
    def read(cls, path: Path) -> BundleFacts:
        """Count the scrapes of the longest series before the fault and from it on."""
        incident, series = read_bundle(path)
        lengths = np.diff(series.offsets)
        longest = int(np.argmax(lengths))
        times = series.timestamps[series.offsets[longest] : series.offsets[longest + 1]]
        before = int(np.searchsorted(times, incident.at_ms))
        services = incident.truth.services if incident.truth else []
        moved = incident.truth.series if incident.truth else []
        known = incident.model_extra or {}
        fault = str(known.get("control") or known.get("fault", ""))
        size = path.stat().st_size / 1e6
        return cls(
            path.name,
            fault,
            ", ".join(services),
            len(series),
            len(moved),
            before,
            len(times) - before,
            size,
            incident.start_ms,
        )

    def row(self) -> str:
        """One line of the table."""
        text, shape = _words(self.fault)
        day = datetime.fromtimestamp(self.start_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        cells = [f"`{self.name}`", text, shape, self.culprit or "none", f"{self.series}", f"{self.before}"]
        return "| " + " | ".join([*cells, f"{self.after}", f"{self.megabytes:.2f}", day]) + " |"


def _words(name: str) -> tuple[str, str]:
    """What a fault is, and its shape; of the Kubernetes testbed's faults the kind instead."""
    if name in FAULTS:
        return FAULTS[name].text, FAULTS[name].shape
    if name in KUBE_FAULTS:
        return KUBE_FAULTS[name].text, KUBE_FAULTS[name].kind
    return "none: a quiet control", "none"


def table_lines(folder: Path) -> list[str]:
    """The table of all bundles of a folder, by name."""
    rows = [BundleFacts.read(path).row() for path in sorted(folder.glob("*.parquet"))]
    return [*HEAD, *rows]


def write_table(folder: Path) -> None:
    """Put the table into the folder's README between the marks.

    Raises:
        ExportError: The README lacks the marks.
    """
    readme = folder / "README.md"
    text = readme.read_text() if readme.exists() else ""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ExportError(f"{readme} lacks the marks {BEGIN} and {END}; add them where the table belongs")
    readme.write_text("\n".join([head + BEGIN, *table_lines(folder), END]) + tail)
