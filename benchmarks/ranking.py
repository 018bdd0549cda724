"""How often is the cause on top? `python -m benchmarks.ranking DIR [--json]`.

DIR holds incident bundles with known causes, in sub-folders that name a setting. For every setting and
source: AC@1 and AC@3 (the share of incidents with a true service, or series, among the first 1 or 3),
Avg@5 (the mean of AC@1 .. AC@5) and the time of one analysis. Side by side with simple rankings: the
two-sample KS test, n-sigma and the robust z-score, each by its strongest series of a service, and BARO
(package fse-baro; series whose baseline has no spread are dropped).
"""

import argparse
import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.output import Result, progress, run
from benchmarks.peers import Peer, installed
from patternwatch.analysis.conclude import conclude
from patternwatch.analysis.entities import entity_of
from patternwatch.analysis.planning import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.classifier.shape_classifier import PlainClassifier
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.messages import AnalysisRequest, ShardResult
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.contracts.series import Labels, SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle import Incident
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.detectors import KS, warm_up
from patternwatch.detectors.quantiles import quantile, sorted_rows

SETTINGS = AnalysisSettings(drift_findings=0)  # evidence does not rank
EVERYTHING = '{__name__=~".+"}'
MAX_ROWS = 1200
PLACES = 5

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One incident: its series on a grid, and what was really wrong."""

    setting: str
    incident: Incident
    window: Window
    batch: SeriesBatch

    @property
    def source(self) -> str:
        """Where it is from; incidents that leave no trace in metrics apart."""
        seen = (self.incident.model_extra or {}).get("observable", True)
        return self.incident.source if seen else f"{self.incident.source} (no trace)"

    @property
    def services(self) -> set[str]:
        """The true causes."""
        return set(self.incident.truth.services) if self.incident.truth else set()

    @property
    def series(self) -> set[str]:
        """Keys of the true root series, where they are known."""
        named = self.incident.truth.series if self.incident.truth else []
        return {key_of(labels) for labels in named}


def key_of(labels: Labels) -> str:
    """One raw series: all that is derived from one counter or histogram counts as it."""
    name = labels.get("__name__", "")
    for suffix in ("_bucket", "_sum", "_count"):
        name = name.removesuffix(suffix)
    kept = {label: value for label, value in labels.items() if label != "le"}
    return series_id(kept | {"__name__": name}, "")


@dataclass(frozen=True)
class Ranking:
    """What one method says: services and series, the likeliest first, and how long it took if it knows."""

    services: list[str]
    series: list[str]
    ms: float | None = None


def load(path: Path, root: Path) -> Case:
    """Read one bundle whole: the longest window that it holds."""
    source = BundleSource(path)
    incident, step = source.incident, source.incident.step_ms
    rows = min((incident.end_ms - incident.start_ms) // step + 1, MAX_ROWS)
    window = Window(
        start_ms=incident.end_ms - (rows - 1) * step,
        split_ms=incident.at_ms,
        end_ms=incident.end_ms,
        step_ms=step,
    )
    batch = asyncio.run(source.fetch("benchmark", parse_selector(EVERYTHING), window))
    return Case(_setting(path, root, incident.source), incident, window, batch)


def _setting(path: Path, root: Path, source: str) -> str:
    """The sub-folder, without a last part that only repeats the source."""
    parts = list(path.parent.relative_to(root).parts)
    if parts and parts[-1] == source:
        parts.pop()
    return "/".join(parts) or root.name


def ours(case: Case) -> Ranking:
    """The product's own way, in one shard; shapes do not decide the order, so no model is needed."""
    found = scanned(case)
    report = conclude(found.request, [found], PlainClassifier(_no_shapes), SETTINGS)
    return Ranking([e.entity for e in report.entities], _once(key_of(f.labels) for f in report.findings))


def scanned(case: Case) -> ShardResult:
    """The scan of all series of a case as one shard."""
    request = AnalysisRequest(
        request_id=case.incident.name or "benchmark",
        tenant="benchmark",
        trigger="manual",
        title=case.incident.name,
        matchers=parse_selector(EVERYTHING),
        window=case.window,
        requested_at_ms=case.window.end_ms,
    )
    one_shard = SETTINGS.model_copy(update={"shard_series": 10**9})
    (shard,) = plan_shards(request, {"all": len(case.batch)}, one_shard)
    return scan(shard, case.batch, SETTINGS)


def _no_shapes(values: npt.NDArray[np.float64], _split: int) -> npt.NDArray[np.float32]:
    return np.full((len(values), len(PATTERNS)), 1 / len(PATTERNS), dtype=np.float32)


def by_score(score: Callable[[npt.NDArray[np.float64], int], Vector]) -> Callable[[Case], Ranking]:
    """The ranking by a score of single series; a service counts as its strongest one."""

    def rank(case: Case) -> Ranking:
        with np.errstate(all="ignore"):
            scores = np.nan_to_num(score(case.batch.values, case.window.split_row), nan=0.0)
        return _in_order(case, np.argsort(-scores, kind="stable").tolist())

    return rank


def by_baro(peer: Peer) -> Callable[[Case], Ranking]:
    """BARO's ranking of series; a service counts as its strongest one."""

    def rank(case: Case) -> Ranking:
        answer = peer.ask(split=case.window.split_row, values=case.batch.values)
        return _in_order(case, answer["ranks"], answer["ms"])

    return rank


