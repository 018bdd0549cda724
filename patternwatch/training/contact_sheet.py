"""Contact sheets: many windows drawn on one picture, to label them by eye."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from patternwatch.contracts.series import WINDOW_ROWS

mpl.use("Agg")

COLUMNS, ROWS = 4, 6
CHARTS_PER_SHEET = COLUMNS * ROWS
ZOOM = 90
"""The right half of a chart shows so many rows at the end, point by point."""


def draw(
    values: npt.NDArray[np.float32], splits: npt.NDArray[np.integer], titles: list[str], path: Path
) -> None:
    """One sheet of at most 24 windows: each whole, and beside it its end point by point."""
    figure = Figure(figsize=(3.9 * COLUMNS, 2.0 * ROWS), layout="constrained")
    axes = figure.subplots(ROWS, 2 * COLUMNS, width_ratios=[1.35, 1] * COLUMNS, squeeze=False)
    rows = np.arange(WINDOW_ROWS)
    for axis in axes.ravel():
        axis.tick_params(labelsize=5, length=1, pad=1)
        axis.set_yticks([])
    for k, (row, split, title) in enumerate(zip(values, splits, titles, strict=True)):
        whole, end = axes[k // COLUMNS, 2 * (k % COLUMNS) : 2 * (k % COLUMNS) + 2]
        whole.plot(rows, row, linewidth=0.7, color="#27548a")
        end.plot(rows[-ZOOM:], row[-ZOOM:], ".-", markersize=2.5, linewidth=0.5, color="#27548a")
        end.set_xticks(range(WINDOW_ROWS - ZOOM, WINDOW_ROWS + 1, 10), labels=[])
        end.grid(alpha=0.3)
        for axis in (whole, end):
            axis.axvline(split - 0.5, linewidth=0.8, color="#c2410c")
        whole.set_title(title, fontsize=9, loc="left", pad=2)
    figure.savefig(path, dpi=100)
