"""What can happen in the current part: one function per shape, each after its definition in docs/shapes.md.

An event is drawn upwards with a height of about 1; the generator scales it, turns it upside down for the
mirrored shape, and adds it to a background.
"""

from collections.abc import Callable

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.lasting_events import level_shift, steady, sudden
from patternwatch.training.recovered_events import multiple_spikes, single_spike, transient
from patternwatch.training.signals import ROWS, Rng, Row, ar1
from patternwatch.training.unnamed_events import unnamed
from patternwatch.training.waveforms import Event


def fluctuations(rng: Rng, split: int) -> Event:
    """The variance grows in both directions, all along or in bursts; the level does not move."""
    current = WINDOW_ROWS - split
    rows = int(rng.integers(min(15, current), current + 1))
    inside = (WINDOW_ROWS - rows <= ROWS).astype(np.float64)
    if rng.random() < 0.25 and rows > 24:  # bursts
        inside *= np.repeat(rng.random(WINDOW_ROWS // 6) < 0.6, 6)
        inside[WINDOW_ROWS - rows] = 1
    second: Pattern | None = Pattern.MULTIPLE_SPIKES if rng.random() < 0.15 else None
    draw = rng.random()
    if draw < 0.2:
        period = rng.uniform(3, 14)
        noise = np.sin(2 * np.pi * (ROWS / period + rng.random())) * rng.uniform(0.7, 1.3, WINDOW_ROWS)
    elif draw < 0.35 and rows > 20:  # blocks up and down
        noise, second = _blocks(rng, rows), Pattern.OTHER
    elif draw < 0.6:
        noise = ar1(rng, rng.uniform(0.5, 0.9))
    else:
        noise = ar1(rng, rng.uniform(0, 0.5))
    if rng.random() < 0.3:  # grows
        inside = inside * np.clip((ROWS - (WINDOW_ROWS - rows)) / rows * 1.5, 0.2, 1)
    on = inside > 0
    wave = (noise - noise[on].mean()) * inside
    height = wave / max(float(np.quantile(np.abs(wave[on]), 0.9)), 1e-9)
    return Event(Pattern.FLUCTUATIONS, height, 1, second)


def _blocks(rng: Rng, rows: int) -> Row:
    """Levels of 3 to 8 rows on either side of 0 over the last rows."""
    length = int(rng.integers(3, min(9, rows // 3 + 1)))
    count = -(-rows // length)
    sides = np.where(rng.random(count) < 0.7, np.where(np.arange(count) % 2, -1.0, 1.0), 0.0)
    sides[:2] = 1.0, -1.0
    levels = np.repeat(sides * rng.uniform(0.5, 1.2, count), length)[:rows]
    return np.concatenate([np.zeros(WINDOW_ROWS - rows), levels])


EVENTS: dict[Pattern, tuple[Callable[[Rng, int], Event], int]] = {
    Pattern.SUDDEN_INCREASE: (sudden, 2),
    Pattern.LEVEL_SHIFT_UP: (level_shift, 9),
    Pattern.STEADY_INCREASE: (steady, 13),
    Pattern.SINGLE_SPIKE: (single_spike, 3),
    Pattern.TRANSIENT_LEVEL_SHIFT_UP: (transient, 9),
    Pattern.MULTIPLE_SPIKES: (multiple_spikes, 14),
    Pattern.FLUCTUATIONS: (fluctuations, 15),
    Pattern.OTHER: (unnamed, 24),
}
"""The function of each upward shape, and how many current rows it needs."""
