"""Windows that are normal: by their background alone, or in spite of what happens in them."""

import numpy as np

from patternwatch.contracts.patterns import Pattern
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.training.lasting_events import level_shift
from patternwatch.training.overlay import Example, detectable_size, draw_split, overlay, with_baseline_event
from patternwatch.training.recovered_events import single_spike, transient
from patternwatch.training.signals import ROWS, Background, Rng, Row
from patternwatch.training.waveforms import SPIKE_ROWS


def normal_window(rng: Rng, background: Background) -> Example:
    """A normal window of one of five sorts (or a slope that may be called steady as well)."""
    split = draw_split(rng, 1)
    draw = rng.random()
    second: Pattern | None = None
    values = background.values
    if draw < 0.11:
        values = _recurring_event(rng, background, split)
    elif draw < 0.3:
        values, second = _change_in_baseline(rng, background, split)
    elif draw < 0.42 and split <= WINDOW_ROWS - 14:
        return _below_detectable_size(rng, background, split)
    elif draw < 0.5:
        values = with_baseline_event(rng, background, split)
    else:
        return _background_alone(rng, background, split)
    return Example(values, split, Pattern.NORMAL, second)


def _recurring_event(rng: Rng, background: Background, split: int) -> Row:
    """Events of one kind and size, several in the baseline and one or two in the current part."""
    make = single_spike if rng.random() < 0.6 else transient
    shape = make(rng, BASELINE_ROWS).height[BASELINE_ROWS:]
    first, last = np.flatnonzero(shape > 0.05)[[0, -1]]
    shape = shape[first : last + 1][:30]
    direction = 1 if rng.random() < 0.7 else -1
    size = detectable_size(background, split, len(shape), direction) * 1.3 * np.exp(rng.exponential(0.8))
    starts = list(rng.integers(0, split - len(shape), rng.integers(3, 9)))
    room = WINDOW_ROWS - split - len(shape)
    if room > 1:
        starts += list(rng.integers(split, split + room, rng.integers(1, 3)))
    if rng.random() < 0.25:  # one that is still there at the end
        starts.append(WINDOW_ROWS - int(rng.integers(1, len(shape) + 1)))
    height = np.zeros(WINDOW_ROWS)
    for at in starts:
        seen = shape[: WINDOW_ROWS - at]
        height[at : at + len(seen)] = rng.uniform(0.65, 1) * seen
    row = background.values + direction * size * height
    return np.asarray(row if background.floor is None else np.maximum(row, background.floor))


def _change_in_baseline(rng: Rng, background: Background, split: int) -> tuple[Row, Pattern | None]:
    """A change that lies wholly in the baseline: a new level, or an excursion that is over."""
    direction = 1 if rng.random() < 0.5 else -1
    size = direction * detectable_size(background, split, 8, direction) * 1.3 * np.exp(rng.exponential(0.9))
    if rng.random() < 0.55:
        at = int(rng.integers(max(0, split - 150), split - 4))
        transition = int(rng.integers(1, 1 + min(30, split - at - 3))) if rng.random() < 0.3 else 1
        height = np.clip((ROWS - at) / transition, 0, 1)
        shift = Pattern.LEVEL_SHIFT_UP if direction > 0 else Pattern.LEVEL_SHIFT_DOWN
        second = shift if split - at < 90 else None
    else:
        full = transient(rng, BASELINE_ROWS).height
        shape = full[np.flatnonzero(full > 0.05)[0] :]
        at = int(rng.integers(max(0, split - len(shape) - 60), split - len(shape) + 1))
        height, second = np.zeros(WINDOW_ROWS), None
        height[at : at + len(shape)] = shape
        height[split:] = 0
    row = background.values + size * height
    return (row if background.floor is None else np.maximum(row, background.floor)), second


def _below_detectable_size(rng: Rng, background: Background, split: int) -> Example:
    """A level shift, a spike or an excursion too small to stand out."""
    event = (level_shift, single_spike, transient)[int(rng.integers(3))](rng, split)
    ratio = float(rng.uniform(0.3, 0.75))
    laid = overlay(rng, event, background, background.values, split, ratio)
    second = event.pattern if ratio > 0.6 and event.width > SPIKE_ROWS else None
    if second and laid.direction < 0:
        second = second.mirrored
    return Example(laid.row, split, Pattern.NORMAL, second)


def _background_alone(rng: Rng, background: Background, split: int) -> Example:
    """Just the background. Where its slow part turns into a slope of its own, both names are right."""
    slow = background.slow
    change = float(slow[-1] - slow[split])
    goes_on = float(slow[split - 1] - slow[0]) / (split - 1) * (WINDOW_ROWS - 1 - split)
    unit = detectable_size(Background("", background.texture, np.zeros(WINDOW_ROWS)), split, 8, 1)
    notable = abs(change) > 1.5 * unit and abs(change) > 0.3 * float(np.ptp(slow[:split]))
    if not notable or WINDOW_ROWS - split < 12 or abs(change - goes_on) < 0.35 * abs(change):
        return Example(background.values, split, Pattern.NORMAL, None)
    steady = Pattern.STEADY_INCREASE if change > 0 else Pattern.STEADY_DECREASE
    if rng.random() < 0.6:
        return Example(background.values, split, steady, Pattern.NORMAL)
    return Example(background.values, split, Pattern.NORMAL, steady)
