"""Windows without an event: the many ways in which a metric is ordinary.

A background is a slow part (drift, daily season) and a texture (noise and whatever the series does over
and over). The texture tells how large an event must be to stand out from it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from patternwatch.contracts.series import WINDOW_ROWS

Row: TypeAlias = npt.NDArray[np.float64]
Rng: TypeAlias = np.random.Generator

ROWS = np.arange(WINDOW_ROWS, dtype=np.float64)


@dataclass(slots=True)
class Background:
    """One window without an event.

    values, texture, slow   (300,): values = texture + slow
    floor                   the least value that this metric can take, or None
    hold                    over how many rows a value is held, 1 where it is not
    """

    kind: str
    texture: Row
    slow: Row
    floor: float | None = None
    hold: int = 1

    @property
    def values(self) -> Row:
        """The window itself."""
        return self.texture + self.slow


def ar1(rng: Rng, phi: float, rows: int = WINDOW_ROWS) -> Row:
    """Autoregressive noise of order 1 with variance 1."""
    noise = rng.standard_normal(rows + 60)
    return np.asarray(lfilter([np.sqrt(1 - phi**2)], [1, -phi], noise)[60:])


def log_uniform(rng: Rng, low: float, high: float) -> float:
    """A number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _white(rng: Rng) -> Background:
    return Background("white", rng.standard_normal(WINDOW_ROWS), _slow(rng))


def _autoregressive(rng: Rng) -> Background:
    return Background("ar1", ar1(rng, rng.uniform(0.3, 0.97)), _slow(rng))


def _heavy_tailed(rng: Rng) -> Background:
    draw = rng.integers(3)
    if draw == 0:
        texture = np.clip(rng.standard_t(rng.uniform(1.8, 4), WINDOW_ROWS), -25, 25)
    elif draw == 1:
        texture = np.exp(rng.uniform(0.4, 1.1) * ar1(rng, rng.uniform(0, 0.9)))
    else:
        texture = rng.gamma(rng.uniform(0.5, 3), 1.0, WINDOW_ROWS)
    positive = draw != 0
    return Background("heavy_tails", texture, np.zeros(WINDOW_ROWS), floor=0.0 if positive else None)


def _seasonal(rng: Rng) -> Background:
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
    return Background("season", size * wave + ar1(rng, rng.uniform(0, 0.8)), _slow(rng, 0.3))


def _counts(rng: Rng) -> Background:
    rate = log_uniform(rng, 0.3, 40) * np.exp(rng.uniform(0, 0.5) * ar1(rng, 0.95))
    return Background("counts", rng.poisson(rate).astype(float), np.zeros(WINDOW_ROWS), floor=0.0)


def _zero_inflated(rng: Rng) -> Background:
    busy = rng.random(WINDOW_ROWS) < log_uniform(rng, 0.01, 0.35)
    size = np.exp(rng.uniform(0.05, 0.9) * rng.standard_normal(WINDOW_ROWS))
    return Background("zero_inflated", np.where(busy, size, 0.0), np.zeros(WINDOW_ROWS), floor=0.0)


def _held(rng: Rng) -> Background:
    """A scrape slower than the step, or a value that moves now and then: blocks of equal values."""
    hold = int(rng.integers(2, 16))
    regular = rng.random() < 0.6
    length = np.full(WINDOW_ROWS, hold) if regular else rng.geometric(1 / hold, WINDOW_ROWS)
    block = np.searchsorted(np.cumsum(length), ROWS + rng.integers(hold), side="right")
    base = ar1(rng, rng.uniform(0, 0.95)) if rng.random() < 0.7 else rng.standard_t(3, WINDOW_ROWS)
    return Background("held", base[block], np.zeros(WINDOW_ROWS), hold=hold)


def _flat(rng: Rng) -> Background:
    texture = np.zeros(WINDOW_ROWS)
    draw = rng.random()
    if draw < 0.3:
        texture = 0.02 * rng.standard_normal(WINDOW_ROWS)
    elif draw < 0.6:  # now and then one small step aside
        texture[rng.random(WINDOW_ROWS) < 0.02] = rng.uniform(0.05, 0.4)
    return Background("flat", texture, np.zeros(WINDOW_ROWS), floor=0.0 if draw > 0.8 else None)


