"""False flags and caught anomalies of every detector on labelled windows.

    python -m benchmarks.filter WINDOWS.npz [--series DIR] [--incidents DIR] [--json]

WINDOWS.npz holds `values` (n, T) with NaN for gaps, `split` (the first current row), `anomalous` 0/1,
`source`, `series_id` and `start`. Detectors are given whole windows and the true split, as in the product,
which besides leaves out series that cannot be judged and looks for the onset itself. DIR of --series holds
the series they were cut from (index.csv and an .npz a source), for up to 2,400 earlier points: more rows
than the product fetches, so `ours_history` only shows what they would bring. DIR of --incidents holds
incident bundles, which are judged whole, as `patternwatch analyze` judges them.
Sources differ in size, so macro figures are means over sources; `at` is the detector's own threshold
(`shipped`) or one moved so that the mean rate over the file's normal windows is at most 0.02 or 0.01.
`chance_size` and `chance_spread`: how far normal windows moved that are flagged (see
`analysis/scoring/chance.py`).
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import judge, load
from benchmarks.output import Result, progress, run
from benchmarks.rankings import n_sigma, robust_z
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.scores import log_size, scales_with_floors
from patternwatch.detectors import CHANGE, KS, RIVER, SELF_HISTORY
from patternwatch.detectors.calibration import SCORES

HISTORY_ROWS = 2400
RATES = (0.02, 0.01)
KSWIN_EVERY = 8
"""KSWIN costs some milliseconds a window: it judges every eighth of each source and class."""
Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Windows:
    """The labelled windows of one file."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as data:
            self.values = data["values"].astype(np.float64)
            self.split = int(np.asarray(data["split"]).flat[0])
            self.anomalous = data["anomalous"].astype(bool)
            self.source = data["source"].astype(str)
            self.series_id = data["series_id"].astype(str) if "series_id" in data else None
            self.start = data.get("start")

    def with_history(self, folder: Path) -> Array:
        """The windows with up to 2,400 earlier points before each, NaN where there are none."""
        if self.series_id is None or self.start is None:
            raise SystemExit("these windows do not say where they were cut: leave --series out")
        with (folder / "index.csv").open() as lines:
            offset = {(r["dataset"], r["series_id"]): int(r["offset"]) for r in csv.DictReader(lines)}
        wide = np.full((len(self.values), HISTORY_ROWS + self.values.shape[1]), np.nan)
        wide[:, HISTORY_ROWS:] = self.values
        for source in np.unique(self.source):
            if not (folder / f"{source}.npz").exists():
                continue
            with np.load(folder / f"{source}.npz") as data:
                points = data["values"]
            for i in np.flatnonzero(self.source == source):
                begin = offset[source, self.series_id[i]]
                end = begin + int(self.start[i])
                earlier = points[max(begin, end - HISTORY_ROWS) : end]
                wide[i, HISTORY_ROWS - len(earlier) : HISTORY_ROWS] = earlier
        return wide

    def normal_above(self, score: float) -> float:
        """The part of the normal windows whose change score reaches this, the mean over sources."""
        reached = CHANGE(self.values, self.split).score >= score
        normal = [reached[(self.source == s) & ~self.anomalous] for s in np.unique(self.source)]
        return float(np.mean([part.mean() for part in normal]))

    def chance_sizes(self) -> tuple[float, float]:
        """Mean and standard deviation of how far the normal windows moved that are flagged, as logarithms."""
        flagged = self.values[CHANGE(self.values, self.split).flagged & ~self.anomalous]
        moved = deviation_stats(flagged, self.split)
        scale = scales_with_floors(moved, ["other"] * len(flagged), np.zeros(len(flagged)))
        size = log_size(moved, scale)
        return float(size[size > 0].mean()), float(size[size > 0].std())

    def rows(self, name: str, score: Array, threshold: float, kept: Flags | None = None) -> list[Result]:
        """False flags and caught by source and macro, at each threshold."""
        kept = np.ones(len(score), dtype=bool) if kept is None else kept
        bars = {"shipped": threshold} | {str(rate): self._threshold(score, rate, kept) for rate in RATES}
        rows = []
        for at, bar in bars.items():
            found = []
            for source in np.unique(self.source):
                here = kept & (self.source == source)
                share = [
                    float((score[here & group] >= bar).mean()) for group in (~self.anomalous, self.anomalous)
                ]
                found.append((source, *share))
            macro = np.mean([shares for _, *shares in found], axis=0)
            for source, false_flags, caught in [*found, ("macro", *macro.tolist())]:
                rows.append(
                    {
                        "detector": name,
                        "source": source,
                        "at": at,
                        "false_flags": false_flags,
                        "caught": caught,
                    }
                )
            progress(f"{name} at {at}: {macro[0]:.4f} false flags, {macro[1]:.3f} caught")
        return rows

    def _threshold(self, score: Array, rate: float, kept: Flags) -> float:
        """The least threshold that flags at most this share of the normal windows, sources alike."""
        weight = np.zeros(len(score))
        sources = np.unique(self.source)
        for source in sources:
            here = kept & ~self.anomalous & (self.source == source)
            weight[here] = 1.0 / (here.sum() * len(sources))
        order = np.argsort(-score, kind="stable")
        flagged = np.cumsum(weight[order])
        first_over = int(np.searchsorted(flagged, rate + 1e-12, side="right"))
        return float(np.nextafter(score[order[min(first_over, len(order) - 1)]], np.inf))


