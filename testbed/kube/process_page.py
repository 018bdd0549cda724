"""The process_* metrics that every client library exports, read from /proc."""

from __future__ import annotations

import os
import time
from pathlib import Path

from testbed.kube.exposition import Exposition
from testbed.process_usage import PAGE, TICKS

_BOOT = time.time() - float(Path("/proc/uptime").read_text().split()[0])


def add_process(page: Exposition, pid: int) -> None:
    """CPU, memory, descriptors and start of one process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    page.counter("process_cpu_seconds_total", (int(fields[11]) + int(fields[12])) / TICKS)
    page.gauge("process_resident_memory_bytes", int(fields[21]) * PAGE)
    page.gauge("process_start_time_seconds", round(_BOOT + int(fields[19]) / TICKS, 2))
    page.gauge("process_open_fds", len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208
