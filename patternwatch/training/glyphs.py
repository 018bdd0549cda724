"""The picture of docs/shapes.md: each pattern as a clean drawing, then as it looks in a chart.

`python -m patternwatch.training.glyphs docs/shapes.png`
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from patternwatch.classifier.metrics import NONE
from patternwatch.classifier.model import ShapeModel
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.training.backgrounds import ROWS, Row
from patternwatch.training.config import GeneratorConfig
from patternwatch.training.generator import generate
from patternwatch.training.sheet import draw_sheet
from patternwatch.training.windows import Windows

SEED = 2021
EXAMPLES = 2
TYPICAL = 0.7
"""How sure the shipped model must be of a window that is shown as typical."""
PATTERNS_A_ROW = 3


def glyph(pattern: Pattern) -> Row:
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


def _chosen(pattern: int, pool: Windows) -> Windows:
    """The glyph of one pattern and a few clear windows of it."""
    clear = (pool.label == pattern) & (pool.second == NONE) & (pool.split == BASELINE_ROWS)
    whole = ~np.isnan(pool.values).any(axis=1)
    rows = np.flatnonzero(clear & whole)
    sure = ShapeModel.load().classify(pool.values[rows], BASELINE_ROWS)[:, pattern]
    rows = rows[sure > TYPICAL][:EXAMPLES]
    drawn = Windows(
        glyph(PATTERNS[pattern])[None].astype(np.float32),
        np.array([BASELINE_ROWS]),
        np.array([pattern]),
        np.array([NONE]),
    )
    return Windows.joined([drawn, pool.take(rows)])


def main(path: Annotated[Path, typer.Argument(help="The PNG to write.")]) -> None:
    """Draw the picture of all patterns."""
    pool = generate(4000, SEED, GeneratorConfig(recorded_share=0.0))
    windows = Windows.joined([_chosen(number, pool) for number in range(len(PATTERNS))])
    titles = [PATTERNS[k].label if n % (EXAMPLES + 1) == 0 else "" for n, k in enumerate(windows.label)]
    draw_sheet(windows, path, titles, PATTERNS_A_ROW * (EXAMPLES + 1), dpi=72, size=(1.75, 1.1))


if __name__ == "__main__":
    typer.run(main)