def generated(seed: int = 5, series: int = 4000, rows: int = 300) -> dict[str, Array]:
    """AR(1) with phi .95, and a daily season of 288 or 1,440 rows at any hour with noise, each (N, T)."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(series, 2 * rows))
    for t in range(1, 2 * rows):
        steps[:, t] += 0.95 * steps[:, t - 1]
    day = rng.choice([288, 1440], size=(series, 1))
    hour, height = rng.uniform(size=(series, 1)), rng.uniform(2.0, 20.0, size=(series, 1))
    season = 50.0 + height * np.sin(2.0 * np.pi * (np.arange(rows) / day + hour))
    return {"ar1": steps[:, rows:], "seasonal": season + rng.normal(size=(series, rows))}


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("windows", type=Path)
    parser.add_argument("--series", type=Path, help="the series the windows were cut from")
    parser.add_argument("--incidents", type=Path, help="incident bundles, searched recursively")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    windows = Windows(arguments.windows)
    values, split = windows.values, windows.split
    change = np.diff(values, axis=1)
    rows = windows.rows("ours", CHANGE(values, split).score, CHANGE.threshold)
    if arguments.series:
        wide = windows.with_history(arguments.series)
        rows += windows.rows(
            "ours_history", SELF_HISTORY(wide, HISTORY_ROWS + split).score, SELF_HISTORY.threshold
        )
    rows += windows.rows("KS", KS(values, split).score, KS.threshold)
    rows += windows.rows("KS on differences", KS(change, split - 1).score, KS.threshold)
    with np.errstate(all="ignore"):
        rows += windows.rows("n-sigma", np.nan_to_num(n_sigma(values, split), nan=0.0), 3.0)
        rows += windows.rows("robust z", np.nan_to_num(robust_z(values, split), nan=0.0), 3.0)
    for detector in RIVER:
        kept = _every(KSWIN_EVERY, windows) if detector.name == "KSWIN" else np.ones(len(values), dtype=bool)
        score = np.zeros(len(values))
        score[kept] = detector(values[kept], split).score
        rows += windows.rows(detector.name, score, detector.threshold, kept)
    macro = {(r["detector"], r["at"]): r for r in rows if r["source"] == "macro"}
    figures = {
        "ours_false_flags": macro["ours", "shipped"]["false_flags"],
        "ours_caught": macro["ours", "shipped"]["caught"],
        "ours_caught_at_1pct": macro["ours", "0.01"]["caught"],
    }
    figures |= {f"normal_above_{s:g}": windows.normal_above(s) for s in SCORES[1:]}
    figures["chance_size"], figures["chance_spread"] = windows.chance_sizes()
    if arguments.series:
        figures["ours_history_caught_at_1pct"] = macro["ours_history", "0.01"]["caught"]
    for name, batch in generated().items():
        figures[f"{name}_flagged"] = float(CHANGE(batch, 240).flagged.mean())
    if arguments.incidents:
        figures["incidents_with_flagged_root"] = _flagged_roots(arguments.incidents)
    return {"figures": figures, "results": rows, "settings": {"windows": len(values)}}


def _every(nth: int, windows: Windows) -> Flags:
    """One in `nth` of every source and class, and at least the first of each."""
    kept = np.zeros(len(windows.values), dtype=bool)
    for source in np.unique(windows.source):
        for group in (windows.anomalous, ~windows.anomalous):
            kept[np.flatnonzero(group & (windows.source == source))[::nth]] = True
    return kept


def _flagged_roots(folder: Path) -> float:
    """The share of the incidents that leave a trace in whose report a true service has an abnormal series."""
    found = []
    for path in sorted(folder.rglob("*.parquet")):
        case = load(path, folder)
        if case.services and not case.source.endswith("(no trace)"):
            ranked = {entity.entity for entity in judge(case).report.entities}
            found.append(bool(ranked & case.services))
            if not found[-1]:
                progress(f"no flagged series of the root in {path.name}")
    return float(np.mean(found))


if __name__ == "__main__":
    main()
