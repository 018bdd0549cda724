"""What the comparison with the day before keeps from being flagged: `python -m benchmarks.seasonal [--json]`.

Two days of generated series are written as a recording and judged as `patternwatch analyze` judges it, once
plainly and once with `--compare day`. A series is AR(1) noise (standard deviation 1) and a rise of 5, 15 or
30, each day up to 15 % more or less and up to a row later. Shares are of all series that the report counts
as flagged, the mean over phi 0, 0.4 and 0.8:

plain           without the comparison, where there is nothing but the daily rise
compared        the same with it
fault_plain     without it, where a fault of 1.3 times the rise comes on top
fault_compared  the same with it
other_plain     without it, where a fault as high as the rise comes instead of it, and the rise was there
                the day before only
other_compared  the same with it
"""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from benchmarks.incidents import judge, load
from benchmarks.output import Result, progress, run
from patternwatch.contracts.requests import Compare
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, Matrix
from patternwatch.cortex.bundle import Incident, write_bundle
from patternwatch.cortex.raw import ragged
from patternwatch.cortex.seasonal_reference import PERIODS_MS
from patternwatch.detectors import warm_up

STEP_MS = 30_000
START_MS = 1_760_000_040_000
PHIS, HEIGHTS = (0.0, 0.4, 0.8), (5.0, 15.0, 30.0)
DAILY = 0.15
"""By how much a day's rise is higher or lower than another's, at the most."""
FAULT = 1.3
SHARES = ("plain", "compared", "fault_plain", "fault_compared", "other_plain", "other_compared")
COMPARISONS: tuple[Compare, ...] = ("none", "day")
FAULT_ROW = 250
LEVEL = 1000.0

Curve: TypeAlias = npt.NDArray[np.float64]

_ROW = np.arange(WINDOW_ROWS)
RISES: Mapping[str, Curve] = {
    "morning": np.clip((_ROW - 235) / 50, 0.0, 1.0),
    "ramp": np.clip((_ROW - 180) / 120, 0.0, 1.0),
    "step": (_ROW >= 245).astype(np.float64),
    "nightly job": ((_ROW >= 246) & (_ROW < 276)).astype(np.float64),
}
"""Daily movements from 0 to 1, shape (T,)."""
_FAULT = (_ROW >= FAULT_ROW).astype(np.float64)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--series", type=int, default=100, help="of every setting")
    run(_benchmark, parser)


def _benchmark(arguments: argparse.Namespace) -> Result:
    warm_up()
    rows = [
        _row(name, curve, height, arguments.series)
        for (name, curve), height in product(RISES.items(), HEIGHTS)
    ]
    figures = {f"seasonal_{name}": float(np.mean([row[name] for row in rows])) for name in SHARES}
    settings = {"series": arguments.series, "phi": PHIS, "height": HEIGHTS}
    return {"figures": figures, "results": rows, "settings": settings}


def _row(name: str, curve: Curve, height: float, series: int) -> Result:
    shares = np.mean([_shares(curve, phi, height, series) for phi in PHIS], axis=0)
    row = {"rise": name, "height": height} | dict(zip(SHARES, shares.tolist(), strict=True))
    progress(str(row))
    return row


def _shares(curve: Curve, phi: float, height: float, series: int) -> list[float]:
    """The SHARES of one kind of series."""
    rng = np.random.default_rng(0)
    noise = _noise(rng, phi, series)
    yesterday = noise() + _rise(rng, curve, height, series)
    today = noise() + _rise(rng, curve, height, series)
    days = (today, today + FAULT * height * _FAULT, noise() + height * _FAULT)
    return [flagged_share(yesterday, day, compare) for day in days for compare in COMPARISONS]


def _noise(rng: np.random.Generator, phi: float, series: int) -> Callable[[], Matrix]:
    def draw() -> Matrix:
        values = rng.normal(size=(series, WINDOW_ROWS))
        for t in range(1, WINDOW_ROWS):
            values[:, t] = phi * values[:, t - 1] + np.sqrt(1.0 - phi**2) * values[:, t]
        return LEVEL + values

    return draw


def _rise(rng: np.random.Generator, curve: Curve, height: float, series: int) -> Matrix:
    heights = height * rng.uniform(1.0 - DAILY, 1.0 + DAILY, size=(series, 1))
    later = rng.integers(0, 2, size=series)
    curves = np.stack([curve, np.concatenate([curve[:1], curve[:-1]])])
    return np.asarray(heights * curves[later])


def flagged_share(yesterday: Matrix, today: Matrix, compare: Compare) -> float:
    """The share of these series, (N, T) each, that the report of the product counts as abnormal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "two-days.parquet"
        _write(path, yesterday, today)
        counts = judge(load(path, Path(folder), compare)).report.counts
    return counts.flagged / counts.selected


def _write(path: Path, yesterday: Matrix, today: Matrix) -> None:
    """A recording of gauges that holds the window and the same one of the day before."""
    n, day_ms = len(today), PERIODS_MS["day"]
    times = START_MS + STEP_MS * _ROW.astype(np.int64)
    both = np.concatenate([times - day_ms, times])
    values = np.concatenate([yesterday, today], axis=1)
    labels = [{"__name__": f"metric_{i % 7}_usage", "service": f"service-{i}"} for i in range(n)]
    incident = Incident(
        name="two days",
        source="generated",
        step_ms=STEP_MS,
        start_ms=int(both[0]),
        end_ms=int(both[-1]),
        at_ms=int(times[BASELINE_ROWS]),
    )
    write_bundle(path, incident, ragged(labels, ["gauge"] * n, [both] * n, list(values)))


if __name__ == "__main__":
    main()
