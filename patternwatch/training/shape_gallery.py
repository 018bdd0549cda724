"""The picture of docs/shapes.md: each shape as a drawing, and as it looks in our windows labelled by eye.

`python -m patternwatch.training.shape_gallery docs/shapes.png`
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from patternwatch.classifier.model import ShapeModel
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.training.datasets import OWN_FILE, read_labelled
from patternwatch.training.signals import ROWS, Row
from patternwatch.training.windows import Windows

EXAMPLES_PER_KIND = 2
"""How many typical windows of a shape are shown, and how many of the hardest."""


def drawing(pattern: Pattern) -> Row:
    """The shape without noise over a baseline with a little: (300,)."""
    rng = np.random.default_rng(3)
    upwards = {
        Pattern.SUDDEN_INCREASE: 1.0 * (ROWS >= 295),
        Pattern.LEVEL_SHIFT_UP: 1.0 * (ROWS >= 255),
        Pattern.STEADY_INCREASE: np.clip((ROWS - 245) / 50, 0, 1),
        Pattern.SINGLE_SPIKE: 1.0 * np.isin(ROWS, [268, 269]),
        Pattern.TRANSIENT_LEVEL_SHIFT_UP: 1.0 * ((ROWS >= 255) & (ROWS < 280)),
        Pattern.MULTIPLE_SPIKES: 1.0 * np.isin(ROWS, [250, 251, 266, 267, 284, 285]),
        Pattern.FLUCTUATIONS: np.where(ROWS >= 245, rng.uniform(-0.7, 0.7, WINDOW_ROWS), 0),
        Pattern.NORMAL: np.zeros(WINDOW_ROWS),
        Pattern.OTHER: 1.0 * np.isin(ROWS, [256, 257, 258]) - 1.0 * ((ROWS >= 268) & (ROWS < 274)),
    }
    shape = upwards[pattern] if pattern in upwards else -upwards[pattern.mirrored]
    return np.asarray(shape + 0.06 * rng.standard_normal(WINDOW_ROWS))


def shown(windows: Windows, model: ShapeModel) -> list[list[int]]:
    """For each pattern the rows of its typical windows, then of the hardest: by how sure the model is."""
    sure = model.classify(windows.values, windows.split)[np.arange(len(windows)), windows.label]
    rows = []
    for number in range(len(PATTERNS)):
        mine = np.flatnonzero(windows.label == number)
        mine = mine[np.argsort(-sure[mine], kind="stable")]
        rows.append(
            [
                *mine[:EXAMPLES_PER_KIND].tolist(),
                *mine[max(EXAMPLES_PER_KIND, len(mine) - EXAMPLES_PER_KIND) :].tolist(),
            ]
        )
    return rows


def _chart(axis: Axes, values: Row, split: int) -> None:
    axis.plot(values, linewidth=0.8, color="#27548a")
    axis.axvline(split - 0.5, linewidth=0.7, color="#c2410c")


def main(path: Annotated[Path, typer.Argument(help="The PNG to write.")]) -> None:
    """Draw the picture of all patterns."""
    windows = read_labelled(OWN_FILE).windows
    rows = shown(windows, ShapeModel.load())
    figure = Figure(figsize=(11, 1.15 * len(PATTERNS)), layout="constrained")
    axes = figure.subplots(len(PATTERNS), 1 + 2 * EXAMPLES_PER_KIND)
    for axis in axes.ravel():
        axis.set_xticks([])
        axis.set_yticks([])
    heads = ["drawn", *["typical"] * EXAMPLES_PER_KIND, *["hardest"] * EXAMPLES_PER_KIND]
    for axis, head in zip(axes[0], heads, strict=True):
        axis.set_title(head, fontsize=9)
    for line, pattern, numbers in zip(axes, PATTERNS, rows, strict=True):
        line[0].set_ylabel(pattern.label.replace(" level", "\nlevel"), fontsize=8)
        _chart(line[0], drawing(pattern), BASELINE_ROWS)
        for axis, number in zip(line[1:], numbers, strict=False):
            _chart(axis, windows.values[number], int(windows.split[number]))
    figure.savefig(path, dpi=75)


if __name__ == "__main__":
    typer.run(main)
