"""Faults of the network, of the source and of the API's disk."""

import asyncio
import resource
from collections.abc import Callable
from contextlib import suppress

from benchmarks.faults.lab import Lab
from benchmarks.faults.moments import STARTS_S, WORKS, all_work, has_logged
from benchmarks.faults.proxy import OFFSET_COMMIT, PRODUCE
from benchmarks.faults.schedule import Planned

_CUT_EVERY_S = 1.0
_LONGER, _TURN_S = 100, 0.1


async def _until(reached: Callable[[], bool]) -> bool:
    """Go on for some seconds more where the fault has met nothing yet; whether it has."""
    for _ in range(_LONGER):
        if reached():
            break
        await asyncio.sleep(_TURN_S)
    return reached()


async def cut_connections(lab: Lab, planned: Planned) -> None:
    """Cut every connection to Kafka again and again, and refuse new ones now and then."""
    for _ in range(max(1, round(planned.seconds / _CUT_EVERY_S))):
        lab.proxy.refuses = lab.rng.random() < 0.5
        if lab.proxy.cut():
            lab.reached.add(planned.kind)
        await asyncio.sleep(_CUT_EVERY_S)
    lab.proxy.refuses = False


async def lose_answers(lab: Lab, planned: Planned) -> None:
    """Lose every answer of the broker to a commit, or to a record that was sent: it has taken both."""
    api_key = OFFSET_COMMIT if planned.kind == "lose_commit_answers" else PRODUCE
    await all_work(lab.cluster)
    before = lab.proxy.lost[api_key]
    lab.proxy.lose_answers_to = api_key
    try:
        await asyncio.sleep(planned.seconds)
        if await _until(lambda: lab.proxy.lost[api_key] > before):
            lab.reached.add(planned.kind)
    finally:
        lab.proxy.lose_answers_to = None


async def fail_source(lab: Lab, planned: Planned) -> None:
    """The source answers 503 or 429, or takes its time."""
    await all_work(lab.cluster)
    before = lab.source.refused
    lab.source.mode = planned.kind.removeprefix("source_")
    try:
        await asyncio.sleep(planned.seconds)
        if await _until(lambda: lab.source.refused > before):
            lab.reached.add(planned.kind)
    finally:
        lab.source.mode = ""


async def fill_disk(lab: Lab, planned: Planned) -> None:
    """Every write of the API to a file fails, as on a full disk: the read model's among them."""
    await has_logged(lab.cluster, "api", WORKS["api"], STARTS_S)
    pid = lab.cluster.members["api"].pid
    if pid is None:
        return
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        await asyncio.sleep(planned.seconds)
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    if pid == lab.cluster.members["api"].pid:
        lab.reached.add(planned.kind)
