"""Contact sheets: the charts themselves, to be looked at before any figure is believed."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.training.windows import Windows

mpl.use("Agg")


def draw_sheet(
    windows: Windows,
    path: Path,
    titles: list[str],
    columns: int,
    dpi: int = 70,
    size: tuple[float, float] = (2.6, 1.35),
) -> None:
    """Draw every window as a small chart with its split, row by row, into a PNG."""
    rows = -(-len(windows) // columns)
    figure = Figure(figsize=(size[0] * columns, size[1] * rows), layout="constrained")
    axes = np.asarray(figure.subplots(rows, columns, squeeze=False)).ravel()
    for axis in axes:
        axis.set_axis_off()
    for axis, values, split, title in zip(axes, windows.values, windows.split, titles, strict=False):
        axis.plot(values, linewidth=0.8, color="#27548a")
        axis.axvline(int(split), linewidth=0.7, color="#c2410c")
        axis.set_title(title, fontsize=7)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=dpi)


def titles_of(windows: Windows) -> list[str]:
    """`level shift up (normal)`: the label, and the second one where there is one."""
    return [
        PATTERNS[label].label + (f" ({PATTERNS[second].label})" if second != NONE else "")
        for label, second in zip(windows.label, windows.second, strict=True)
    ]


def per_class(windows: Windows, each: int, *, clear: bool = False) -> Windows:
    """The first `each` windows of every class, in the order of PATTERNS; only clear ones if asked."""
    wanted = (windows.second == NONE) if clear else np.ones(len(windows), dtype=bool)
    picked = [np.flatnonzero((windows.label == number) & wanted)[:each] for number in range(len(PATTERNS))]
    return windows.take(np.concatenate(picked))
