"""Events that are `other`: notable, but none of the 13 patterns, one function each."""

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.signals import ROWS, Rng
from patternwatch.training.waveforms import SPIKE_ROWS, Event, plateau, ramp, spike


def _spike_and_dip(rng: Rng, split: int) -> Event:
    """An excursion up and one down, one after the other or side by side."""
    one = int(rng.integers(split, WINDOW_ROWS - 10))
    two = min(WINDOW_ROWS - 5, one + int(rng.integers(1, 30)))
    if rng.random() < 0.4:  # one right after the other, of a point or two
        width = int(rng.integers(1, 3))
        first, two = spike(rng, one, width), one + width
        down = (two <= ROWS) & (two + int(rng.integers(1, 3)) > ROWS)
        return Event(Pattern.OTHER, first - rng.uniform(0.5, 1.2) * down, width)
    first = spike(rng, one, int(rng.integers(1, 5))) if rng.random() < 0.7 else plateau(rng, one, 6)
    second = spike(rng, max(two, one + 4), int(rng.integers(1, 5)))
    return Event(Pattern.OTHER, first - rng.uniform(0.5, 1) * second, 3)


def _excursion_then_shift(rng: Rng, split: int) -> Event:
    """An excursion that returns, and later a jump that does not: either would have a name alone."""
    rows = int(rng.integers(1, 16))
    width = int(rng.integers(1, 13))
    latest = WINDOW_ROWS - rows - width - 4
    one = int(rng.integers(min(split, latest), latest + 1))
    first = spike(rng, one, width) if width <= SPIKE_ROWS else plateau(rng, one, width)
    first *= (one - 1 <= ROWS) & (one + width + 2 > ROWS)
    height = rng.uniform(0.6, 1.4) * first + ramp(WINDOW_ROWS - rows, int(rng.integers(0, 3)))
    second = Pattern.SUDDEN_INCREASE if rows <= 7 else Pattern.LEVEL_SHIFT_UP
    return Event(Pattern.OTHER, height, min(rows, 3), second)


def _dip_then_higher_level(rng: Rng, split: int) -> Event:
    """A dip, then a level above the old one."""
    one = int(rng.integers(split, WINDOW_ROWS - 12))
    width = int(rng.integers(1, min(14, WINDOW_ROWS - one - 9)))
    after = ramp(one + width, int(rng.integers(0, 3)))
    height = np.where((one <= ROWS) & (one + width > ROWS), -rng.uniform(0.5, 1.5), 0) + after
    return Event(Pattern.OTHER, height, max(2, width), Pattern.LEVEL_SHIFT_UP)


def _several_levels(rng: Rng, split: int) -> Event:
    """Several levels one after another, with no one direction."""
    current = WINDOW_ROWS - split
    count = int(rng.integers(3, 6))
    edges = np.sort(rng.choice(np.arange(split, WINDOW_ROWS - 2), count, replace=False))
    levels = rng.uniform(0.3, 1, count) * np.where(np.arange(count) % 2, -1, 1)
    levels[1::2] += rng.choice([0.0, 0.6])
    index = np.searchsorted(edges, ROWS, side="right") - 1
    height = np.where(index >= 0, levels[np.maximum(index, 0)], 0)
    return Event(Pattern.OTHER, height, max(3, current // (count + 1)))


def _rise_then_lower_level(rng: Rng, split: int) -> Event:
    """A block up, then a level below the old one (or a spike, then lower: a level shift too)."""
    one = int(rng.integers(split, WINDOW_ROWS - 13))
    width = int(rng.integers(2, min(20, WINDOW_ROWS - one - 9)))
    lower = rng.uniform(0.5, 1.3)
    height = ramp(one, 0) - (1 + lower) * ramp(one + width, int(rng.integers(0, 3)))
    if width <= SPIKE_ROWS:
        return Event(Pattern.LEVEL_SHIFT_DOWN, height, 8, Pattern.OTHER)
    return Event(Pattern.OTHER, height, min(width, 20), Pattern.LEVEL_SHIFT_DOWN)


def _variance_collapse(rng: Rng, split: int) -> Event:
    """The variance collapses."""
    at = int(rng.integers(split, WINDOW_ROWS - 13))
    texture = np.where(at <= ROWS, rng.uniform(0, 0.12), 1.0)
    return Event(Pattern.OTHER, np.zeros(WINDOW_ROWS), 1, None, texture)


def _larger_amplitude(rng: Rng, split: int) -> Event:
    """What the series does over and over goes on, but larger."""
    at = int(rng.integers(split, WINDOW_ROWS - 13))
    texture = np.where(at <= ROWS, rng.uniform(2.2, 4), 1.0)
    return Event(Pattern.OTHER, np.zeros(WINDOW_ROWS), 1, Pattern.FLUCTUATIONS, texture)


_UNNAMED = (
    _spike_and_dip,
    _spike_and_dip,
    _dip_then_higher_level,
    _excursion_then_shift,
    _several_levels,
    _rise_then_lower_level,
    _variance_collapse,
    _larger_amplitude,
)


def unnamed(rng: Rng, split: int) -> Event:
    """Something notable that is none of the named shapes."""
    return _UNNAMED[int(rng.integers(len(_UNNAMED)))](rng, split)
