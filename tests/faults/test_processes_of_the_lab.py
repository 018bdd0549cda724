"""How the lab's processes end, and the moments at which faults hit them."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.faults import cluster as cluster_room
from benchmarks.faults.cluster import Cluster
from benchmarks.faults.members import Member, Stop
from benchmarks.faults.moments import WORKS, all_work, has_logged, moment

OBEDIENT = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """One that starts no Kafka: its processes are the test's."""
    made = Cluster(tmp_path, {})
    made.members["worker0"].starts = 1
    yield made
    for member in made.members.values():
        if member.process is not None:
            member.process.kill()
            member.process.wait()


def run(member: Member, program: str) -> "subprocess.Popen[bytes]":
    member.process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    return member.process


async def test_a_process_that_is_told_to_end_has_not_ended_by_itself(cluster: Cluster) -> None:
    member = cluster.members["worker0"]
    run(member, OBEDIENT)
    await cluster.end("worker0")
    (stop,) = member.stops
    assert (stop.start, stop.code, member.overdue()) == (1, -15, [])
    member.note_end()
    assert member.ended_by_itself == []


async def test_one_that_nobody_told_to_end_or_killed_has(cluster: Cluster) -> None:
    member = cluster.members["worker0"]
    run(member, "raise SystemExit(3)").wait()
    member.note_end()
    assert member.ended_by_itself == [3]
    member.begin()
    run(member, OBEDIENT)
    cluster.signal("worker0", 9)
    assert member.process is not None
    member.process.wait()
    member.note_end()
    assert member.ended_by_itself == [3]


async def test_one_that_does_not_end_is_overdue_and_is_killed(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_room, "_KILL_AFTER_S", 0.2)
    member = cluster.members["worker0"]
    process = run(member, DEAF)
    assert process.stdout is not None
    process.stdout.readline()
    await cluster.end("worker0")
    (stop,) = member.stops
    assert stop.code == -9
    assert stop.seconds >= 0.2
    member.stops.append(Stop(2, 10.5, 1))
    assert member.overdue() == [member.stops[1]]


async def test_a_moment_is_what_is_logged_from_now_on_also_by_the_process_after(cluster: Cluster) -> None:
    member = cluster.members["worker0"]
    run(member, OBEDIENT)
    cluster.log("worker0").write_text('{"event": "shard.scanned"}\n{"event": "shard.sc')
    assert await has_logged(cluster, "worker0", "shard.scanned", 60.0)
    assert not await moment(cluster, "worker0", "shard.scanned", 0.1)
    waiting = asyncio.create_task(moment(cluster, "worker0", "shard.scanned", 60.0))
    await asyncio.sleep(0.05)
    member.starts = 2
    cluster.log("worker0").write_text('{"event": "shard.scanned"}\n')
    assert await waiting


async def test_a_line_that_is_half_written_is_read_when_it_is_whole(cluster: Cluster) -> None:
    run(cluster.members["worker0"], OBEDIENT)
    log = cluster.log("worker0")
    log.write_text('{"event": "request.pl')
    assert not await has_logged(cluster, "worker0", "request.planned", 0.1)
    waiting = asyncio.create_task(has_logged(cluster, "worker0", "request.planned", 60.0))
    await asyncio.sleep(0.05)
    log.write_text('{"event": "request.planned"}\n')
    assert await waiting


async def test_a_fault_of_the_source_waits_until_every_process_works(cluster: Cluster) -> None:
    for name, event in WORKS.items():
        assert not await all_work(cluster, wait_s=0.1), f"{name} has not begun"
        cluster.members[name].starts = 1
        run(cluster.members[name], OBEDIENT)
        cluster.log(name).write_text(f'{{"event": "{event}"}}\n')
    assert await all_work(cluster, wait_s=60)