def _spiky(rng: Rng) -> Background:
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
    return Background("spiky", texture, _slow(rng, 0.2))


def _drifting(rng: Rng) -> Background:
    texture = rng.uniform(0.1, 1) * ar1(rng, rng.uniform(0, 0.7))
    slope = rng.choice([-1, 1]) * log_uniform(rng, 2, 40) * ROWS / WINDOW_ROWS
    return Background("drift", texture, slope)


def _toggling(rng: Rng) -> Background:
    """A telegraph signal: two (or three) levels, each kept for a while."""
    dwell = rng.uniform(3, 45)
    turns = np.cumsum(rng.random(WINDOW_ROWS) < 1 / dwell)
    levels = rng.choice(rng.choice([0.0, 1.0, 2.0], rng.integers(2, 4), replace=False), WINDOW_ROWS)
    texture = levels[turns] * rng.uniform(2, 8) + rng.choice([0.0, 0.3, 1.0]) * rng.standard_normal(
        WINDOW_ROWS
    )
    return Background("toggling", texture, np.zeros(WINDOW_ROWS))


def _quantised(rng: Rng) -> Background:
    step = rng.uniform(0.8, 3)
    texture = np.round(ar1(rng, rng.uniform(0, 0.95)) / step) * step
    return Background("quantised", texture, np.round(_slow(rng, 0.3) / step) * step)


def _bursty(rng: Rng) -> Background:
    """Noise whose size itself comes and goes."""
    spread = np.exp(rng.uniform(0.5, 1.0) * ar1(rng, rng.uniform(0.85, 0.97)))
    return Background("bursty", spread * ar1(rng, rng.uniform(0, 0.6)), _slow(rng, 0.3))


def _long_season(rng: Rng) -> Background:
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


def _slow(rng: Rng, share: float = 0.4) -> Row:
    """A modest drift or swing under the texture, for a share of the windows."""
    if rng.random() >= share:
        return np.zeros(WINDOW_ROWS)
    if rng.random() < 0.4:
        return np.asarray(rng.uniform(-4, 4) * ROWS / WINDOW_ROWS)
    swing = np.sin(2 * np.pi * (ROWS / rng.uniform(100, 700) + rng.random()))
    return np.asarray(rng.uniform(0.5, 4) * swing)


KINDS: dict[str, tuple[Callable[[Rng], Background], float]] = {
    "white": (_white, 1.0),
    "ar1": (_autoregressive, 2.0),
    "heavy_tails": (_heavy_tailed, 1.2),
    "season": (_seasonal, 1.0),
    "counts": (_counts, 1.0),
    "zero_inflated": (_zero_inflated, 0.8),
    "held": (_held, 1.6),
    "flat": (_flat, 0.8),
    "spiky": (_spiky, 1.2),
    "drift": (_drifting, 0.5),
    "toggling": (_toggling, 0.5),
    "quantised": (_quantised, 0.8),
    "bursty": (_bursty, 0.8),
    "long_season": (_long_season, 1.8),
}
"""Each kind of background and how often it is drawn, relative to the others."""

_NAMES = tuple(KINDS)
_SHARES = np.array([share for _, share in KINDS.values()])
_CUMULATIVE = np.cumsum(_SHARES / _SHARES.sum())


def synthetic_background(rng: Rng) -> Background:
    """One background of a kind drawn at random."""
    name = _NAMES[int(np.searchsorted(_CUMULATIVE, rng.random()))]
    return KINDS[name][0](rng)


def recorded_background(values: Row) -> Background:
    """A background from a recorded window (300,) without gaps: its slow part is its running median."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(values, 20, mode="edge"), 41)
    slow = np.median(windows, axis=1)
    floor = 0.0 if values.min() >= 0 else None
    repeats = float(np.mean(np.diff(values) == 0))
    moving = values.max() > values.min()
    hold = int(min(15, round(1 / max(1 - repeats, 1 / 15)))) if moving else 1
    return Background("recorded", values - slow, slow, floor, hold)
