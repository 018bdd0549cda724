"""Control groups (version 1) of virtual nodes and containers: real limits, real accounting.

See https://docs.kernel.org/admin-guide/cgroup-v1/ and, for bandwidth and throttling,
https://docs.kernel.org/scheduler/sched-bwc.html.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import UnsupportedMachineError

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuacct", "memory")
PERIOD_US = 100_000
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def check_machine() -> None:
    """Raise UnsupportedMachineError where the stack cannot make groups, networks and mounts."""
    if os.geteuid() != 0:
        raise UnsupportedMachineError(
            "the Kubernetes testbed makes networks and control groups; run it as root"
        )
    absent = [name for name in CONTROLLERS if not (ROOT / name / "cgroup.procs").exists()]
    if absent:
        raise UnsupportedMachineError(
            f"no control groups of version 1 at {ROOT} for {', '.join(absent)}; "
            "boot with systemd.unified_cgroup_hierarchy=0"
        )


@dataclass(frozen=True)
class Used:
    """What a group used: seconds since its making, bytes now."""

    cpu_s: float = 0.0
    cpu_user_s: float = 0.0
    cpu_system_s: float = 0.0
    periods: int = 0
    throttled_periods: int = 0
    throttled_s: float = 0.0
    memory: int = 0
    rss: int = 0
    cache: int = 0
    inactive_file: int = 0
    page_faults: int = 0
    major_faults: int = 0
    memory_failures: int = 0
    oom_kills: int = 0

    @property
    def working_set(self) -> int:
        """As cAdvisor counts it: without the inactive part of the page cache."""
        return max(0, self.memory - self.inactive_file)


@dataclass(frozen=True)
class Cgroup:
    """One group, the same path below each controller."""

    path: str

    def make(self, cpu_millis: int = 0, memory_bytes: int = 0) -> None:
        """Create it with its limits; 0 is no limit."""
        for name in CONTROLLERS:
            self._folder(name).mkdir(parents=True, exist_ok=True)
        self.limit_cpu(cpu_millis)
        if memory_bytes:
            (self._folder("memory") / "memory.limit_in_bytes").write_text(str(memory_bytes))

    def limit_cpu(self, cpu_millis: int) -> None:
        """At most so many thousandths of a CPU; 0 is no limit."""
        quota = cpu_millis * PERIOD_US // 1000 if cpu_millis else -1
        (self._folder("cpu") / "cpu.cfs_quota_us").write_text(str(quota))

    def share(self, weight: int) -> None:
        """Weight among its siblings; 1024 is what each has by default."""
        (self._folder("cpu") / "cpu.shares").write_text(str(weight))

    def entry(self) -> str:
        """A line of shell that moves the shell itself into the group."""
        return " && ".join(f"echo $$ > {self._folder(name)}/cgroup.procs" for name in CONTROLLERS)

    def enter(self, pid: int) -> None:
        """Move a process into the group."""
        for name in CONTROLLERS:
            (self._folder(name) / "cgroup.procs").write_text(str(pid))

    def pids(self) -> list[int]:
        """Processes of the group itself, without those of groups below."""
        try:
            return [int(line) for line in (self._folder("cpu") / "cgroup.procs").read_text().split()]
        except OSError:
            return []

    def remove(self) -> None:
        """Remove it with all groups below it; what still holds a process stays."""
        for name in CONTROLLERS:
            for folder, _, _ in os.walk(self._folder(name), topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)  # noqa: PTH106

    def used(self) -> Used:
        """Everything that the kernel accounted; nothing where the group is gone."""
        try:
            return self._used()
        except OSError:
            return Used()

    def _used(self) -> Used:
        cpu, memory = self._folder("cpu"), self._folder("memory")
        stat = _table(cpu / "cpu.stat")
        ticks = _table(self._folder("cpuacct") / "cpuacct.stat")
        usage = int((self._folder("cpuacct") / "cpuacct.usage").read_text())
        held = _table(memory / "memory.stat")
        return Used(
            cpu_s=usage / 1e9,
            cpu_user_s=ticks["user"] * TICK_S,
            cpu_system_s=ticks["system"] * TICK_S,
            periods=stat["nr_periods"],
            throttled_periods=stat["nr_throttled"],
            throttled_s=stat["throttled_time"] / 1e9,
            memory=int((memory / "memory.usage_in_bytes").read_text()),
            rss=held["total_rss"],
            cache=held["total_cache"],
            inactive_file=held["total_inactive_file"],
            page_faults=held["total_pgfault"],
            major_faults=held["total_pgmajfault"],
            memory_failures=int((memory / "memory.failcnt").read_text()),
            oom_kills=_table(memory / "memory.oom_control").get("oom_kill", 0),
        )

    def _folder(self, controller: str) -> Path:
        return ROOT / controller / self.path


def _table(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2}


def remove_stale(prefix: str) -> None:
    """Remove groups that stacks of the past left, where nothing runs in them any more."""
    for folder in (ROOT / "cpu").glob(f"{prefix}*"):
        Cgroup(folder.name).remove()
