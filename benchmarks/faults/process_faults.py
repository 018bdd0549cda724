"""Faults of processes: they are killed, stopped for a while, join and leave."""

import asyncio
import signal
import time

from benchmarks.faults.lab import Lab
from benchmarks.faults.schedule import Planned

_REBALANCE_WAIT_S = 15.0
_ASK_S = 0.05


async def kill_process(lab: Lab, planned: Planned) -> None:
    """Kill a worker or the API; its supervisor starts another one."""
    if lab.cluster.members[planned.target].pid is not None:
        lab.reached.add(planned.kind)
    _kill(lab, planned.target)


async def kill_broker(lab: Lab, planned: Planned) -> None:
    """Kill the broker, and start it again with the same data at the same port."""
    if lab.cluster.broker_pid is not None:
        lab.reached.add(planned.kind)
    await asyncio.to_thread(lab.cluster.kafka.kill)
    await asyncio.sleep(planned.seconds)
    await asyncio.to_thread(lab.cluster.kafka.start)


async def stop_worker(lab: Lab, planned: Planned) -> None:
    """Stop a worker for longer than its session, then let it go on as if nothing had been."""
    pid = lab.cluster.members[planned.target].pid
    lab.cluster.signal(planned.target, signal.SIGSTOP)
    try:
        await asyncio.sleep(planned.seconds)
    finally:
        if pid is not None and pid == lab.cluster.members[planned.target].pid:
            lab.reached.add(planned.kind)
        lab.cluster.signal(planned.target, signal.SIGCONT)


async def stop_broker(lab: Lab, planned: Planned) -> None:
    """Stop the broker: connections stay open, and nothing answers."""
    lab.cluster.signal_broker(signal.SIGSTOP)
    try:
        await asyncio.sleep(planned.seconds)
        lab.reached.add(planned.kind)
    finally:
        lab.cluster.signal_broker(signal.SIGCONT)


async def rebalance(lab: Lab, planned: Planned) -> None:
    """A further worker joins, and leaves again."""
    lab.cluster.start(planned.target)
    until = time.monotonic() + planned.seconds + _REBALANCE_WAIT_S
    await asyncio.sleep(planned.seconds)
    while "partitions.assigned" not in lab.cluster.log(planned.target).read_text(errors="replace"):
        if time.monotonic() > until:
            break
        await asyncio.sleep(0.5)
    else:
        lab.reached.add(planned.kind)
    await lab.cluster.leave(planned.target)


async def kill_in_rebalance(lab: Lab, planned: Planned) -> None:
    """Kill a worker while the group is in a rebalance, which the end of another one brings about."""
    other = "worker1" if planned.target == "worker0" else "worker0"
    lab.cluster.signal(other, signal.SIGTERM)
    until = time.monotonic() + _REBALANCE_WAIT_S
    while time.monotonic() < until:
        if await lab.is_rebalancing():
            _kill(lab, planned.target)
            lab.reached.add(planned.kind)
            return
        await asyncio.sleep(_ASK_S)


def _kill(lab: Lab, name: str) -> None:
    lab.ledger.write("killed", process=f"{name}.{lab.cluster.members[name].starts}")
    lab.cluster.signal(name, signal.SIGKILL)
