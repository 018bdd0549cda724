"""Events that are still there at the end of the window: a sudden jump, a level shift, a steady move."""

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.signals import ROWS, Rng
from patternwatch.training.waveforms import Event, ramp, spike

SUDDEN_ROWS = 7
"""A jump so many points before the end, or fewer, is sudden: its new level is not established."""
MIN_STEADY_ROWS = 10


def sudden(rng: Rng, split: int) -> Event:
    """A jump within the last seven points, still there at the end."""
    rows = int(rng.integers(1, min(SUDDEN_ROWS, WINDOW_ROWS - split) + 1))
    transition = int(rng.integers(0, max(1, min(4, rows - 1))))
    height = ramp(WINDOW_ROWS - rows, transition)
    if rows > 2 and rng.random() < 0.3:
        height *= np.where(height > 0, rng.uniform(0.7, 1.1, WINDOW_ROWS), 0)
    second = Pattern.LEVEL_SHIFT_UP if rows >= SUDDEN_ROWS and transition <= 1 else None
    return Event(Pattern.SUDDEN_INCREASE, height, min(rows, 3), second)


def level_shift(rng: Rng, split: int) -> Event:
    """A jump to a new level that is held for at least eight points, to the end."""
    current = WINDOW_ROWS - split
    rows = int(rng.integers(8, current + 1)) if rng.random() < 0.8 else current
    transition = int(rng.integers(0, 4)) if rng.random() < 0.85 else int(rng.integers(4, 9))
    transition = min(transition, rows - 8) if rows < 16 else transition
    height = ramp(WINDOW_ROWS - rows, transition)
    inside = height > 0
    since = np.maximum(ROWS - (WINDOW_ROWS - rows), 0)
    second: Pattern | None = Pattern.SUDDEN_INCREASE if rows <= 9 else None
    if transition > 5:
        second = Pattern.STEADY_INCREASE
    draw = rng.random()
    if draw < 0.2:  # settles: overshoots, or goes on creeping
        height += inside * rng.uniform(-0.3, 0.6) * np.exp(-since / rng.uniform(1.5, 12))
    elif draw < 0.3:
        height += inside * rng.uniform(-0.3, 0.3) * since / max(rows, 1)
    elif draw < 0.5 and rows > 12:  # one small spike or notch on the new level
        at = int(rng.integers(WINDOW_ROWS - rows + 3, WINDOW_ROWS - 3))
        bump = rng.uniform(0.4, 2.5) if rng.random() < 0.5 else rng.uniform(-0.9, -0.3)
        height += bump * spike(rng, at, int(rng.integers(1, 4)))
        second = Pattern.OTHER if abs(bump) > 0.7 else second
    return Event(Pattern.LEVEL_SHIFT_UP, height, min(rows, 25), second)


def steady(rng: Rng, split: int) -> Event:
    """A gradual move over ten points or more, still there at the end."""
    current = WINDOW_ROWS - split
    rows = int(rng.integers(MIN_STEADY_ROWS + 1, current + 1))
    flat = int(rng.integers(0, 1 + rows // 4)) if rng.random() < 0.3 else 0
    moving = max(rows - flat, MIN_STEADY_ROWS)
    rows = max(rows, moving)
    part = np.clip((ROWS - (WINDOW_ROWS - rows) + 1) / moving, 0, 1)
    draw = rng.random()
    if draw < 0.4:
        height = part
    elif draw < 0.6:
        height = part ** rng.uniform(1.2, 3)
    elif draw < 0.75:
        height = part ** rng.uniform(0.45, 0.85)
    elif draw < 0.88:
        height = (1 - np.cos(np.pi * part)) / 2
    else:  # a staircase of at least three steps
        steps = int(rng.integers(3, 9))
        height = np.ceil(part * steps) / steps
    second = None
    if moving <= 12 and draw < 0.88:
        second = Pattern.LEVEL_SHIFT_UP
    return Event(Pattern.STEADY_INCREASE, height, max(3, moving // 3), second)
