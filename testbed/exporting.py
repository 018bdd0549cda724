"""From a journal and a Prometheus that still holds its samples to incident bundles.

The samples are read and written by the product's own ``patternwatch record``; what is added here is
the truth: which of the culprit's series the fault moved.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from testbed.errors import ExportError
from testbed.faults.registry import FAULTS
from testbed.journal import Entry, Journal

LICENCE = "Apache-2.0"
READ_TIMEOUT_S = 60.0
SELECTOR = '{__name__=~".+",__name__!~"redis_instance_info|pg_exporter_user_queries_load_error"}'
"""Everything but two constants that only tell of the recording machine's kernel and folders."""


def selector_text(selector: Mapping[str, str]) -> str:
    """A label selector as PromQL."""
    return "{" + ",".join(f"{name}={json.dumps(value)}" for name, value in sorted(selector.items())) + "}"


def moved_series(client: httpx.Client, entry: Entry) -> list[dict[str, str]]:
    """Labels of the series that the fault's selectors choose and whose value changed in the window."""
    found: list[dict[str, str]] = []
    if not entry.culprit:
        return found
    for selector in FAULTS[entry.fault].moves:
        query = f"{selector_text(selector)}[{entry.end_ms - entry.start_ms}ms]"
        answer = client.get("/api/v1/query", params={"query": query, "time": entry.end_ms / 1000})
        answer.raise_for_status()
        rows = answer.json()["data"]["result"]
        found += [row["metric"] for row in rows if len({value for _, value in row["values"]}) > 1]
    return found


def about(entry: Entry, series: Sequence[dict[str, str]]) -> dict[str, object]:
    """What a bundle says of itself beside its times."""
    truth = {"services": [entry.culprit] if entry.culprit else [], "series": list(series)}
    return {
        "source": "testbed",
        "fault": entry.fault,
        "fault_type": entry.fault_type,
        "truth": truth,
        "licence": LICENCE,
    }


def record_command(journal: Journal, entry: Entry, out: Path, about_file: Path) -> list[str]:
    """The call of ``patternwatch record`` for one window."""
    return [
        sys.executable,
        "-m",
        "patternwatch.cli",
        "record",
        journal.prometheus_url,
        str(out),
        f"--start={entry.start_ms}",
        f"--at={entry.at_ms}",
        f"--end={entry.end_ms}",
        f"--step={journal.step_ms}ms",
        f"--selector={SELECTOR}",
        f"--name={entry.name}",
        f"--about={about_file}",
    ]


def export_windows(journal: Journal, folder: Path, names: Sequence[str] = ()) -> list[Path]:
    """Write a bundle of every complete window, or of those named; gives the paths.

    Raises:
        ExportError: ``patternwatch record`` failed, or a fault moved none of the series it should.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with httpx.Client(base_url=journal.prometheus_url, timeout=READ_TIMEOUT_S) as client:
        for entry in journal.entries:
            if not entry.complete or (names and entry.name not in names):
                continue
            series = moved_series(client, entry)
            if entry.culprit and not series:
                raise ExportError(f"{entry.name}: no series of {entry.culprit} changed; look at the fault")
            out = folder / f"{entry.name}.parquet"
            with tempfile.NamedTemporaryFile("w", suffix=".json") as known:
                json.dump(about(entry, series), known)
                known.flush()
                _run(record_command(journal, entry, out, Path(known.name)), entry.name)
            written.append(out)
    return written


def _run(command: list[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ExportError(f"{name}: patternwatch record failed: {(done.stderr or done.stdout).strip()}")
    print(done.stdout.strip(), flush=True)
