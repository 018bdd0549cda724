"""What can happen in the current part: one function per shape, each after its definition in docs/shapes.md.

An event is drawn upwards with a height of about 1; the generator scales it, turns it upside down for the
mirrored shape, and lays it over a background.
"""

from collections.abc import Callable

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.backgrounds import ROWS, Rng, Row, ar1
from patternwatch.training.others import other
from patternwatch.training.strokes import SPIKE_ROWS, Event, block, ramp, spike

SUDDEN_ROWS = 7
"""A jump so many points before the end, or fewer, is sudden: its new level is not established."""
SPIKE_SHARES = (0.4, 0.28, 0.18, 0.14)
"""How often a spike is 1, 2, 3 or 4 points wide."""
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
    height = block(rng, at, width)
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
        shape = spike(rng, int(at), width) if width <= SPIKE_ROWS else block(rng, int(at), width)
        alone = (int(at) - 1 <= ROWS) & (int(at) + width + 1 > ROWS)
        height = np.maximum(height, rng.uniform(least, 1) * shape * alone)
        at += width + apart
    height /= max(height.max(), 1e-9)
    if height[-1] > 0.2:
        height[-int(rng.integers(1, 3)) :] = 0
    if count >= 5 and rng.random() < 0.4:
        second = Pattern.FLUCTUATIONS
    return Event(Pattern.MULTIPLE_SPIKES, height, min(int(widths.max()), SPIKE_ROWS), second)


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
    Pattern.OTHER: (other, 24),
}
"""The function of each upward shape, and how many current rows it needs."""