def _in_order(case: Case, rows: Sequence[int], ms: float | None = None) -> Ranking:
    labels = [case.batch.labels[i] for i in rows]
    services = _once(entity_of(own, SETTINGS.entity_labels).name for own in labels)
    return Ranking(services, _once(key_of(own) for own in labels), ms)


def _once(ranked: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ranked))


def n_sigma(values: npt.NDArray[np.float64], split: int) -> Vector:
    """Largest distance from the baseline's mean in its standard deviations."""
    before, after = values[:, :split], values[:, split:]
    return _over(_farthest(after, _mean(before)), np.sqrt(_mean((before - _mean(before)[:, None]) ** 2)))


def robust_z(values: npt.NDArray[np.float64], split: int) -> Vector:
    """Largest distance from the baseline's median in its interquartile ranges."""
    ordered, counts = sorted_rows(values[:, :split])
    low, median, high = (quantile(ordered, counts, q) for q in (0.25, 0.5, 0.75))
    return _over(_farthest(values[:, split:], median), high - low)


def _mean(values: npt.NDArray[np.float64]) -> Vector:
    return np.asarray(np.nansum(values, axis=1) / np.maximum((~np.isnan(values)).sum(axis=1), 1))


def _farthest(values: npt.NDArray[np.float64], centre: Vector) -> Vector:
    return np.asarray(np.fmax.reduce(np.abs(values - centre[:, None]), axis=1))


def _over(distance: Vector, scale: Vector) -> Vector:
    """Series without any spread are dropped, as is usual for these methods."""
    return np.asarray(np.where(scale > 0, distance / scale, 0.0))


METHODS: dict[str, Callable[[Case], Ranking]] = {
    "ours": ours,
    "ks": by_score(lambda values, split: KS(values, split).score),
    "n-sigma": by_score(n_sigma),
    "robust z": by_score(robust_z),
}


def hits(ranked: Sequence[str], true: Iterable[str]) -> list[float]:
    """For each of the first five places: is a true one among those up to it?"""
    wanted = set(true)
    return [float(bool(wanted & set(ranked[: k + 1]))) for k in range(PLACES)]


Key = tuple[str, str, str, str]


def benchmark(arguments: argparse.Namespace) -> Result:
    """Rank every bundle under the folder by every method."""
    root = Path(arguments.folder)
    paths = sorted(root.rglob("*.parquet"))
    if not paths:
        raise SystemExit(f"there are no incident bundles (.parquet) under {root}")
    warm_up()
    found: dict[Key, list[list[float]]] = defaultdict(list)
    spent: dict[Key, list[float]] = defaultdict(list)
    if not arguments.without_peers and installed():
        with Peer("peer_baro.py") as baro:
            _rank_all(paths, root, METHODS | {"baro": by_baro(baro)}, found, spent)
    else:
        _rank_all(paths, root, METHODS, found, spent)
    rows = [_row(key, np.array(found[key]), spent[key]) for key in sorted(found)]
    rows += _macro(rows)
    figures = {
        f"{row['method']}_{row['setting']}_{name}": row[name]
        for row in rows
        if row["source"] == "macro" and row["level"] == "service" and row["method"] in ("ours", "baro")
        for name in ("ac1", "avg5")
    }
    return {"figures": figures, "results": rows, "settings": {"incidents": len(paths)}}


def _rank_all(
    paths: Sequence[Path],
    root: Path,
    methods: Mapping[str, Callable[[Case], Ranking]],
    found: dict[Key, list[list[float]]],
    spent: dict[Key, list[float]],
) -> None:
    for number, path in enumerate(paths, start=1):
        case = load(path, root)
        for method, rank in methods.items():
            started = time.perf_counter()
            ranking = rank(case)
            milliseconds = ranking.ms or 1000 * (time.perf_counter() - started)
            for level, ranked, true in (
                ("service", ranking.services, case.services),
                ("series", ranking.series, case.series),
            ):
                if true:
                    key = (case.setting, case.source, method, level)
                    found[key].append(hits(ranked, true))
                    spent[key].append(milliseconds)
        if number % 50 == 0:
            progress(f"{number} of {len(paths)} incidents")


def _row(key: Key, places: npt.NDArray[np.float64], milliseconds: list[float]) -> Result:
    setting, source, method, level = key
    return {
        "setting": setting,
        "source": source,
        "method": method,
        "level": level,
        "ac1": float(places[:, 0].mean()),
        "ac3": float(places[:, 2].mean()),
        "avg5": float(places.mean()),
        "n": len(places),
        "ms": float(np.median(milliseconds)),
    }


def _macro(rows: list[Result]) -> list[Result]:
    """The mean over sources, so that a source with many incidents does not drown the others."""
    groups: dict[tuple[str, str, str], list[Result]] = defaultdict(list)
    for row in rows:
        if not row["source"].endswith("(no trace)"):
            groups[row["setting"], row["method"], row["level"]].append(row)
    return [
        {"setting": setting, "source": "macro", "method": method, "level": level}
        | {name: float(np.mean([row[name] for row in group])) for name in ("ac1", "ac3", "avg5")}
        | {"n": sum(row["n"] for row in group), "ms": float(np.mean([row["ms"] for row in group]))}
        for (setting, method, level), group in sorted(groups.items())
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--without-peers", action="store_true", help="leave BARO out, which takes seconds a case"
    )
    parser.add_argument("folder", help="folder of incident bundles, searched recursively")
    run(benchmark, parser)


if __name__ == "__main__":
    main()
