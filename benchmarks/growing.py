"""Does a report grow to what the whole window says? `python -m benchmarks.growing [DIR] [--json]`.

DIR holds incident bundles with known causes (by default those of PATTERNWATCH_BENCH_INCIDENTS, else our own).
Each is stretched so that its rows are 30 s apart, and replayed live by a virtual clock: scraped every 15 s,
and every 60 s (half of the targets in one row, half in the next), each sample there 45 s after its scrape.
An alert comes 15 s after its start; the report is looked at as the worker looks at it, by its own functions,
until nothing follows. Beside it the same samples are judged at once when all of them are there.

last_over_whole  cause in the top 3 of the last revision, over cause in the top 3 of the whole window at once
looks_over_one   CPU seconds of all looks over those of the whole window at once
first_over_one, again_over_one, last_over_one
                 the same of one look: the first, one between (the mean), the last
first_s          seconds of the slowest first look: planning, fetching, scanning, concluding, without Kafka
                 (`python -m benchmarks.pipeline` measures from the webhook on, over every process)

CPU seconds are those of a worker, without what the recording takes to find its samples, and without decoding.
"""

import argparse
import asyncio
import os
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.incidents import EVERYTHING, TENANT, shipped_classifier
from benchmarks.output import Result, progress, run
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.analysis.report.looks import asked_again, grows
from patternwatch.analysis.scan import scan
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import CURRENT_ROWS, SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle import Incident, read_bundle
from patternwatch.cortex.derive import derive
from patternwatch.cortex.kept_windows import KeptWindows
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.raw import RawSeries
from patternwatch.detectors import warm_up
from patternwatch.streams.agents.planning.kept_counts import KeptCounts
from patternwatch.streams.agents.planning.plan import plan
from patternwatch.streams.warmup import set_aside

STEP_MS = 30_000
LAG_MS = 45_000
WEBHOOK_MS = 15_000
SCRAPES_S = (15, 60)
OWN = Path(__file__).resolve().parents[1] / "examples" / "incidents"


