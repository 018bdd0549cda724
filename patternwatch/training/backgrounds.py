"""Windows without an event: the many ways in which a metric is ordinary.

A background is a slow part (drift, daily season) and a texture (noise and whatever the series does over
and over). The texture decides how large an event must be to stand out from it.
"""

from collections.abc import Callable

import numpy as np

from patternwatch.training import noise_backgrounds as noise
from patternwatch.training import patterned_backgrounds as patterned
from patternwatch.training.signals import Background, Rng, Row

KINDS: dict[str, tuple[Callable[[Rng], Background], float]] = {
    "white": (noise.white, 1.0),
    "ar1": (noise.autoregressive, 2.0),
    "heavy_tails": (noise.heavy_tailed, 1.2),
    "season": (patterned.seasonal, 1.0),
    "counts": (noise.counts, 1.0),
    "zero_inflated": (noise.zero_inflated, 0.8),
    "held": (noise.held, 1.6),
    "flat": (noise.flat, 0.8),
    "spiky": (patterned.spiky, 1.2),
    "drift": (patterned.drifting, 0.5),
    "toggling": (patterned.telegraph, 0.5),
    "quantised": (noise.quantized, 0.8),
    "bursty": (noise.bursty, 0.8),
    "long_season": (patterned.long_season, 1.8),
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
