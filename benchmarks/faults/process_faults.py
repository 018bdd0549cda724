"""Faults of processes: they are killed, stopped for a while, join and leave."""

import asyncio
import signal

from benchmarks.faults.lab import Lab
from benchmarks.faults.moments import STARTS_S, WORKS, all_work, has_logged, moment
from benchmarks.faults.proxy import Gate
from benchmarks.faults.schedule import REBALANCE, WORKERS, Planned
from patternwatch.contracts.topics import LOOKS, REPORTS
from patternwatch.kafka.topics import topic_name

ASSIGNED, REVOKED = "partitions.assigned", "partitions.revoked"
_REPORT_S = 40.0
"""A report comes sooner, but for a source that has just failed."""


async def kill_process(lab: Lab, planned: Planned) -> None:
    """Kill a worker or the API, that works; its supervisor starts another one."""
    await _works(lab, planned)
    if lab.cluster.members[planned.target].pid is not None:
        lab.reached.add(planned.kind)
    _kill(lab, planned.target)


async def _works(lab: Lab, planned: Planned) -> None:
    """Wait until the target has begun to work, and for the moment that is planned."""
    await has_logged(lab.cluster, planned.target, WORKS[planned.target])
    if planned.moment:
        await moment(lab.cluster, planned.target, planned.moment)


async def kill_broker(lab: Lab, planned: Planned) -> None:
    """Kill the broker with requests under way, and start it again with the same data at the same port."""
    await all_work(lab.cluster)
    await moment(lab.cluster, lab.rng.choice(WORKERS), "request.planned")
    if lab.cluster.broker_pid is not None:
        lab.reached.add(planned.kind)
    await asyncio.to_thread(lab.cluster.kafka.kill)
    await asyncio.sleep(planned.seconds)
    await asyncio.to_thread(lab.cluster.kafka.start)


async def stop_worker(lab: Lab, planned: Planned) -> None:
    """Stop a worker for longer than its session, then let it go on as if nothing had been."""
    await _works(lab, planned)
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


async def suspend(lab: Lab, planned: Planned) -> None:
    """Stop everything at once, as a machine that sleeps does: nobody is behind another when it wakes."""
    processes = [name for name, member in lab.cluster.members.items() if member.pid is not None]
    pids = {name: lab.cluster.members[name].pid for name in processes}
    lab.cluster.signal_broker(signal.SIGSTOP)
    for name in processes:
        lab.cluster.signal(name, signal.SIGSTOP)
    try:
        await asyncio.sleep(planned.seconds)
        if pids == {name: lab.cluster.members[name].pid for name in processes}:
            lab.reached.add(planned.kind)
    finally:
        lab.cluster.signal_broker(signal.SIGCONT)
        for name in processes:
            lab.cluster.signal(name, signal.SIGCONT)


async def rebalance(lab: Lab, planned: Planned) -> None:
    """A further worker joins, works for as long as is planned, and leaves again."""
    lab.cluster.start(planned.target)
    if await has_logged(lab.cluster, planned.target, ASSIGNED, STARTS_S):
        lab.reached.add(planned.kind)
        await asyncio.sleep(planned.seconds)
    await lab.cluster.leave(planned.target)


async def kill_in_rebalance(lab: Lab, planned: Planned) -> None:
    """Kill a worker that has given its partitions back and has no others yet, since another one ended."""
    target, other = planned.target, "worker1" if planned.target == "worker0" else "worker0"
    for name in (target, other):
        await has_logged(lab.cluster, name, ASSIGNED)
    ending = asyncio.create_task(lab.cluster.end(other))
    if await moment(lab.cluster, target, REVOKED):
        log = lab.cluster.log(target)
        _kill(lab, target)
        text = await asyncio.to_thread(log.read_text, errors="replace")
        if text.rfind(REVOKED) > text.rfind(ASSIGNED):
            lab.reached.add(planned.kind)
    await ending


async def kill_after_report(lab: Lab, planned: Planned) -> None:
    """Kill all workers when a report is out, and that it is out (its look) is not written yet."""
    for name in WORKERS:
        await has_logged(lab.cluster, name, ASSIGNED)
    gate = lab.proxy.gate = Gate(topic_name(lab.kafka, REPORTS), topic_name(lab.kafka, LOOKS))
    try:
        async with asyncio.timeout(_REPORT_S):
            await gate.is_held.wait()
        lab.reached.add(planned.kind)
    except TimeoutError:
        pass
    finally:
        for name in (*WORKERS, REBALANCE.targets[0]):
            _kill(lab, name)
        lab.proxy.gate = None
        gate.open()


def _kill(lab: Lab, name: str) -> None:
    lab.ledger.write("killed", process=f"{name}.{lab.cluster.members[name].starts}")
    lab.cluster.signal(name, signal.SIGKILL)
