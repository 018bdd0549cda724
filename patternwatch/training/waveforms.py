"""What events are drawn from: a ramp, a spike, a block; and the event itself."""

from dataclasses import dataclass

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.signals import ROWS, Rng, Row

SPIKE_ROWS = 4
"""A spike is at most so wide at half of its height."""


@dataclass(slots=True)
class Event:
    """What is added to a background: `height` (300,), how wide it is, and what it is called.

    width    the time scale on which it must stand out from the baseline, in rows
    second   a label that would be acceptable too
    texture  (300,) factor on the background's own texture, or None for no change
    """

    pattern: Pattern
    height: Row
    width: int
    second: Pattern | None = None
    texture: Row | None = None

    @property
    def onset(self) -> int:
        """First row that it changes."""
        changed = self.height != 0 if self.texture is None else (self.height != 0) | (self.texture != 1)
        return int(np.argmax(changed))


def ramp(start: float, transition: float) -> Row:
    """0 before `start`, then up to 1 within `transition` rows (0 = at once)."""
    if transition <= 0:
        return (start <= ROWS).astype(np.float64)
    return np.clip((ROWS - start + 1) / (transition + 1), 0, 1)


def spike(rng: Rng, at: int, width: int) -> Row:
    """One excursion whose width at half height is `width` (1-4): box, triangle or sharp decay."""
    out = np.zeros(WINDOW_ROWS)
    draw = rng.random()
    if draw < 0.5 or width == 1:
        out[at : at + width] = rng.uniform(0.75, 1, min(width, WINDOW_ROWS - at)) if width > 1 else 1.0
        if width == 1 and rng.random() < 0.3 and at + 1 < WINDOW_ROWS:
            out[at + 1] = rng.uniform(0.05, 0.45)
    elif draw < 0.75:
        out = np.clip(1 - np.abs(ROWS - at - (width - 1) / 2) / (width + 0.01), 0, 1)
    else:
        since = ROWS - at
        out = np.where(since >= 0, 0.5 ** (np.maximum(since, 0) / max(width - 0.5, 0.5)), 0)
        out[out < 0.04] = 0
    return out


def plateau(rng: Rng, at: int, width: int) -> Row:
    """One excursion of `width` (5 or more) rows at half height: plateau, bell or shark fin."""
    since = ROWS - at
    inside = (since >= 0) & (since < width)
    draw = rng.random()
    if draw < 0.5:
        edge = int(rng.integers(0, max(1, width // 4) + 1))
        up = np.clip((since + 1 + edge / 2) / (edge + 1), 0, 1)  # the edges' middles are `width` apart
        down = np.clip((width - since + edge / 2) / (edge + 1), 0, 1)
        out = np.minimum(up, down)
        if rng.random() < 0.3:
            out *= 1 + rng.uniform(-0.35, 0.35) * np.clip(since / width, 0, 1)
    elif draw < 0.75:
        out = np.exp(-np.log(2) * ((since - width / 2) / (width / 2)) ** 2)
        out[out < 0.03] = 0
    elif draw < 0.88:  # sudden up, slow down
        out = np.where(since >= 0, 0.5 ** (np.maximum(since, 0) / width), 0)
        out[out < 0.03] = 0
    else:  # slow up, sudden down
        out = np.where(inside, np.clip((since + 1) / width, 0, 1) ** rng.uniform(0.4, 1), 0)
    return np.asarray(out)
