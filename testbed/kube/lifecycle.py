"""From a scheduled pod to running containers, their restarts and their end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from testbed.kube.cgroups import Cgroup
from testbed.kube.identity import Identity
from testbed.kube.images import entry_point, environment, make_volume
from testbed.kube.network import CLUSTER_DNS, PodNetwork
from testbed.kube.pod import ENDED, RUNNING, WAITING, ContainerState, Pod
from testbed.kube.rules import backoff_s
from testbed.kube.workloads import JOB

DRAIN_S = 6.0
"""A pod that is deleted is told to end only after callers have let go of it, as a preStop pause does."""
GRACE_S = 3.0


class Lifecycle:
    """Runs pods; ``restarts_held(key)`` says whether a workload's containers may not start again."""

    def __init__(self, prefix: str, state: Path, restarts_held: Callable[[str], bool]) -> None:
        self._prefix, self._state, self._held = prefix, state, restarts_held
        self._numbers = 0

    async def live(self, pod: Pod) -> None:
        """Network, volume and containers of a pod, until the task is cancelled or a Job is done."""
        self._numbers += 1
        also = CLUSTER_DNS if pod.workload.name == "coredns" else ""
        pod.network = await PodNetwork.make(pod.ip, self._numbers, also)
        if pod.workload.volume_mib:
            where = self._state.parent / "volumes" / pod.name
            pod.volume = await asyncio.to_thread(make_volume, where, pod.workload.volume_mib)
        await asyncio.gather(*(self._keep(pod, one) for one in pod.containers))
        pod.finished = pod.workload.kind == JOB

    async def end(self, pod: Pod, grace: bool) -> None:
        """End all processes of a pod, after a pause for callers where there is grace."""
        if grace:
            await asyncio.sleep(DRAIN_S)
        if pod.task:
            pod.task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await pod.task
        for one in pod.containers:
            if not one.alive or one.process is None:
                continue
            if grace:
                one.process.send_signal(signal.SIGINT if one.spec.program == "postgres" else signal.SIGTERM)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(one.process.wait(), GRACE_S)
            self.kill(one)
            await one.process.wait()
        for one in pod.containers:
            one.cgroup.remove()
        if pod.network:
            await pod.network.remove()
        Cgroup(f"{self._prefix}/{pod.node}/{pod.name}").remove()

    @staticmethod
    def kill(container: ContainerState, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to every process of a container."""
        pids = container.cgroup.pids()
        if number == signal.SIGKILL and container.process and container.alive:
            pids.append(container.process.pid)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    async def _keep(self, pod: Pod, one: ContainerState) -> None:
        """Start a container again and again; a Job's only until it succeeded."""
        while True:
            if self._held(pod.workload.key) and one.restarts:
                one.state, one.reason = WAITING, "CreateContainerError"
                await asyncio.sleep(0.5)
                continue
            await asyncio.sleep(backoff_s(max(0, one.restarts - 1)) if one.restarts else 0.0)
            code = await self._run(pod, one)
            one.ready = False
            oom = one.cgroup.used().oom_kills > 0
            one.last_reason = "OOMKilled" if oom else "Completed" if code == 0 else "Error"
            one.last_exit_code = 137 if oom else code
            if pod.workload.kind == JOB and code == 0:
                one.state, one.reason = ENDED, "Completed"
                return
            one.restarts += 1
            one.state, one.reason = WAITING, "CrashLoopBackOff"

    async def _run(self, pod: Pod, one: ContainerState) -> int:
        """Run a container's process once; gives its exit code, 128 + number where a signal ended it."""
        old = one.cgroup
        one.cgroup = Cgroup(f"{self._prefix}/{pod.node}/{pod.name}/{one.spec.name}-{one.restarts}")
        if old.path:
            old.remove()
        one.cgroup.make(one.spec.cpu_millis, one.spec.memory_mib << 20)
        assert pod.network is not None
        argv = entry_point(one.spec.program, pod.ip, pod.workload.name, pod.volume)
        shell = f'{one.cgroup.entry()} && exec "$@"'
        with (self._state.parent / "logs" / f"{pod.name}-{one.spec.name}.log").open("ab") as log:
            one.process = await asyncio.create_subprocess_exec(
                *("sh", "-c", shell, "sh", *pod.network.entry(), *argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env={**environment(), **self._identity(pod).environment()},
            )
        one.state, one.reason, one.started = RUNNING, "", time.time()
        code = await one.process.wait()
        self.kill(one)  # what it left behind in its group
        return code if code >= 0 else 128 - code

    def _identity(self, pod: Pod) -> Identity:
        load = pod.workload
        return Identity(
            pod.name,
            load.namespace,
            load.name,
            load.version,
            pod.node,
            pod.ip,
            CLUSTER_DNS,
            str(self._state),
        )
