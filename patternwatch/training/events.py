"""What can happen in the current part: one function per shape, each after its definition in docs/shapes.md.

An event is drawn upwards with a height of about 1; the generator scales it, turns it upside down for the
mirrored shape, and lays it over a background.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.training.backgrounds import ROWS, Rng, Row

SUDDEN_ROWS = 7
"""A jump so many points before the end, or fewer, is sudden: its new level is not established."""
SPIKE_ROWS = 4
"""A spike is at most so wide at half of its height."""
LEAST_STEADY_ROWS = 10


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


def _ramp(start: float, transition: float) -> Row:
    """0 before `start`, then up to 1 within `transition` rows (0 = at once)."""
    if transition <= 0:
        return (start <= ROWS).astype(np.float64)
    return np.clip((ROWS - start + 1) / (transition + 1), 0, 1)


def _spike(rng: Rng, at: int, width: int) -> Row:
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


def sudden(rng: Rng, split: int) -> Event:
    """A jump within the last seven points, still there at the end."""
    rows = int(rng.integers(1, min(SUDDEN_ROWS, WINDOW_ROWS - split) + 1))
    transition = int(rng.integers(0, max(1, min(4, rows - 1))))
    height = _ramp(WINDOW_ROWS - rows, transition)
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
    height = _ramp(WINDOW_ROWS - rows, transition)
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
        height += bump * _spike(rng, at, int(rng.integers(1, 4)))
        second = Pattern.OTHER if abs(bump) > 0.7 else second
    return Event(Pattern.LEVEL_SHIFT_UP, height, min(rows, 25), second)


def steady(rng: Rng, split: int) -> Event:
    """A gradual move over ten points or more, still there at the end."""
    current = WINDOW_ROWS - split
    rows = int(rng.integers(LEAST_STEADY_ROWS + 1, current + 1))
    flat = int(rng.integers(0, 1 + rows // 4)) if rng.random() < 0.3 else 0
    moving = max(rows - flat, LEAST_STEADY_ROWS)
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
    width = int(rng.choice([1, 2, 3, 4], p=[0.4, 0.28, 0.18, 0.14]))
    width = min(width, WINDOW_ROWS - split - 1)
    at = int(rng.integers(split, WINDOW_ROWS - width))
    if rng.random() < 0.12:  # just over
        at = max(split, WINDOW_ROWS - width - int(rng.integers(1, 3)))
    second = Pattern.TRANSIENT_LEVEL_SHIFT_UP if width == SPIKE_ROWS else None
    height = _spike(rng, at, width)
    height[-1] = min(height[-1], 0.15)
    return Event(Pattern.SINGLE_SPIKE, height, width, second)


def _block(rng: Rng, at: int, width: int) -> Row:
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
    height = _block(rng, at, width)
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
    height = np.zeros(WINDOW_ROWS)
    if current >= 36 and rng.random() < 0.2:
        count, widths, second = int(rng.integers(2, 4)), (4, 14), Pattern.TRANSIENT_LEVEL_SHIFT_UP
    else:
        count, widths, second = (
            int(rng.choice([2, 3, 4, 5, 6, 8], p=[0.35, 0.25, 0.15, 0.1, 0.1, 0.05])),
            (1, 4),
            None,
        )
    count = min(count, max(2, current // (widths[0] + 4)))
    gaps = rng.dirichlet(np.full(count + 1, 1.2)) * max(current - count * (widths[1] + 3) - 1, 0)
    at, width = float(split), 1
    for gap in gaps[:count]:
        at += gap
        width = int(rng.integers(widths[0], widths[1] + 1))
        if int(at) + width >= WINDOW_ROWS:
            break
        shape = _spike(rng, int(at), width) if width <= SPIKE_ROWS else _block(rng, int(at), width)
        alone = (int(at) - 1 <= ROWS) & (int(at) + width + 1 > ROWS)
        height = np.maximum(height, rng.uniform(0.45, 1) * shape * alone)
        at += width + 3
    height /= max(height.max(), 1e-9)
    if height[-1] > 0.2:
        height[-int(rng.integers(1, 3)) :] = 0
    if count >= 5 and current <= 60:
        second = Pattern.FLUCTUATIONS
    return Event(Pattern.MULTIPLE_SPIKES, height, max(1, min(width, 4)), second)


def fluctuations(rng: Rng, split: int) -> Event:
    """The variance grows in both directions, all along or in bursts; the level does not move."""
    current = WINDOW_ROWS - split
    rows = int(rng.integers(min(15, current), current + 1))
    inside = (WINDOW_ROWS - rows <= ROWS).astype(np.float64)
    if rng.random() < 0.25 and rows > 24:  # bursts
        inside *= np.repeat(rng.random(WINDOW_ROWS // 6) < 0.6, 6)
        inside[WINDOW_ROWS - rows] = 1
    draw = rng.random()
    phi = rng.uniform(0, 0.6)
    noise = rng.standard_normal(WINDOW_ROWS)
    noise[1:] += phi * noise[:-1]
    if draw < 0.35:
        period = rng.uniform(3, 14)
        noise = np.sin(2 * np.pi * (ROWS / period + rng.random())) * rng.uniform(0.7, 1.3, WINDOW_ROWS)
    if draw > 0.8:
        inside = inside * np.clip((ROWS - (WINDOW_ROWS - rows)) / rows * 1.5, 0.2, 1)
    wave = noise * inside
    on = wave[inside > 0]
    wave[inside > 0] -= on.mean()
    largest = np.quantile(np.abs(on), 0.9) if len(on) else 1.0
    height = wave * inside / max(float(largest), 1e-9)
    return Event(Pattern.FLUCTUATIONS, height, 1, Pattern.MULTIPLE_SPIKES if rng.random() < 0.15 else None)


def _other_spike_and_dip(rng: Rng, split: int) -> Event:
    one = int(rng.integers(split, WINDOW_ROWS - 10))
    two = min(WINDOW_ROWS - 5, one + int(rng.integers(1, 30)))
    first = _spike(rng, one, int(rng.integers(1, 5))) if rng.random() < 0.7 else _block(rng, one, 6)
    second = _spike(rng, max(two, one + 4), int(rng.integers(1, 5)))
    return Event(Pattern.OTHER, first - rng.uniform(0.5, 1) * second, 3)


def _other_dip_then_higher(rng: Rng, split: int) -> Event:
    one = int(rng.integers(split, WINDOW_ROWS - 12))
    width = int(rng.integers(1, min(14, WINDOW_ROWS - one - 9)))
    after = _ramp(one + width, int(rng.integers(0, 3)))
    height = np.where((one <= ROWS) & (one + width > ROWS), -rng.uniform(0.5, 1.5), 0) + after
    return Event(Pattern.OTHER, height, max(2, width), Pattern.LEVEL_SHIFT_UP)


def _other_steps(rng: Rng, split: int) -> Event:
    """Several levels one after another, with no one direction."""
    current = WINDOW_ROWS - split
    count = int(rng.integers(3, 6))
    edges = np.sort(rng.choice(np.arange(split, WINDOW_ROWS - 2), count, replace=False))
    levels = rng.uniform(0.3, 1, count) * np.where(np.arange(count) % 2, -1, 1)
    levels[1::2] += rng.choice([0.0, 0.6])
    index = np.searchsorted(edges, ROWS, side="right") - 1
    height = np.where(index >= 0, levels[np.maximum(index, 0)], 0)
    return Event(Pattern.OTHER, height, max(3, current // (count + 1)))


def _other_up_then_lower(rng: Rng, split: int) -> Event:
    """A block up, then a level below the old one (or a spike, then lower: a level shift too)."""
    one = int(rng.integers(split, WINDOW_ROWS - 13))
    width = int(rng.integers(2, min(20, WINDOW_ROWS - one - 9)))
    lower = rng.uniform(0.5, 1.3)
    height = _ramp(one, 0) - (1 + lower) * _ramp(one + width, int(rng.integers(0, 3)))
    if width <= SPIKE_ROWS:
        return Event(Pattern.LEVEL_SHIFT_DOWN, height, 8, Pattern.OTHER)
    return Event(Pattern.OTHER, height, min(width, 20), Pattern.LEVEL_SHIFT_DOWN)


def _other_collapse(rng: Rng, split: int) -> Event:
    """The variance collapses."""
    at = int(rng.integers(split, WINDOW_ROWS - 13))
    texture = np.where(at <= ROWS, rng.uniform(0, 0.12), 1.0)
    return Event(Pattern.OTHER, np.zeros(WINDOW_ROWS), 1, None, texture)


def _other_amplitude(rng: Rng, split: int) -> Event:
    """What the series does over and over goes on, but larger."""
    at = int(rng.integers(split, WINDOW_ROWS - 13))
    texture = np.where(at <= ROWS, rng.uniform(2.2, 4), 1.0)
    return Event(Pattern.OTHER, np.zeros(WINDOW_ROWS), 1, Pattern.FLUCTUATIONS, texture)


_OTHERS = (
    _other_spike_and_dip,
    _other_spike_and_dip,
    _other_dip_then_higher,
    _other_steps,
    _other_up_then_lower,
    _other_collapse,
    _other_amplitude,
)


def other(rng: Rng, split: int) -> Event:
    """Something notable that is none of the named shapes."""
    return _OTHERS[int(rng.integers(len(_OTHERS)))](rng, split)


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
