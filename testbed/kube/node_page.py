"""What the node exporter tells of a virtual node: the sums of its pods and of its own system.

Names: https://github.com/prometheus/node_exporter (collectors cpu, meminfo, loadavg, netdev, stat,
pressure, vmstat, filefd, filesystem, uname).
"""

from __future__ import annotations

import contextlib
import math
import time
from pathlib import Path
from typing import Any

from testbed.kube.cadvisor import Disk, network_counters, threads_and_files
from testbed.kube.cgroups import Cgroup
from testbed.kube.exposition import Exposition

LOAD_SECONDS = {"node_load1": 60.0, "node_load5": 300.0}


class NodePage:
    """The page of one node of so many thousandths of a CPU and so much memory."""

    def __init__(self, name: str, group: Cgroup, cpu_millis: int, memory_bytes: int) -> None:
        self._name, self._group = name, group
        self._cpus, self._memory = cpu_millis / 1000, memory_bytes
        self._born = self._seen = time.time()
        self._loads = dict.fromkeys(LOAD_SECONDS, 0.0)
        self._disk = Disk()
        self._network: dict[int, list[int]] = {}

    def page(self, pods: list[dict[str, Any]]) -> Exposition:
        """Measure the node now."""
        page, used = Exposition(), self._group.used()
        groups = [Cgroup(one["cgroup"]) for pod in pods for one in pod["containers"]]
        pids = [pid for group in (*groups, self.system()) for pid in group.pids()]
        self._cpu(page, used.cpu_user_s, used.cpu_system_s, used.cpu_s)
        self._load(page, pids)
        page.counter("node_pressure_cpu_waiting_seconds_total", used.throttled_s)
        page.gauge("node_memory_MemTotal_bytes", self._memory)
        page.gauge("node_memory_MemAvailable_bytes", max(0, self._memory - used.working_set))
        page.gauge("node_memory_MemFree_bytes", max(0, self._memory - used.memory))
        page.gauge("node_memory_Cached_bytes", used.cache)
        page.gauge("node_memory_AnonPages_bytes", used.rss)
        page.counter("node_vmstat_pgfault", used.page_faults)
        page.counter("node_vmstat_pgmajfault", used.major_faults)
        page.counter("node_vmstat_oom_kill", used.oom_kills)
        self._traffic(page, pods)
        read, written = self._disk.total(self._name, pids)
        page.counter("node_disk_read_bytes_total", read, device="loop0")
        page.counter("node_disk_written_bytes_total", written, device="loop0")
        page.gauge("node_filefd_allocated", threads_and_files(pids)[1])
        page.gauge("node_boot_time_seconds", round(self._born))
        page.gauge("node_uname_info", 1, nodename=self._name, sysname="Linux", machine="x86_64")
        return page

    def system(self) -> Cgroup:
        """The group of what runs on the node outside of pods."""
        return Cgroup(f"{self._group.path}/system.slice")

    def _cpu(self, page: Exposition, user: float, system: float, used: float) -> None:
        busy = user + system
        scale = used / busy if busy else 0.0  # ticks are coarse, nanoseconds are not
        idle = max(0.0, (time.time() - self._born) * self._cpus - used)
        for mode, value in (("user", user * scale), ("system", system * scale), ("idle", idle)):
            page.counter("node_cpu_seconds_total", value, cpu="0", mode=mode)

    def _load(self, page: Exposition, pids: list[int]) -> None:
        states = [_state(pid) for pid in pids]
        running, blocked = states.count("R"), states.count("D")
        elapsed, self._seen = time.time() - self._seen, time.time()
        for name, seconds in LOAD_SECONDS.items():
            kept = math.exp(-elapsed / seconds)
            self._loads[name] = kept * self._loads[name] + (1 - kept) * (running + blocked)
            page.gauge(name, self._loads[name])
        page.gauge("node_procs_running", running)
        page.gauge("node_procs_blocked", blocked)

    def _traffic(self, page: Exposition, pods: list[dict[str, Any]]) -> None:
        """Sums over pods, those that are gone included: a device of a node counts on."""
        for pod in pods:
            if found := network_counters(pod["holder"]):
                self._network[pod["holder"]] = found
        sums = [sum(column) for column in zip(*self._network.values(), strict=True)] or [0, 0, 0, 0]
        for name, value in zip(("receive_bytes", "receive_packets"), sums[:2], strict=True):
            page.counter(f"node_network_{name}_total", value, device="eth0")
        for name, value in zip(("transmit_bytes", "transmit_packets"), sums[2:], strict=True):
            page.counter(f"node_network_{name}_total", value, device="eth0")


def _state(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""