class LiveSource:
    """A recording that is being made: the samples that are there at `now_ms`, for one tenant."""

    def __init__(self, series: RawSeries, now_ms: int) -> None:
        self._series = series
        self.now_ms = now_ms
        self.cpu_s = 0.0
        """What it took to find what was asked for: a server's work."""

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many series each metric name has."""
        names = [labels["__name__"] for labels in self._select(matchers, window).labels]
        return dict(Counter(names))

    async def partition(
        self, tenant: str, matchers: Matchers, window: Window, max_series: int
    ) -> LabelPartition | None:
        """Recordings are small: none is needed."""
        return None

    async def begins_at(self, tenant: str, matchers: Matchers, window: Window) -> int | None:
        """None: a recording is all there is."""
        return None

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """The series, derived and aligned."""
        return derive(self._select(matchers, window), window)

    async def samples(
        self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int, step_ms: int
    ) -> RawSeries:
        """The samples of `start_ms <= t <= end_ms` that are there."""
        return self._between(matchers, start_ms, end_ms)

    async def close(self) -> None:
        """Nothing is held."""

    def _select(self, matchers: Matchers, window: Window) -> RawSeries:
        return self._between(matchers, window.start_ms - 2 * window.step_ms, window.end_ms)

    def _between(self, matchers: Matchers, start_ms: int, end_ms: int) -> RawSeries:
        began_s = time.process_time()
        found = self._series.matching(matchers).between(start_ms, min(end_ms, self.now_ms - LAG_MS))
        self.cpu_s += time.process_time() - began_s
        return found


def scraped(incident: Incident, series: RawSeries, scrape_s: int) -> RawSeries:
    """The recording with rows of 30 s, as scrapes so far apart would have made it.

    A target is scraped at a time of its own within the interval: every 15 s, up to 15 s before the row (of
    the two in a row only the later one counts, so the other is left out); every 60 s, in every second row.
    """
    rows = (series.timestamps - incident.start_ms) // incident.step_ms
    owner = np.repeat(np.arange(len(series)), np.diff(series.offsets))
    phase = np.array([zlib.crc32(_target(labels)) for labels in series.labels], np.int64)[owner]
    kept = rows % 2 == phase % 2 if scrape_s > 30 else np.ones(len(rows), bool)
    stamps = incident.start_ms + rows * STEP_MS - phase % (1000 * min(scrape_s, 30))
    fresh = kept & np.append(True, (np.diff(stamps) > 0) | (np.diff(owner) > 0))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(owner[fresh], minlength=len(series)))])
    return RawSeries(series.labels, series.types, offsets, stamps[fresh], series.values[fresh], {})


def _target(labels: dict[str, str]) -> bytes:
    return f"{labels.get('job')}/{labels.get('instance')}/{labels.get('service')}".encode()


@dataclass(frozen=True)
class Replay:
    """What came of one incident: services by rank at the last look and at once, CPU, and first look.

    cpu_s  of each look
    """

    last: list[str]
    whole: list[str]
    cpu_s: list[float]
    whole_cpu_s: float
    first_s: float


async def replay(path: Path, scrape_s: int) -> tuple[Incident, Replay]:
    """Replay one incident live, and judge it at once."""
    incident, recorded = read_bundle(path)
    settings = AnalysisSettings(step_ms=STEP_MS)
    source, request, end_ms = live(incident, scraped(incident, recorded, scrape_s))
    at_ms = source.now_ms - WEBHOOK_MS
    last = await grown(source, request, end_ms, settings)
    source.now_ms = end_ms + LAG_MS + CURRENT_ROWS * STEP_MS
    now_ms = min(end_ms, at_ms + CURRENT_ROWS * STEP_MS)
    began_s = _cpu_s(source)
    whole = await judged(Kept.of(source), source, _asked(incident, at_ms, now_ms, settings), settings)
    found = Replay(
        [e.entity for e in last.report.entities],
        [e.entity for e in whole.entities],
        last.cpu_s,
        _cpu_s(source) - began_s,
        last.first_s,
    )
    return incident, found


def _cpu_s(source: LiveSource) -> float:
    """CPU seconds of this process up to now, without the source's."""
    return time.process_time() - source.cpu_s


def live(incident: Incident, series: RawSeries) -> tuple[LiveSource, AnalysisRequest, int]:
    """The recording when its alert comes, what is asked for then, and when the recording ends."""
    at_ms, end_ms = (
        incident.start_ms + (time_ms - incident.start_ms) // incident.step_ms * STEP_MS
        for time_ms in (incident.at_ms, incident.end_ms)
    )
    source = LiveSource(series, at_ms + WEBHOOK_MS)
    request = _asked(incident, at_ms, source.now_ms, AnalysisSettings(step_ms=STEP_MS))
    return source, request.model_copy(update={"growing": grows(request)}), end_ms


@dataclass(frozen=True)
class Kept:
    """What a worker keeps between looks."""

    windows: KeptWindows
    counts: KeptCounts

    @classmethod
    def of(cls, source: LiveSource) -> "Kept":
        """Nothing yet."""
        return cls(KeptWindows(source), KeptCounts())


@dataclass(frozen=True)
class LastLook:
    """A report that has grown, what was asked for last, CPU seconds of each look, seconds of the first."""

    report: Report
    request: AnalysisRequest
    cpu_s: list[float]
    first_s: float


async def grown(
    source: LiveSource, request: AnalysisRequest, end_ms: int, settings: AnalysisSettings
) -> LastLook:
    """Look at a growing request until nothing follows, or the recording ends at `end_ms`."""
    kept, first_s, cpu_s = Kept.of(source), 0.0, list[float]()
    while True:
        began, began_cpu_s = time.perf_counter(), _cpu_s(source)
        report = await judged(kept, source, request, settings)
        first_s = first_s or time.perf_counter() - began
        cpu_s.append(_cpu_s(source) - began_cpu_s)
        due_ms = report.next_look_ms
        if due_ms is None:
            return LastLook(report, request, cpu_s, first_s)
        source.now_ms = min(due_ms, end_ms + LAG_MS)
        request = asked_again(request, request.look + 1, report.revision, source.now_ms, report.onset_ms)
        if due_ms > source.now_ms:  # the recording is over: this is the last look
            request = request.model_copy(update={"growing": False})


