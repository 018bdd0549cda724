"""Is a report as sure as it is right? `python -m benchmarks.confidence DIR [DIR ...] [--json]`.

Every DIR holds incident bundles, in sub-folders that name a setting. Each is judged as `patternwatch analyze`
judges it, and so is a quiet window of the bundles whose alert comes on time: the 60 rows before the fault,
where whoever is named is named wrongly. Then one data set at a time is left out: the chance of its reports
comes from a logistic that is fitted on the others. Rows:

data set  its reports: how many, mean chance, share that is right, `ece`, and the same of those called `high`
bin       all of them by chance, in tenths

Figures: `ece` over all held-out reports, the share of those called high that is right, `fitted_*`, the
constants of `analysis/verdict/confidence.py`, fitted on all of them, with their `ece` there, and
`shipped_ece`, that of the constants as they are shipped. `--rows FILE` keeps what was judged, or takes it
from there;
`--picture FILE` draws the reliability diagram.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import Case, judge, load, quiet_before
from benchmarks.logistic import chances, ece, fit, reliability
from benchmarks.output import Result, progress, run
from benchmarks.reliability_picture import picture
from patternwatch.analysis.verdict.clear import is_clear
from patternwatch.analysis.verdict.confidence import (
    HIGH,
    INTERCEPT,
    MAX_CHANCE,
    WEIGHTS,
    features_of,
)
from patternwatch.analysis.verdict.symptoms import is_felt
from patternwatch.detectors import warm_up

Vector = npt.NDArray[np.float64]
_BALANCE = 0.5
"""Power of its number of reports by which a data set counts less: one of many must not drown the others."""
NAMES = ("strength", "breadth", "late")


@dataclass(frozen=True)
class Row:
    """One report: its data set, whether its first entity is a cause, and what its word is made of."""

    source: str
    quiet: bool
    right: bool
    is_clear: bool
    is_own: bool
    is_felt: bool
    features: tuple[float, ...]


def benchmark(arguments: argparse.Namespace) -> Result:
    """Judge, hold out, fit."""
    kept = Path(arguments.rows) if arguments.rows else None
    if kept is not None and kept.exists():
        rows = [Row(**json.loads(line)) for line in kept.read_text().splitlines()]
    else:
        rows = list(_judged(arguments.folders, arguments.every))
        if kept is not None:
            kept.write_text("".join(json.dumps(asdict(row)) + "\n" for row in rows))
    chance = held_out(rows)
    right = np.array([row.right for row in rows], dtype=np.float64)
    high = np.array([_is_high(row, c) for row, c in zip(rows, chance, strict=True)])
    if arguments.picture:
        Path(arguments.picture).write_text(picture(reliability(chance, right), ece(chance, right)))
    features, *judged = _arrays(rows)
    intercept, weights = fit(features, *judged)
    figures = {
        "ece": ece(chance, right),
        "high_right": float(right[high].mean()) if high.any() else None,
        "high": int(high.sum()),
        "shipped_ece": ece(_said(features, INTERCEPT, np.array(WEIGHTS)), right),
        "fitted_ece": ece(_said(features, intercept, weights), right),
        "fitted_intercept": intercept,
        **{f"fitted_{name}": float(weight) for name, weight in zip(NAMES, weights, strict=True)},
    }
    table = [*_by_source(rows, chance, right, high), *_by_bin(chance, right)]
    settings = {"reports": len(rows), "every": arguments.every}
    return {"figures": figures, "results": table, "settings": settings}


def held_out(rows: Sequence[Row]) -> Vector:
    """The chance of each report by a fit on the reports of all other data sets, shape (N,)."""
    source = np.array([row.source for row in rows])
    features, right, weight = _arrays(rows)
    chance = np.zeros(len(rows))
    for own in sorted(set(source.tolist())):
        others = source != own
        fitted = fit(features[others], right[others], weight[others])
        chance[~others] = _said(features[~others], *fitted)
    return chance


def _said(features: Vector, intercept: float, weights: Vector) -> Vector:
    """What reports with these features would say, shape (N,)."""
    return np.minimum(chances(features, intercept, weights), MAX_CHANCE)


def _arrays(rows: Sequence[Row]) -> tuple[Vector, Vector, Vector]:
    number = {source: sum(row.source == source for row in rows) for source in {row.source for row in rows}}
    features = np.array([row.features for row in rows])
    weight = np.array([number[row.source] ** -_BALANCE for row in rows])
    return features, np.array([row.right for row in rows], dtype=np.float64), weight


def _is_high(row: Row, chance: float) -> bool:
    return chance >= HIGH and row.is_own and row.is_felt and row.is_clear


def _judged(folders: Iterable[str], every: int) -> Iterable[Row]:
    warm_up()
    for folder in map(Path, folders):
        paths = sorted(folder.rglob("*.parquet"))[::every]
        for number, path in enumerate(paths, start=1):
            case = load(path, folder)
            windows = [case]
            if case.setting in ("incidents", "late0-noise0"):
                windows.append(quiet_before(case))
            for window in windows:
                yield from _row_of(window, quiet=window is not case or not case.services)
            if number % 50 == 0:
                progress(f"{number} of {len(paths)} in {folder}")


def _row_of(case: Case, *, quiet: bool) -> list[Row]:
    """The row of a case; none where its report names nobody."""
    report = judge(case).report
    if not report.entities or report.onset_ms is None:
        return []
    features = features_of(report.entities, report.findings, report.window, report.onset_ms)
    first = report.entities[0]
    right = not quiet and first.entity in case.services
    significant = report.counts.significant
    clear = is_clear(first, report.findings, report.window, report.onset_ms, significant)
    felt = is_felt(report.findings)
    return [Row(case.incident.source, quiet, right, clear, features.is_own, felt, features.vector)]


def _by_source(
    rows: Sequence[Row], chance: Vector, right: Vector, high: npt.NDArray[np.bool_]
) -> list[Result]:
    source = np.array([row.source for row in rows])
    quiet = np.array([row.quiet for row in rows])
    table = []
    for own in sorted(set(source.tolist())):
        for kind, chosen in (("incidents", ~quiet), ("quiet", quiet)):
            where = (source == own) & chosen
            if where.any():
                called = where & high
                table.append(
                    {
                        "held_out": f"{own}, {kind}",
                        "n": int(where.sum()),
                        "chance": float(chance[where].mean()),
                        "right": float(right[where].mean()),
                        "ece": ece(chance[where], right[where]),
                        "high": int(called.sum()),
                        "high_right": float(right[called].mean()) if called.any() else None,
                    }
                )
    return table


def _by_bin(chance: Vector, right: Vector) -> list[Result]:
    return [
        {
            "held_out": "all",
            "n": n,
            "chance": mean,
            "right": share,
            "ece": abs(mean - share),
            "high": 0,
            "high_right": None,
        }
        for mean, share, n in reliability(chance, right)
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--every", type=int, default=1, help="judge every so many bundles of a folder only")
    parser.add_argument("--rows", help="file of what was judged: taken from there if it exists, else written")
    parser.add_argument("--picture", help="SVG file for the reliability diagram")
    parser.add_argument("folders", nargs="+", help="folders of incident bundles, searched recursively")
    run(benchmark, parser)


if __name__ == "__main__":
    main()
