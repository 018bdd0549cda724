"""Is the cause still first in a crowd? `python -m benchmarks.crowd [--sizes 0 1000] [--kinds rare] [--json]`.

Ten of fifty latency gauges rise fourfold (service `ledger`); beside them stand up to 200,000 series of one
kind that do what they always do, and none of them has anything to do with it:

rare      counters that grow by one in one row of a hundred: error counters of a healthy system
rarest    the same in one row of a thousand: most of them have never moved before
spiky     gauges with a spike in one row of a hundred
counting  counters of some three events a row
noisy     gauges with AR(1) noise of memory .9

Each row is judged by the product's functions (`plan_shards`, `scan`, `conclude` with the shipped model), for
three moments: `whole` (60 rows follow the alert), `early` (6 rows do) and `late` (60 rows, the trouble
began 10 rows before the alert).

worst_rank      the worst place of `ledger` among the entities over all rows; the number of series where it
                is not in the report
us_per_series   planning, scanning and concluding at the largest size of all, over its series
growth          that figure over the one at 20,000 series
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import shipped_classifier
from benchmarks.output import Result, progress, run
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.detectors import warm_up

SIZES = (0, 300, 3_000, 20_000, 200_000)
MOMENTS: Mapping[str, tuple[int, int]] = {"whole": (60, 0), "early": (6, 0), "late": (60, 10)}
"""Rows after the alert, and rows by which the alert is late."""
_SMALLER = 20_000
CAUSE = "ledger"
STEP_MS = 30_000
NOW_MS = 1_760_000_010_000
_SETTINGS = AnalysisSettings(max_series=10 * max(SIZES))
"""As shipped, but for the cap: over it the crowd would be left out, and the report would say so."""
_GROUP = 100
"""Series that share one value of the label that shards are split by."""

Values = npt.NDArray[np.float64]


def ar1(rng: np.random.Generator, series: int, rows: int, memory: float) -> Values:
    """AR(1) noise of mean 0 and spread 1, shape (series, rows)."""
    noise = rng.normal(0, np.sqrt(1 - memory**2), (series, rows))
    noise[:, 0] = rng.normal(size=series)
    for row in range(1, rows):
        noise[:, row] += memory * noise[:, row - 1]
    return noise


def _ticks(share: float) -> Callable[[np.random.Generator, int, int], Values]:
    return lambda rng, n, rows: (rng.random((n, rows)) < share) / (STEP_MS / 1000)


def _spiky(rng: np.random.Generator, n: int, rows: int) -> Values:
    return 100 + ar1(rng, n, rows, 0.6) + 20 * (rng.random((n, rows)) < 0.01)


def _counting(rng: np.random.Generator, n: int, rows: int) -> Values:
    return rng.poisson(3.0, (n, rows)) / (STEP_MS / 1000)


def _noisy(rng: np.random.Generator, n: int, rows: int) -> Values:
    return 50 + 5 * ar1(rng, n, rows, 0.9)


@dataclass(frozen=True)
class Kind:
    """What the crowd is made of: a metric, how it comes from samples, and its values, shape (n, rows)."""

    metric: str
    derivation: str
    values: Callable[[np.random.Generator, int, int], Values]


KINDS: Mapping[str, Kind] = {
    "rare": Kind("job_errors_total", "rate", _ticks(0.01)),
    "rarest": Kind("job_errors_total", "rate", _ticks(0.001)),
    "spiky": Kind("queue_wait_ms", "", _spiky),
    "counting": Kind("jobs_done_total", "rate", _counting),
    "noisy": Kind("pool_connections_active", "", _noisy),
}
_HURT = "http_request_duration_p95_ms"


@dataclass(frozen=True)
class Crowd:
    """A request, its settings and the series that it selects, made shard by shard from a seed."""

    kind: Kind
    size: int
    after: int
    late: int
    seed: int
    settings: AnalysisSettings

    @property
    def request(self) -> AnalysisRequest:
        """Everything, split at the alert."""
        return request_for_selector(
            tenant="default",
            selector='{cluster="large"}',
            at_ms=NOW_MS - self.after * STEP_MS,
            end_ms=NOW_MS,
            title="crowd",
            settings=self.settings,
            now_ms=NOW_MS,
            request_id="crowd",
        )

    def shards(self, request: AnalysisRequest) -> list[Shard]:
        """As the planner splits it."""
        groups = tuple(((f"g{k}",), _GROUP) for k in range(self.size // _GROUP))
        counts = {_HURT: 50} | ({self.kind.metric: self.size} if self.size else {})
        return plan_shards(
            request, counts, self.settings, {self.kind.metric: LabelPartition("group", groups)}
        )

    def batch(self, request: AnalysisRequest, shard: Shard) -> SeriesBatch:
        """The series that a source would give for a shard."""
        own = [m for m in shard.matchers if m.name in ("__name__", "group")]
        parts, labels, derivation = [], [], []
        for k in range(self.size // _GROUP):
            each = [
                {"__name__": self.kind.metric, "group": f"g{k}", "service": f"batch-{(k * 7 + i) % 40}",
                 "instance": f"10.9.{k}.{i}:80"} for i in range(_GROUP)
            ]  # fmt: skip
            if all(m.matches(each[0]) for m in own):
                rng = np.random.default_rng([self.seed, k])
                parts.append(self.kind.values(rng, _GROUP, request.window.rows))
                labels += each
                derivation += [self.kind.derivation] * _GROUP
        if all(m.matches({"__name__": _HURT, "group": ""}) for m in own):
            parts.append(self._services(request))
            owners = [CAUSE if k < 10 else f"shop-{k % 8}" for k in range(50)]
            labels += [
                {"__name__": _HURT, "service": owner, "instance": f"10.8.0.{k}:80"}
                for k, owner in enumerate(owners)
            ]
            derivation += [""] * 50
        return SeriesBatch(labels, request.window.times(), np.concatenate(parts), derivation)

    def _services(self, request: AnalysisRequest) -> Values:
        rng = np.random.default_rng([self.seed, 1_000_000])
        values = 60 * (1 + 0.5 * ar1(rng, 50, request.window.rows, 0.6))
        values[:10, request.window.split_row - self.late :] *= 4
        return np.maximum(values, 0)


def judged(crowd: Crowd) -> tuple[Report, float]:
    """The report, and the seconds that planning, scanning and concluding took."""
    request = crowd.request
    began = time.perf_counter()
    shards = crowd.shards(request)
    spent, results = time.perf_counter() - began, []
    for shard in shards:
        batch = crowd.batch(request, shard)
        began = time.perf_counter()
        results.append(scan(shard, batch, crowd.settings))
        spent += time.perf_counter() - began
    began = time.perf_counter()
    report = conclude(request, results, shipped_classifier(), crowd.settings)
    return report, spent + time.perf_counter() - began


def benchmark(arguments: argparse.Namespace) -> Result:
    """Judge every kind at every size and moment."""
    warm_up()
    rows = []
    for kind in arguments.kinds:
        for size in arguments.sizes:
            moments = arguments.moments if size < max(SIZES) else arguments.moments[:1]
            for moment in moments:
                rows += _rows(kind, size, moment, arguments.seeds)
        progress(f"{kind}: {len(rows)} rows")
    largest = max(arguments.sizes)
    alike = [row for row in rows if row["moment"] == arguments.moments[0]]  # the largest has no other one
    cost = {
        size: float(np.median([1e6 * r["seconds"] / (size + 50) for r in alike if r["series"] == size]))
        for size in arguments.sizes
    }
    figures = {
        "worst_rank": max(row["rank"] for row in rows),
        "us_per_series": cost[largest],
        "growth": cost[largest] / cost[_SMALLER] if _SMALLER in cost else 1.0,
    }
    return {"figures": figures, "results": rows, "settings": {"seeds": arguments.seeds}}


def _rows(kind: str, size: int, moment: str, seeds: int) -> list[Result]:
    after, late = MOMENTS[moment]
    rows = []
    for seed in range(seeds if size < max(SIZES) else 1):
        report, seconds = judged(Crowd(KINDS[kind], size, after, late, seed, _SETTINGS))
        names = [e.entity for e in report.entities]
        rank = names.index(CAUSE) + 1 if CAUSE in names else size + 50
        rows.append(
            {"kind": kind, "series": size, "moment": moment, "seed": seed, "rank": rank,
             "flagged": report.counts.flagged, "seconds": round(seconds, 3)}
        )  # fmt: skip
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES))
    parser.add_argument("--moments", nargs="+", choices=MOMENTS, default=list(MOMENTS))
    parser.add_argument("--seeds", type=int, default=2, help="worlds of each row; one at the largest size")
    run(benchmark, parser)