def _asked(incident: Incident, at_ms: int, now_ms: int, settings: AnalysisSettings) -> AnalysisRequest:
    return request_for_selector(
        TENANT, EVERYTHING, at_ms, None, incident.name, settings, now_ms, f"at-{now_ms}"
    )


async def judged(
    kept: Kept, source: LiveSource, request: AnalysisRequest, settings: AnalysisSettings
) -> Report:
    """The report of one look, by the worker's own functions."""
    results = []
    for shard in await plan(source, request, settings, kept.counts):
        batch = await kept.windows.fetch(
            request.request_id, TENANT, shard.matchers, request.window, again=request.growing
        )
        results.append(scan(shard, batch, settings))
    return conclude(request, results, shipped_classifier(), settings)


def benchmark(arguments: argparse.Namespace) -> Result:
    """Replay every bundle under the folder with a known cause."""
    root = Path(arguments.folder)
    paths = sorted(root.rglob("*.parquet"))[:: arguments.every]
    if not paths:
        raise SystemExit(f"there are no incident bundles (.parquet) under {root}")
    warm_up()
    asyncio.run(replay(paths[0], SCRAPES_S[0]))  # loads and compiles what a worker has ready when it starts
    set_aside()
    rows = [_row(paths, scrape_s) for scrape_s in SCRAPES_S]
    figures = {
        "last_over_whole": min(row["last_over_whole"] for row in rows),
        "looks_over_one": max(row["looks_over_one"] for row in rows),
        "first_s": max(row["first_s"] for row in rows),
    }
    return {
        "figures": figures,
        "results": rows,
        "settings": {"lag_s": LAG_MS // 1000, "every": arguments.every},
    }


def _row(paths: list[Path], scrape_s: int) -> Result:
    found: list[Replay] = []
    last = whole = 0
    for number, path in enumerate(paths, start=1):
        incident, one = asyncio.run(replay(path, scrape_s))
        causes = set(incident.truth.services) if incident.truth else set()
        if not causes:
            continue
        found.append(one)
        last += bool(causes & set(one.last[:3]))
        whole += bool(causes & set(one.whole[:3]))
        if number % 20 == 0:
            progress(
                f"{scrape_s} s: {number} of {len(paths)} incidents, top 3: {last} growing, {whole} at once"
            )
    return {
        "scrape_s": scrape_s,
        "n": len(found),
        "last_top3": last / len(found),
        "whole_top3": whole / len(found),
        "last_over_whole": last / max(whole, 1),
        "looks": float(np.mean([len(one.cpu_s) for one in found])),
        **_over_one(found),
        "first_s": max(one.first_s for one in found),
    }


def _over_one(found: list[Replay]) -> dict[str, float]:
    """CPU of all looks, and of one of each kind, over that of the whole window at once."""
    one_s = float(np.mean([one.whole_cpu_s for one in found]))
    between = [cpu_s for one in found for cpu_s in one.cpu_s[1:-1]]
    return {
        "looks_over_one": float(np.mean([sum(one.cpu_s) for one in found])) / one_s,
        "first_over_one": float(np.mean([one.cpu_s[0] for one in found])) / one_s,
        "again_over_one": float(np.mean(between)) / one_s if between else 0.0,
        "last_over_one": float(np.mean([one.cpu_s[-1] for one in found])) / one_s,
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="replay every n-th incident only")
    folder = os.environ.get("PATTERNWATCH_BENCH_INCIDENTS", str(OWN))
    parser.add_argument("folder", nargs="?", default=folder, help="folder of incident bundles")
    run(benchmark, parser)


if __name__ == "__main__":
    main()
