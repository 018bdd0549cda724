"""Windows without an event whose baseline does something over and over: seasons, spikes, drifts, levels."""

import numpy as np

from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.signals import ROWS, Background, Rng, ar1, log_uniform, slow_drift


def seasonal(rng: Rng) -> Background:
    """A season of 5 to 75 rows: sine, two harmonics, saw tooth, square wave or rectified sine."""
    period, phase = rng.uniform(5, 75), rng.uniform(0, 1)
    turn = (ROWS / period + phase) % 1
    draw = rng.integers(5)
    if draw == 0:
        wave = np.sin(2 * np.pi * turn)
    elif draw == 1:
        wave = np.sin(2 * np.pi * turn) + rng.uniform(-0.7, 0.7) * np.sin(
            4 * np.pi * turn + rng.uniform(0, 6)
        )
    elif draw == 2:  # garbage collection: slow up, sudden down
        wave = 2 * turn - 1
    elif draw == 3:
        wave = np.where(turn < rng.uniform(0.1, 0.6), 1.0, -1.0)
    else:
        wave = np.abs(np.sin(np.pi * turn)) * 2 - 1
    size = log_uniform(rng, 1.0, 15)
    return Background("season", size * wave + ar1(rng, rng.uniform(0, 0.8)), slow_drift(rng, 0.3))


def long_season(rng: Rng) -> Background:
    """A daily curve: its cycle is longer than what the baseline shows, or hardly shorter."""
    period = rng.uniform(110, 800)
    turn = ROWS / period + rng.random()
    wave = np.sin(2 * np.pi * turn)
    if rng.random() < 0.5:  # a long day and a short night, or the other way round
        wave = np.tanh(rng.uniform(0.5, 2.5) * (wave + rng.uniform(-0.8, 0.8)))
    for harmonic in (2, 3):
        wave += rng.uniform(0, 0.35) * np.sin(2 * np.pi * (harmonic * turn + rng.random()))
    noise = log_uniform(rng, 0.1, 1.2) * ar1(rng, rng.uniform(0, 0.8))
    return Background("long_season", noise, log_uniform(rng, 1.5, 15) * wave)


def spiky(rng: Rng) -> Background:
    """Spikes that come again and again, by the clock or at random."""
    period = int(log_uniform(rng, 6, 60))
    start = int(rng.integers(period))
    at = np.arange(start, WINDOW_ROWS, period) if rng.random() < 0.5 else None
    if at is None:
        at = np.flatnonzero(rng.random(WINDOW_ROWS) < 1 / period)
    texture = rng.uniform(0.05, 1) * ar1(rng, rng.uniform(0, 0.9))
    size = log_uniform(rng, 4, 30)
    texture[at] += size * rng.uniform(rng.uniform(0.3, 1), 1, len(at))
    if rng.random() < 0.3:
        texture[at[at < WINDOW_ROWS - 1] + 1] += size * rng.uniform(0.2, 0.8)
    return Background("spiky", texture, slow_drift(rng, 0.2))


def drifting(rng: Rng) -> Background:
    """A straight line, with some noise on it."""
    texture = rng.uniform(0.1, 1) * ar1(rng, rng.uniform(0, 0.7))
    slope = rng.choice([-1, 1]) * log_uniform(rng, 2, 40) * ROWS / WINDOW_ROWS
    return Background("drift", texture, slope)


def telegraph(rng: Rng) -> Background:
    """A telegraph signal: two (or three) levels, each kept for a while."""
    dwell = rng.uniform(3, 45)
    turns = np.cumsum(rng.random(WINDOW_ROWS) < 1 / dwell)
    levels = rng.choice(rng.choice([0.0, 1.0, 2.0], rng.integers(2, 4), replace=False), WINDOW_ROWS)
    texture = levels[turns] * rng.uniform(2, 8) + rng.choice([0.0, 0.3, 1.0]) * rng.standard_normal(
        WINDOW_ROWS
    )
    return Background("toggling", texture, np.zeros(WINDOW_ROWS))
