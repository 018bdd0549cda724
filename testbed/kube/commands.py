"""``python -m testbed record --kube``: windows one after the other, or several side by side.

Each window has a cluster of its own in namespaces of its own, so that none hears of another and all
ends with it, whatever happens.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from testbed.errors import TestbedError
from testbed.kube.cgroups import check_machine
from testbed.kube.faults.registry import KUBE_FAULTS
from testbed.kube.monitoring import SCRAPE_SECONDS
from testbed.kube.recording import KubeTiming, fault_named, record_window
from testbed.kube.schedule import Planned, plan_all

OWN_NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
SPARE_S = 240.0
"""Beyond a window's own time: start, export and end of its cluster."""


def say(text: str) -> None:
    """A line on stderr with the time."""
    print(time.strftime("%H:%M:%S", time.gmtime()), text, file=sys.stderr, flush=True)


def list_faults() -> None:
    """All faults and controls, a line each."""
    for fault in KUBE_FAULTS.values():
        print(f"{fault.name:22} {fault.kind:16} {fault.text}")


def record_one(name: str, seed: int, work: Path, folder: Path, timing: KubeTiming) -> None:
    """Record one window here; this process must be in namespaces of its own. Prints the outcome."""
    outcome = asyncio.run(record_window(fault_named(name), seed, work, folder, timing))
    print(json.dumps(asdict(outcome)), flush=True)


def record_many(
    names: Sequence[str], seeds: Sequence[int], stacks: int, folder: Path, timing: KubeTiming
) -> int:
    """Record the windows of a schedule, so many side by side; gives how many failed."""
    check_machine()
    planned = plan_all(names, seeds)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    minutes = -(-len(planned) // stacks) * (timing.total_s + 45.0) / 60
    say(f"{len(planned)} windows, {stacks} side by side: some {minutes:.0f} min, into {folder}")
    return asyncio.run(_all(planned, stacks, folder, timing))


async def _all(planned: list[Planned], stacks: int, folder: Path, timing: KubeTiming) -> int:
    queue = list(planned)
    failed = 0

    async def worker(number: int) -> None:
        nonlocal failed
        await asyncio.sleep(number * timing.total_s / stacks)  # starts of clusters and faults lie apart
        while queue:
            failed += not await _one(queue.pop(0), folder, timing)

    await asyncio.gather(*map(worker, range(stacks)))
    return failed


def _work_folder() -> Path:
    """A new folder that the database's own user may enter."""
    work = Path(tempfile.mkdtemp(prefix="testbed-kube-"))
    work.chmod(0o755)
    return work


async def _one(window: Planned, folder: Path, timing: KubeTiming) -> bool:
    work = _work_folder()
    argv = [
        *(*OWN_NAMESPACES, sys.executable, "-m", "testbed", "record", "--kube", "--inside", window.fault),
        *("--seed", str(window.seed), "--work", str(work), "--to", str(folder)),
        *("--warm-up", str(timing.warm_up_s), "--baseline", str(int(timing.baseline_s))),
        *("--points", str(int(timing.fault_s))),
    ]
    say(f"{window.fault} seed {window.seed}: begins in {work}")
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
    )
    try:
        said, wrong = await asyncio.wait_for(process.communicate(), timing.total_s + SPARE_S)
    except (TimeoutError, asyncio.CancelledError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, asyncio.CancelledError):
            raise
        said, wrong = b"", b"it did not end in time"
    lines = (said if process.returncode == 0 else wrong).decode().strip().splitlines()
    say(f"{window.fault} seed {window.seed}: {lines[-1] if lines else 'it said nothing'}")
    _log(folder, window, process.returncode, lines)
    if process.returncode == 0:
        shutil.rmtree(work, ignore_errors=True)
    return process.returncode == 0


def _log(folder: Path, window: Planned, code: int | None, lines: list[str]) -> None:
    """A line of the folder's log, for who looks later."""
    last = lines[-1] if lines else ""
    told = json.loads(last) if code == 0 and last.startswith("{") else {"failed": last}
    line = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **asdict(window), **told}
    with (folder / "recording.log").open("a") as log:
        log.write(json.dumps(line) + "\n")


def run(given: argparse.Namespace) -> int:
    """What ``record --kube`` was given on the command line."""
    timing = timing_of(given)
    names = list(KUBE_FAULTS) if given.all else given.faults
    if given.to is None or not names:
        raise TestbedError("give faults or --all, and --to with the folder of the bundles")
    if given.inside:
        record_one(names[0], given.seed, given.work, given.to, timing)
        return 0
    seeds = range(given.seed, given.seed + given.seeds)
    return min(1, record_many(names, seeds, given.stacks, given.to, timing))


def timing_of(given: argparse.Namespace) -> KubeTiming:
    """Lengths as the command line says, the standard where it says nothing."""
    usual = KubeTiming()
    return KubeTiming(
        usual.warm_up_s if given.warm_up is None else given.warm_up,
        usual.baseline_s if given.baseline is None else float(given.baseline * SCRAPE_SECONDS),
        usual.fault_s if given.points is None else float(given.points * SCRAPE_SECONDS),
    )
