"""Windows without an event whose texture is noise of one kind or another, one function each."""

import numpy as np

from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.signals import ROWS, Background, Rng, ar1, log_uniform, slow_drift


def white(rng: Rng) -> Background:
    """White noise: every point is independent."""
    return Background("white", rng.standard_normal(WINDOW_ROWS), slow_drift(rng))


def autoregressive(rng: Rng) -> Background:
    """Noise of order 1 that remembers its last value."""
    return Background("ar1", ar1(rng, rng.uniform(0.3, 0.97)), slow_drift(rng))


def heavy_tailed(rng: Rng) -> Background:
    """Noise with outliers: Student's t, log-normal or gamma."""
    draw = rng.integers(3)
    if draw == 0:
        texture = np.clip(rng.standard_t(rng.uniform(1.8, 4), WINDOW_ROWS), -25, 25)
    elif draw == 1:
        texture = np.exp(rng.uniform(0.4, 1.1) * ar1(rng, rng.uniform(0, 0.9)))
    else:
        texture = rng.gamma(rng.uniform(0.5, 3), 1.0, WINDOW_ROWS)
    positive = draw != 0
    return Background("heavy_tails", texture, np.zeros(WINDOW_ROWS), floor=0.0 if positive else None)


def counts(rng: Rng) -> Background:
    """Poisson counts at a rate that wanders."""
    rate = log_uniform(rng, 0.3, 40) * np.exp(rng.uniform(0, 0.5) * ar1(rng, 0.95))
    return Background("counts", rng.poisson(rate).astype(float), np.zeros(WINDOW_ROWS), floor=0.0)


def zero_inflated(rng: Rng) -> Background:
    """Zero most of the time, now and then a value."""
    busy = rng.random(WINDOW_ROWS) < log_uniform(rng, 0.01, 0.35)
    size = np.exp(rng.uniform(0.05, 0.9) * rng.standard_normal(WINDOW_ROWS))
    return Background("zero_inflated", np.where(busy, size, 0.0), np.zeros(WINDOW_ROWS), floor=0.0)


def held(rng: Rng) -> Background:
    """A scrape slower than the step, or a value that moves now and then: blocks of equal values."""
    hold = int(rng.integers(2, 16))
    regular = rng.random() < 0.6
    length = np.full(WINDOW_ROWS, hold) if regular else rng.geometric(1 / hold, WINDOW_ROWS)
    block = np.searchsorted(np.cumsum(length), ROWS + rng.integers(hold), side="right")
    base = ar1(rng, rng.uniform(0, 0.95)) if rng.random() < 0.7 else rng.standard_t(3, WINDOW_ROWS)
    return Background("held", base[block], np.zeros(WINDOW_ROWS), hold=hold)


def flat(rng: Rng) -> Background:
    """Constant, or nearly so."""
    texture = np.zeros(WINDOW_ROWS)
    draw = rng.random()
    if draw < 0.3:
        texture = 0.02 * rng.standard_normal(WINDOW_ROWS)
    elif draw < 0.6:  # now and then one small step aside
        texture[rng.random(WINDOW_ROWS) < 0.02] = rng.uniform(0.05, 0.4)
    return Background("flat", texture, np.zeros(WINDOW_ROWS), floor=0.0 if draw > 0.8 else None)


def quantized(rng: Rng) -> Background:
    """Noise rounded to multiples of a step."""
    step = rng.uniform(0.8, 3)
    texture = np.round(ar1(rng, rng.uniform(0, 0.95)) / step) * step
    return Background("quantised", texture, np.round(slow_drift(rng, 0.3) / step) * step)


def bursty(rng: Rng) -> Background:
    """Noise whose size itself comes and goes."""
    spread = np.exp(rng.uniform(0.5, 1.0) * ar1(rng, rng.uniform(0.85, 0.97)))
    return Background("bursty", spread * ar1(rng, rng.uniform(0, 0.6)), slow_drift(rng, 0.3))
