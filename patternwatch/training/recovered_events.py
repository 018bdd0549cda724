"""Events that are over before the window ends: a spike, a transient level shift, several spikes."""

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.signals import ROWS, Rng
from patternwatch.training.waveforms import SPIKE_ROWS, Event, plateau, spike

SPIKE_SHARES = (0.4, 0.28, 0.18, 0.14)
"""How often a spike is 1, 2, 3 or 4 points wide."""


def single_spike(rng: Rng, split: int) -> Event:
    """One excursion of one to four points, over before the end."""
    width = int(rng.choice(4, p=SPIKE_SHARES)) + 1
    width = min(width, WINDOW_ROWS - split - 1)
    at = int(rng.integers(split, WINDOW_ROWS - width))
    if rng.random() < 0.12:  # just over
        at = max(split, WINDOW_ROWS - width - int(rng.integers(1, 3)))
    second = Pattern.TRANSIENT_LEVEL_SHIFT_UP if width == SPIKE_ROWS else None
    height = spike(rng, at, width)
    height[-1] = min(height[-1], 0.15)
    return Event(Pattern.SINGLE_SPIKE, height, width, second)


def transient(rng: Rng, split: int) -> Event:
    """One excursion of five points or more that has returned, or nearly."""
    current = WINDOW_ROWS - split
    width = (
        int(rng.integers(5, max(6, min(current - 1, 60)))) if rng.random() < 0.6 else int(rng.integers(5, 13))
    )
    width = min(width, current - 2)
    at = int(rng.integers(split, WINDOW_ROWS - width))
    straddles = current >= 30 and rng.random() < 0.12
    if straddles:  # begun before the split
        at = int(rng.integers(max(split - 25, split - width + 3), split))
    height = plateau(rng, at, width)
    residual = rng.uniform(0, 0.18) if rng.random() < 0.25 else 0.0
    height = np.where(at + width <= ROWS, np.maximum(height, residual), height)
    if not straddles:
        height[: max(split - 3, 0)] = 0
    height[-1] = min(height[-1], 0.2)
    if height[-2] > 0.25:  # not back in time: end it
        height[-int(rng.integers(2, 5)) :] *= 0.15
    second = Pattern.SINGLE_SPIKE if width <= 6 else None
    if straddles:
        second = Pattern.LEVEL_SHIFT_DOWN
    return Event(Pattern.TRANSIENT_LEVEL_SHIFT_UP, height, min(width, 25), second)


def multiple_spikes(rng: Rng, split: int) -> Event:
    """Two or more excursions in one direction, or two or three short blocks; returned."""
    current = WINDOW_ROWS - split
    second: Pattern | None = None
    if current >= 36 and rng.random() < 0.2:
        count = int(rng.integers(2, 4))
        widths = rng.integers(4, 15, count)
        second = Pattern.TRANSIENT_LEVEL_SHIFT_UP
    else:
        count = int(rng.choice([2, 3, 4, 5, 6, 8], p=[0.35, 0.25, 0.15, 0.1, 0.1, 0.05]))
        count = min(count, max(2, current // 5))
        widths = rng.choice(4, count, p=SPIKE_SHARES) + 1
        if rng.random() < 0.5:  # all alike
            widths[:] = widths[0]
    least = rng.uniform(0.35, 1)  # how far their heights differ
    apart = 1 if rng.random() < 0.3 else 3  # rows between two of them, at least
    room = current - int(widths.sum()) - apart * count - 1
    gaps = rng.dirichlet(np.full(count + 1, 1.2)) * max(room, 0)
    if rng.random() < 0.25:  # all in one place
        gaps[1:-1] *= 0.1
        gaps[0] = rng.uniform(0, max(room, 0) - gaps[1:-1].sum())
    height = np.zeros(WINDOW_ROWS)
    at = float(split)
    for gap, width in zip(gaps, widths.tolist(), strict=False):
        at += gap
        if int(at) + width >= WINDOW_ROWS:
            break
        shape = spike(rng, int(at), width) if width <= SPIKE_ROWS else plateau(rng, int(at), width)
        alone = (int(at) - 1 <= ROWS) & (int(at) + width + 1 > ROWS)
        height = np.maximum(height, rng.uniform(least, 1) * shape * alone)
        at += width + apart
    height /= max(height.max(), 1e-9)
    if height[-1] > 0.2:
        height[-int(rng.integers(1, 3)) :] = 0
    if count >= 5 and rng.random() < 0.4:
        second = Pattern.FLUCTUATIONS
    return Event(Pattern.MULTIPLE_SPIKES, height, min(int(widths.max()), SPIKE_ROWS), second)
