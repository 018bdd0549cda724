"""Backgrounds cut from our own recorded incidents: what real series did before anything went wrong."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS, Window
from patternwatch.cortex.bundle import read_bundle
from patternwatch.cortex.derive import derive

log = structlog.get_logger()

INCIDENTS = Path(__file__).parents[2] / "examples" / "incidents"
QUIET_ROWS = 2
"""Rows left out right before the alert: the fault may have begun a little earlier."""
MAX_WINDOWS = 4000
MAX_GAPS = 0.05
MAX_BEYOND = 0.1
"""Part of the baseline's range by which the last rows may leave it and still be ordinary."""


def recorded_windows(names: Sequence[str], folder: Path = INCIDENTS) -> npt.NDArray[np.float32]:
    """The 300 points before the fault of each of these recordings, (M, 300) without gaps.

    Constant series and those with many gaps are left out. Raises BundleError where there is no such bundle.
    """
    found = [_before_fault(folder / f"{name}.parquet") for name in names]
    windows = np.concatenate([np.empty((0, WINDOW_ROWS), np.float32), *found])
    if len(windows) > MAX_WINDOWS:
        windows = windows[np.linspace(0, len(windows) - 1, MAX_WINDOWS).astype(int)]
    log.info("backgrounds.recorded", incidents=len(found), windows=len(windows))
    return windows


def _before_fault(path: Path) -> npt.NDArray[np.float32]:
    incident, series = read_bundle(path)
    end = incident.at_ms - QUIET_ROWS * incident.step_ms
    values = derive(series, Window.ending(end, end, incident.step_ms)).values
    gap = np.isnan(values)
    last_seen = np.maximum.accumulate(np.where(gap, 0, np.arange(WINDOW_ROWS)), axis=1)
    filled = np.take_along_axis(values, last_seen, axis=1)
    usable = (gap.mean(axis=1) <= MAX_GAPS) & ~np.isnan(filled).any(axis=1)
    centred = filled[usable] - np.median(filled[usable], axis=1, keepdims=True)
    size = np.abs(centred).max(axis=1, keepdims=True)
    lowest = filled[usable].min(axis=1, keepdims=True)
    # In a unit of their own, so that float32 keeps their detail; what starts near zero keeps its zero.
    near_zero = (lowest >= 0) & (lowest < 5 * size)
    kept = np.where(near_zero, filled[usable], centred) / np.where(size > 0, size, 1.0)
    return np.asarray(kept[(size[:, 0] > 0) & _ordinary(centred)], dtype=np.float32)


def _ordinary(values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which windows do in their last 60 rows no more than what they did before (N,)."""
    calm = np.ones(len(values), dtype=bool)
    for width in (2, 10):
        total = np.cumsum(values, axis=1)
        rolled = (total[:, width:] - total[:, :-width]) / width
        before, after = rolled[:, : BASELINE_ROWS - width], rolled[:, BASELINE_ROWS - width :]
        reach = MAX_BEYOND * np.ptp(before, axis=1)
        calm &= after.max(axis=1) <= before.max(axis=1) + reach
        calm &= after.min(axis=1) >= before.min(axis=1) - reach
    return calm
