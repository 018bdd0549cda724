"""One window: a fresh cluster, a healthy baseline, the fault, a bundle, and whether visitors felt it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from testbed.errors import ExportError
from testbed.exporting import LICENCE
from testbed.kube.cluster import Cluster, ClusterOptions
from testbed.kube.compact import compact
from testbed.kube.faults.model import KubeFault, Plan, Subject
from testbed.kube.faults.registry import KUBE_FAULTS
from testbed.kube.monitoring import SCRAPE_SECONDS
from testbed.kube.truth import moved_series
from testbed.kube.user_view import Steps, moved_actions, steps_of

SELECTOR = '{__name__=~".+",__name__!~"scrape_.*"}'
MAX_BYTES = 600_000


@dataclass(frozen=True)
class KubeTiming:
    """Lengths of the parts of a window, in seconds."""

    warm_up_s: float = 30.0
    baseline_s: float = 250.0
    fault_s: float = 78.0

    @property
    def total_s(self) -> float:
        """Without the start and end of the cluster, which take some 30 s."""
        return self.warm_up_s + self.baseline_s + self.fault_s


@dataclass
class Outcome:
    """What came of a window."""

    name: str
    fault: str
    seed: int
    kept: bool
    why: str
    felt: dict[str, int]
    size: int = 0
    series: int = 0


async def record_window(fault: KubeFault, seed: int, work: Path, folder: Path, timing: KubeTiming) -> Outcome:
    """Record one window into the folder; what is not kept goes into its sub-folder ``left-out``.

    Raises:
        TestbedError: The cluster did not start, or the bundle could not be written.
    """
    plan = fault.plan(seed)
    cluster = Cluster(ClusterOptions(work, seed))
    try:
        await cluster.start()
        await asyncio.sleep(timing.warm_up_s)
        if fault.prepare:
            ends_in = {"ends_in_s": timing.baseline_s}
            preparation = fault.prepare(cluster, replace(plan, strength=plan.strength | ends_in))
        else:
            preparation = nullcontext()
        async with preparation:
            start = time.time()
            await asyncio.sleep(timing.baseline_s)
            cluster.check()
            at = time.time()
            async with fault.inject(cluster, plan):
                await asyncio.sleep(timing.fault_s)
                end = time.time()
                cluster.check()
        return await _keep(cluster, fault, plan, (start, at, end), folder)
    finally:
        await cluster.stop()


async def _keep(
    cluster: Cluster, fault: KubeFault, plan: Plan, times: tuple[float, float, float], folder: Path
) -> Outcome:
    start, at, end = times
    seed = cluster.options.seed
    name = f"{fault.name}-{plan.subject.name}-s{seed}" if plan.subject.name else f"{fault.name}-s{seed}"
    async with httpx.AsyncClient(base_url=cluster.prometheus_url, timeout=60.0) as client:
        before, after = await _steps(client, start, at), await _steps(client, at, end)
        series = [] if fault.control else await moved_series(client, fault, plan, (start, at, end))
    felt = moved_actions(before, after)
    why = _why_not(fault, felt, series)
    draft = cluster.work / f"{name}.parquet"
    about = cluster.work / "about.json"
    about.write_text(json.dumps(_about(fault, plan, series, felt, seed)))
    await _record(cluster.prometheus_url, draft, about, times, name)
    size = compact(draft)
    if size > MAX_BYTES and not why:
        why = f"{size} bytes are more than {MAX_BYTES}"
    place = (folder / "left-out" if why else folder) / draft.name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(draft.read_bytes())
    return Outcome(name, fault.name, seed, not why, why or "kept", felt, size, len(series))


def _why_not(fault: KubeFault, felt: dict[str, int], series: list[dict[str, str]]) -> str:
    if fault.control:
        return f"visitors felt a control: {felt}" if felt else ""
    if not felt:
        return "visitors felt nothing"
    return "" if series else "no series of the subject moved"


def _about(
    fault: KubeFault, plan: Plan, series: list[dict[str, str]], felt: dict[str, int], seed: int
) -> dict[str, Any]:
    subjects: list[Subject] = [] if fault.control else [plan.subject, *plan.others]
    truth = {
        "services": [subject.name for subject in subjects],
        "series": series,
        "subject": asdict(plan.subject) if not fault.control else None,
        "path": list(plan.path),
    }
    return {
        "source": "testbed-kube",
        "fault": "none" if fault.control else fault.name,
        "control": fault.name if fault.control else "",
        "fault_type": fault.kind,
        "strength": plan.strength,
        "seed": seed,
        "felt": felt,
        "truth": truth,
        "licence": LICENCE,
    }


async def _steps(client: httpx.AsyncClient, start: float, end: float) -> dict[str, Steps]:
    times = list(range(int(start) + 1, int(end)))
    failed = await _matrix(client, 'user_steps_total{code!="200"}', times)
    taken = await _matrix(client, "user_steps_total", times)
    waited = await _matrix(client, "user_step_duration_seconds_sum", times)
    actions = {row["metric"]["action"] for row in taken}

    def of(rows: list[Any], action: str) -> list[Any]:
        return [row for row in rows if row["metric"]["action"] == action]

    return {
        action: Steps(*(steps_of(of(rows, action), times) for rows in (taken, failed, waited)))
        for action in actions
    }


async def _matrix(client: httpx.AsyncClient, query: str, times: list[int]) -> list[Any]:
    params: dict[str, str | int] = {
        "query": query,
        "start": times[0],
        "end": times[-1],
        "step": SCRAPE_SECONDS,
    }
    answer = await client.get("/api/v1/query_range", params=params)
    answer.raise_for_status()
    return list(answer.json()["data"]["result"])


async def _record(url: str, out: Path, about: Path, times: tuple[float, float, float], name: str) -> None:
    start, at, end = (int(second * 1000) for second in times)
    argv = [
        sys.executable,
        "-m",
        "patternwatch.cli",
        "record",
        url,
        str(out),
        f"--start={start}",
        f"--at={at}",
    ]
    argv += [f"--end={end}", f"--step={SCRAPE_SECONDS}s", f"--selector={SELECTOR}"]
    argv += [f"--name={name}", f"--about={about}"]
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise ExportError(f"{name}: patternwatch record failed: {said.decode().strip()}")


def fault_named(name: str) -> KubeFault:
    """A fault by its name; raises ValueError with the known ones."""
    if name not in KUBE_FAULTS:
        raise ValueError(f"unknown fault {name!r}; there are {', '.join(KUBE_FAULTS)}")
    return KUBE_FAULTS[name]
