"""What the kubelet's cAdvisor tells of containers: control groups and /proc, in its names and labels.

Names: https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from testbed.kube.cgroups import Cgroup, Used
from testbed.kube.exposition import Exposition

DEVICE = "/dev/loop0"
NETWORK = ("receive_bytes", "receive_packets", "transmit_bytes", "transmit_packets")
TOLD = (0, 2)
"""Of the network's columns, those that are told of a pod; a node tells all."""
NETWORK_COLUMNS = (0, 1, 8, 9)


def network_counters(pid: int, device: str = "eth0") -> list[int]:
    """Bytes and packets received and sent by a device in the network of a process."""
    try:
        lines = Path(f"/proc/{pid}/net/dev").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        name, _, rest = line.partition(":")
        if name.strip() == device:
            columns = rest.split()
            return [int(columns[place]) for place in NETWORK_COLUMNS]
    return []


class Disk:
    """Bytes read and written by processes, also of those that ended since the last look."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[int, tuple[int, int]]] = {}

    def total(self, key: str, pids: list[int]) -> tuple[int, int]:
        """Sums over all processes that were ever seen in a group."""
        seen = self._seen.setdefault(key, {})
        for pid in pids:
            with contextlib.suppress(OSError):
                lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
                seen[pid] = int(lines["read_bytes"]), int(lines["write_bytes"])
        return sum(read for read, _ in seen.values()), sum(written for _, written in seen.values())


def threads_and_files(pids: list[int]) -> tuple[int, int]:
    """Threads and open descriptors of processes; one that ended meanwhile has none."""
    threads = files = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            threads += len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
            files += len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
    return threads, files


class Cadvisor:
    """The page at /metrics/cadvisor of one node."""

    def __init__(self) -> None:
        self._disk = Disk()

    def page(self, pods: list[dict[str, Any]]) -> Exposition:
        """Measure every container of the node now."""
        page = Exposition()
        for pod in pods:
            for one in pod["containers"]:
                self._container(page, pod, one)
            labels = {"namespace": pod["namespace"], "pod": pod["pod"], "interface": "eth0"}
            counted = network_counters(pod["holder"])
            for place in TOLD if counted else ():
                page.counter(f"container_network_{NETWORK[place]}_total", counted[place], **labels)
            if pod["volume"]:
                _volume(page, pod)
        return page

    def _container(self, page: Exposition, pod: dict[str, Any], one: dict[str, Any]) -> None:
        group = Cgroup(one["cgroup"])
        used = group.used()
        if used == Used():
            return  # it ended since the control plane told of it
        labels = {
            "namespace": pod["namespace"],
            "pod": pod["pod"],
            "container": one["name"],
            "id": one["id"],
            "image": one["image"],
            "name": one["id"].rpartition("/")[2],
        }
        pids = group.pids()
        threads, _ = threads_and_files(pids)
        _, written = self._disk.total(one["id"], pids)
        page.counter("container_cpu_usage_seconds_total", used.cpu_s, **labels, cpu="total")
        page.counter("container_cpu_cfs_periods_total", used.periods, **labels)
        page.counter("container_cpu_cfs_throttled_periods_total", used.throttled_periods, **labels)
        page.counter("container_cpu_cfs_throttled_seconds_total", used.throttled_s, **labels)
        page.gauge("container_memory_working_set_bytes", used.working_set, **labels)
        page.gauge("container_memory_rss", used.rss, **labels)
        page.counter("container_oom_events_total", used.oom_kills, **labels)
        page.counter("container_fs_writes_bytes_total", written, **labels, device=DEVICE)
        page.gauge("container_threads", threads, **labels)
        page.gauge("container_start_time_seconds", round(one["started"]), **labels)


def _volume(page: Exposition, pod: dict[str, Any]) -> None:
    """The kubelet's own metrics of a mounted claim."""
    try:
        state = os.statvfs(pod["volume"])
    except OSError:
        return
    labels = {"namespace": pod["namespace"], "persistentvolumeclaim": f"data-{pod['pod']}"}
    size = state.f_frsize
    page.gauge("kubelet_volume_stats_capacity_bytes", state.f_blocks * size, **labels)
    page.gauge("kubelet_volume_stats_available_bytes", state.f_bavail * size, **labels)
    page.gauge("kubelet_volume_stats_used_bytes", (state.f_blocks - state.f_bfree) * size, **labels)
    page.gauge("kubelet_volume_stats_inodes_free", state.f_ffree, **labels)
