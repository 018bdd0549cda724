"""Adding an event to a background: how large it must be to be detectable, and what it does to the noise."""

from dataclasses import dataclass

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.training.recovered_events import single_spike, transient
from patternwatch.training.signals import ROWS, Background, Rng, Row
from patternwatch.training.waveforms import Event

MIN_SPLIT = 190


@dataclass(slots=True)
class Example:
    """One window with its name, and the second one that would be right too."""

    values: Row
    split: int
    pattern: Pattern
    second: Pattern | None


def draw_split(rng: Rng, min_rows: int) -> int:
    """Where the current part begins: usually at row 240, with at least so many rows after it."""
    if rng.random() < 0.6:
        return BASELINE_ROWS
    return int(rng.integers(MIN_SPLIT, WINDOW_ROWS - min_rows + 1))


def detectable_size(background: Background, split: int, width: int, direction: int) -> float:
    """The size from which an excursion of `width` rows is more than what this baseline shows anyway."""
    baseline = background.texture[:split]
    total = np.concatenate([[0.0], np.cumsum(baseline)])
    rolled = (total[width:] - total[:-width]) / width
    largest = np.quantile(direction * (rolled - np.median(baseline)), 0.995)
    low, high = np.quantile(baseline, [0.16, 0.84])
    size = max(float(largest), float(high - low) / 2, 0.15 * float(np.ptp(background.slow[:split])))
    return size if size > 1e-6 else 1.0


@dataclass(slots=True)
class Overlay:
    """The window, and whether the event went up (1) or down (-1)."""

    row: Row
    direction: int


def overlay(rng: Rng, event: Event, background: Background, before: Row, split: int, ratio: float) -> Overlay:
    """The background `before` with the event on it, `ratio` times as large as the detectable size."""
    direction = 1 if rng.random() < 0.5 else -1
    size = detectable_size(background, split, event.width, direction) * ratio
    if direction < 0 and background.floor is not None:
        room = float(np.median(background.values[:split])) - background.floor
        if room < 1.2 * size / max(ratio, 1):  # nothing to fall from
            direction = 1
            size = detectable_size(background, split, event.width, 1) * ratio
    height = _held(rng, event, background)
    if rng.random() < 0.4:
        height = height * (1 + rng.uniform(0, 0.2) * rng.standard_normal(WINDOW_ROWS))
    texture = background.texture
    if event.texture is not None:
        centre = np.median(texture[:split])
        texture_change = (texture - centre) * (event.texture - 1)
    else:
        draw = rng.random()
        factor = 1.0 if draw < 0.75 else rng.uniform(0, 0.5) if draw < 0.88 else rng.uniform(1, 2)
        texture_change = np.where(event.height != 0, (factor - 1) * (texture - np.median(texture[:split])), 0)
        if event.pattern is Pattern.FLUCTUATIONS:
            texture_change *= 0
    row = before + texture_change + direction * size * height
    if background.floor is not None:
        row = np.maximum(row, background.floor)
        if direction < 0 and rng.random() < 0.3 and event.pattern is not Pattern.FLUCTUATIONS:
            row = np.where(height >= 0.9, background.floor, row)
    if background.kind == "counts":
        row = np.round(row)
    return Overlay(row, direction)


def _held(rng: Rng, event: Event, background: Background) -> Row:
    """A wide event on a held series moves when the series moves."""
    if background.hold == 1 or event.width < 2 * background.hold or rng.random() < 0.3:
        return event.height
    starts = np.concatenate([[True], np.diff(background.texture) != 0])
    at = np.maximum.accumulate(np.where(starts, ROWS, 0)).astype(int)
    held = event.height[at]
    shift = event.pattern is Pattern.LEVEL_SHIFT_UP and np.count_nonzero(held > 0.5) < 8
    return event.height if shift or held.max() < 0.6 else held


def with_baseline_event(rng: Rng, background: Background, split: int) -> Row:
    """The background with something that happened in its baseline once or twice and was over."""
    draw = rng.random()
    size = detectable_size(background, split, 2, 1) * 1.3 * np.exp(rng.exponential(0.7)) * rng.choice([-1, 1])
    if draw < 0.45:
        height = _moved(single_spike(rng, BASELINE_ROWS).height, rng, split)
        if rng.random() < 0.3:
            height = np.maximum(height, _moved(single_spike(rng, BASELINE_ROWS).height, rng, split))
    elif draw < 0.75:
        height = _moved(transient(rng, BASELINE_ROWS).height, rng, split)
    else:
        at = int(rng.integers(20, max(21, split - 50)))
        height = (at <= ROWS).astype(np.float64)
    return np.asarray(background.values + size * height)


def _moved(height: Row, rng: Rng, split: int) -> Row:
    """An event of the last 60 rows moved into the baseline, to end before the split."""
    shape = height[BASELINE_ROWS:]
    at = int(rng.integers(0, max(1, split - len(shape))))
    out = np.zeros(WINDOW_ROWS)
    out[at : at + len(shape)] = shape
    out[split:] = 0
    return out
