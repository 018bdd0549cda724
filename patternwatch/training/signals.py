"""What generated windows are made of: noise, the rows of a window, and a window without an event."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from patternwatch.contracts.series import WINDOW_ROWS

Row: TypeAlias = npt.NDArray[np.float64]
"""The points of one window, shape (300,)."""
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


def slow_drift(rng: Rng, share: float = 0.4) -> Row:
    """A modest drift or swing under the texture, for a share of the windows."""
    if rng.random() >= share:
        return np.zeros(WINDOW_ROWS)
    if rng.random() < 0.4:
        return np.asarray(rng.uniform(-4, 4) * ROWS / WINDOW_ROWS)
    swing = np.sin(2 * np.pi * (ROWS / rng.uniform(100, 700) + rng.random()))
    return np.asarray(rng.uniform(0.5, 4) * swing)
