"""How far from its beginning is a finding's own onset? `python -m benchmarks.onsets [DIR] [--json]`.

Generated series: AR(1) noise of standard deviation 1, and from a random row on a step, a spike of one or of
five rows, a shift that goes back, or an even rise over 10, 20 or 40 rows, 6, 10 or 20 high. Rows: for every
form and coefficient the median distance, in rows, of `before` (the row where the series had gone half of its
way, what reports told until 0.2) and `after` (where it leaves its band) from the row of the true beginning.

DIR holds recorded incidents that know their time: for each, the median over the findings of its true series,
or of its true service where none is named, of the distance from the recorded beginning.
"""

import argparse
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import Case, judge, load, raw_series_key
from benchmarks.output import Result, progress, run
from patternwatch.analysis.onset.bands import bands
from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.onset.own_onset import own_onsets
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, Matrix
from patternwatch.detectors import warm_up

PHIS, HEIGHTS = (0.0, 0.3, 0.6, 0.9), (6.0, 10.0, 20.0)
_LATEST = 25
"""Rows after the split before which everything begins."""

Rows: TypeAlias = npt.NDArray[np.int64]

FORMS: Mapping[str, Callable[[Rows], Matrix]] = {
    "step": lambda r: np.asarray(r >= 0, dtype=np.float64),
    "spike of 1": lambda r: np.asarray(r == 0, dtype=np.float64),
    "spike of 5": lambda r: np.asarray((r >= 0) & (r < 5), dtype=np.float64),
    "shift of 20": lambda r: np.asarray((r >= 0) & (r < 20), dtype=np.float64),
    "rise over 10": lambda r: np.clip((r + 1) / 10.0, 0.0, 1.0),
    "rise over 20": lambda r: np.clip((r + 1) / 20.0, 0.0, 1.0),
    "rise over 40": lambda r: np.clip((r + 1) / 40.0, 0.0, 1.0),
}
"""From rows since the beginning to heights of 0 to 1."""


def benchmark(arguments: argparse.Namespace) -> Result:
    """Generated series first, then the recordings."""
    warm_up()
    rows = [_generated(form, phi, arguments.series) for form, phi in product(FORMS, PHIS)]
    figures = {f"onset_{when}_worst": float(max(row[when] for row in rows)) for when in ("before", "after")}
    recorded = [row for path in _bundles(arguments.folder) for row in _recorded(path)]
    if recorded:
        figures["onset_recorded"] = float(np.median([row["after"] for row in recorded]))
    return {"figures": figures, "results": rows + recorded, "settings": {"series": arguments.series}}


def _generated(form: str, phi: float, series: int) -> Result:
    rng = np.random.default_rng(0)
    start = rng.integers(BASELINE_ROWS + 1, BASELINE_ROWS + _LATEST, size=series)
    heights = rng.choice(HEIGHTS, size=series)
    since = np.arange(WINDOW_ROWS) - start[:, None]
    values = _noise(rng, phi, series) + heights[:, None] * FORMS[form](since)
    moved = deviation_stats(values, BASELINE_ROWS)
    earliest = earliest_row(WINDOW_ROWS, BASELINE_ROWS)
    own = own_onsets(values, BASELINE_ROWS, earliest, moved, bands(values, BASELINE_ROWS))
    return {
        "of": form,
        "phi": phi,
        "before": float(np.median(np.abs(moved.onset - start))),
        "after": float(np.median(np.abs(own - start))),
        "n": series,
    }


def _noise(rng: np.random.Generator, phi: float, series: int) -> Matrix:
    values = rng.normal(size=(series, WINDOW_ROWS))
    for t in range(1, WINDOW_ROWS):
        values[:, t] = phi * values[:, t - 1] + np.sqrt(1.0 - phi**2) * values[:, t]
    return values


def _bundles(folder: str) -> list[Path]:
    return sorted(Path(folder).rglob("*.parquet")) if folder else []


def _recorded(path: Path) -> list[Result]:
    """One row for an incident whose true series or service has findings."""
    case = load(path, path.parent)
    told = [f for f in judge(case).report.findings if _is_true(case, f) and f.onset_ms is not None]
    if not told:
        return []
    apart = [abs((f.onset_ms or 0) - case.incident.at_ms) / case.settings.step_ms for f in told]
    row = {"of": case.incident.name, "phi": None, "before": None}
    progress(f"{case.incident.name}: {np.median(apart):.1f} rows")
    return [row | {"after": float(np.median(apart)), "n": len(told)}]


def _is_true(case: Case, found: Finding) -> bool:
    if case.series:
        return raw_series_key(found.labels) in case.series
    return found.entity in case.services


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=300, help="of every form and coefficient")
    parser.add_argument("folder", nargs="?", default="", help="folder of recorded incidents, too")
    run(benchmark, parser)


if __name__ == "__main__":
    main()
