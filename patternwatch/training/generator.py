"""Labelled windows by the thousand: a background, what happened in it, and its name.

The same seed gives the same windows bit by bit, however many processes make them: every chunk of windows
has a generator of its own, seeded by its number.
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.training.backgrounds import (
    ROWS,
    Background,
    Rng,
    Row,
    log_uniform,
    recorded_background,
    synthetic_background,
)
from patternwatch.training.config import GeneratorConfig
from patternwatch.training.events import EVENTS, SPIKE_ROWS, Event, level_shift, single_spike, transient

CHUNK = 1000
LEAST_SPLIT = 190
NUMBER = {pattern: number for number, pattern in enumerate(PATTERNS)}


@dataclass(frozen=True, slots=True)
class Windows:
    """N labelled windows.

    values  float32 (N, 300), NaN for a gap
    split   (N,), first row of the current part
    label   (N,), position in PATTERNS; second (N,) likewise, -1 for none
    """

    values: npt.NDArray[np.float32]
    split: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def joined(cls, parts: Sequence["Windows"]) -> "Windows":
        """All of them, in this order."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("values", "split", "label", "second")
            )
        )

    def take(self, rows: npt.NDArray[np.integer]) -> "Windows":
        """The windows at these positions."""
        return Windows(self.values[rows], self.split[rows], self.label[rows], self.second[rows])


@dataclass(slots=True)
class _Example:
    values: Row
    split: int
    pattern: Pattern
    second: Pattern | None


def generate(
    count: int,
    seed: int,
    config: GeneratorConfig,
    recorded: npt.NDArray[np.float32] | None = None,
    jobs: int = 1,
) -> Windows:
    """Make `count` windows.

    `recorded` holds windows (M, 300) without gaps of ordinary real series, to lay events over.
    """
    sizes = [min(CHUNK, count - start) for start in range(0, count, CHUNK)]
    work = (range(len(sizes)), sizes, repeat(seed), repeat(config), repeat(recorded))
    if jobs == 1:
        return Windows.joined(list(map(_chunk, *work)))
    # A forked worker need not import torch again; only Linux forks safely.
    method = "fork" if sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(jobs, mp_context=get_context(method)) as pool:
        return Windows.joined(list(pool.map(_chunk, *work)))


def _chunk(
    number: int, size: int, seed: int, config: GeneratorConfig, recorded: npt.NDArray[np.float32] | None
) -> Windows:
    rng = np.random.default_rng([seed, number])
    examples = [
        _example(rng, _draw_pattern(rng, config), _source(rng, config, recorded)) for _ in range(size)
    ]
    return Windows(
        np.array([e.values for e in examples], dtype=np.float32),
        np.array([e.split for e in examples], dtype=np.int64),
        np.array([NUMBER[e.pattern] for e in examples], dtype=np.int64),
        np.array([NONE if e.second is None else NUMBER[e.second] for e in examples], dtype=np.int64),
    )


def _draw_pattern(rng: Rng, config: GeneratorConfig) -> Pattern:
    """One of the upward shapes, fluctuations, normal or other; half of them are turned over later."""
    draw = rng.random()
    if draw < config.normal_share:
        return Pattern.NORMAL
    if draw < config.normal_share + config.other_share:
        return Pattern.OTHER
    # Each of the six pairs counts twice: once for each direction.
    named = [p for p in EVENTS if p is not Pattern.OTHER]
    shares = np.array([1.0 if p is Pattern.FLUCTUATIONS else 2.0 for p in named])
    return named[int(np.searchsorted(np.cumsum(shares / shares.sum()), rng.random()))]


def _source(
    rng: Rng, config: GeneratorConfig, recorded: npt.NDArray[np.float32] | None
) -> Callable[[Rng], Background]:
    if recorded is None or not len(recorded) or rng.random() >= config.recorded_share:
        return synthetic_background
    row = recorded[int(rng.integers(len(recorded)))].astype(np.float64)
    return lambda _rng: recorded_background(row)


def _example(rng: Rng, pattern: Pattern, source: Callable[[Rng], Background]) -> _Example:
    if pattern is Pattern.NORMAL:
        example, keep = _normal(rng, source(rng)), np.zeros(WINDOW_ROWS, dtype=bool)
    else:
        example, keep = _eventful(rng, pattern, source(rng))
    example.values = _with_gaps(rng, example.values, keep)
    if rng.random() < 0.5:
        example.values = -example.values
        example.pattern = example.pattern.mirrored
        example.second = example.second.mirrored if example.second else None
    # A random unit and offset: the features must not care.
    example.values = example.values * log_uniform(rng, 0.01, 100) + rng.choice([0.0, 10.0, -50.0])
    return example


def _draw_split(rng: Rng, least_rows: int) -> int:
    if rng.random() < 0.6:
        return BASELINE_ROWS
    return int(rng.integers(LEAST_SPLIT, WINDOW_ROWS - least_rows + 1))


def _eventful(rng: Rng, pattern: Pattern, background: Background) -> tuple[_Example, npt.NDArray[np.bool_]]:
    make, least_rows = EVENTS[pattern]
    split = _draw_split(rng, least_rows)
    event = make(rng, split)
    if event.pattern is Pattern.FLUCTUATIONS:  # a floor would make spikes of them
        background.floor = None
    if event.texture is not None:
        event = _with_texture(rng, event, background)
    if split != BASELINE_ROWS and rng.random() < 0.5:  # the split was put at the onset found
        latest = event.onset + int(rng.integers(-4, 3))
        split = int(np.clip(latest, split, WINDOW_ROWS - 1))
    before = _distracted(rng, background, split) if rng.random() < 0.2 else background.values
    ratio, faint = _draw_ratio(rng)
    values = _laid_over(rng, event, background, before, split, ratio)
    named, second = event.pattern, event.second
    if faint and ratio < 0.95:
        named, second = Pattern.NORMAL, event.pattern
    elif faint and second is None:
        second = Pattern.NORMAL
    if values.direction < 0:
        named, second = named.mirrored, second.mirrored if second else None
    return _Example(values.row, split, named, second), np.abs(event.height) > 0.3


def _draw_ratio(rng: Rng) -> tuple[float, bool]:
    """How far the event stands out from what the baseline shows, and whether that is a matter of taste."""
    if rng.random() < 0.12:
        return float(rng.uniform(0.75, 1.3)), True
    return float(min(1.4 * np.exp(rng.exponential(0.9)), 300.0)), False


def _with_texture(rng: Rng, event: Event, background: Background) -> Event:
    """Events of the texture itself need one that moves; what they are called depends on it."""
    tail = background.texture[BASELINE_ROWS:]
    if np.mean(np.diff(tail) != 0) < 0.6 or background.hold > 1:
        background.texture = background.texture + _noise_unit(background.texture) * rng.standard_normal(
            WINDOW_ROWS
        )
    grows = event.texture is not None and event.texture[-1] > 1
    if grows and background.kind not in ("season", "toggling"):
        return Event(Pattern.FLUCTUATIONS, event.height, 1, Pattern.OTHER, event.texture)
    return event


def _noise_unit(row: Row) -> float:
    low, high = np.quantile(row, [0.16, 0.84])
    return float(high - low) / 2 or float(row.std()) or 1.0


def stands_out(background: Background, split: int, width: int, direction: int) -> float:
    """The size from which an excursion of `width` rows is more than what this baseline shows anyway."""
    baseline = background.texture[:split]
    total = np.concatenate([[0.0], np.cumsum(baseline)])
    rolled = (total[width:] - total[:-width]) / width
    largest = np.quantile(direction * (rolled - np.median(baseline)), 0.995)
    low, high = np.quantile(baseline, [0.16, 0.84])
    size = max(float(largest), float(high - low) / 2, 0.15 * float(np.ptp(background.slow[:split])))
    return size if size > 1e-6 else 1.0


@dataclass(slots=True)
class _Laid:
    row: Row
    direction: int


def _laid_over(
    rng: Rng, event: Event, background: Background, before: Row, split: int, ratio: float
) -> _Laid:
    """The background `before` with the event on it, `ratio` times as large as what stands out."""
    direction = 1 if rng.random() < 0.5 else -1
    size = stands_out(background, split, event.width, direction) * ratio
    if direction < 0 and background.floor is not None:
        room = float(np.median(background.values[:split])) - background.floor
        if room < 1.2 * size / max(ratio, 1):  # nothing to fall from
            direction = 1
            size = stands_out(background, split, event.width, 1) * ratio
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
    return _Laid(row, direction)


def _held(rng: Rng, event: Event, background: Background) -> Row:
    """A wide event on a held series moves when the series moves."""
    if background.hold == 1 or event.width < 2 * background.hold or rng.random() < 0.3:
        return event.height
    starts = np.concatenate([[True], np.diff(background.texture) != 0])
    at = np.maximum.accumulate(np.where(starts, ROWS, 0)).astype(int)
    held = event.height[at]
    shift = event.pattern is Pattern.LEVEL_SHIFT_UP and np.count_nonzero(held > 0.5) < 8
    return event.height if shift or held.max() < 0.6 else held


def _distracted(rng: Rng, background: Background, split: int) -> Row:
    """The background with one thing that happened in its baseline, once, and was over before the split."""
    draw = rng.random()
    size = stands_out(background, split, 2, 1) * 1.3 * np.exp(rng.exponential(0.7)) * rng.choice([-1, 1])
    if draw < 0.45:
        height = _moved(single_spike(rng, BASELINE_ROWS).height, rng, split)
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


def _normal(rng: Rng, background: Background) -> _Example:
    split = _draw_split(rng, 1)
    draw = rng.random()
    second: Pattern | None = None
    values = background.values
    if draw < 0.11:
        values = _repeated(rng, background, split)
    elif draw < 0.3:
        values, second = _over_already(rng, background, split)
    elif draw < 0.42 and split <= WINDOW_ROWS - 14:
        return _faint(rng, background, split)
    elif draw < 0.5:
        values = _distracted(rng, background, split)
    else:
        return _slope(rng, background, split)
    return _Example(values, split, Pattern.NORMAL, second)


def _repeated(rng: Rng, background: Background, split: int) -> Row:
    """Events of one kind and size, several in the baseline and one or two in the current part."""
    make = single_spike if rng.random() < 0.6 else transient
    shape = make(rng, BASELINE_ROWS).height[BASELINE_ROWS:]
    first, last = np.flatnonzero(shape > 0.05)[[0, -1]]
    shape = shape[first : last + 1][:30]
    direction = 1 if rng.random() < 0.7 else -1
    size = stands_out(background, split, len(shape), direction) * 1.3 * np.exp(rng.exponential(0.8))
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


def _over_already(rng: Rng, background: Background, split: int) -> tuple[Row, Pattern | None]:
    """A change that lies wholly in the baseline: a new level, or an excursion that is over."""
    direction = 1 if rng.random() < 0.5 else -1
    size = direction * stands_out(background, split, 8, direction) * 1.3 * np.exp(rng.exponential(0.9))
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


def _faint(rng: Rng, background: Background, split: int) -> _Example:
    """A level shift, a spike or an excursion too small to stand out."""
    event = (level_shift, single_spike, transient)[int(rng.integers(3))](rng, split)
    ratio = float(rng.uniform(0.3, 0.75))
    laid = _laid_over(rng, event, background, background.values, split, ratio)
    second = event.pattern if ratio > 0.6 and event.width > SPIKE_ROWS else None
    if second and laid.direction < 0:
        second = second.mirrored
    return _Example(laid.row, split, Pattern.NORMAL, second)


def _slope(rng: Rng, background: Background, split: int) -> _Example:
    """Just the background. Where its slow part turns into a slope of its own, both names are right."""
    slow = background.slow
    change = float(slow[-1] - slow[split])
    goes_on = float(slow[split - 1] - slow[split - 41]) / 40 * (WINDOW_ROWS - 1 - split)
    unit = stands_out(Background("", background.texture, np.zeros(WINDOW_ROWS)), split, 8, 1)
    notable = abs(change) > 1.5 * unit and abs(change) > 0.3 * float(np.ptp(slow[:split]))
    if not notable or WINDOW_ROWS - split < 12 or abs(change - goes_on) < 0.35 * abs(change):
        return _Example(background.values, split, Pattern.NORMAL, None)
    steady = Pattern.STEADY_INCREASE if change > 0 else Pattern.STEADY_DECREASE
    if rng.random() < 0.75:
        return _Example(background.values, split, steady, Pattern.NORMAL)
    return _Example(background.values, split, Pattern.NORMAL, steady)


def _with_gaps(rng: Rng, row: Row, keep: npt.NDArray[np.bool_]) -> Row:
    """Points that were never scraped; a narrow event itself is spared."""
    draw = rng.random()
    row = row.copy()
    if draw < 0.1:  # the series is younger than the window
        row[: int(rng.integers(1, 130))] = np.nan
    elif draw < 0.2:
        lost = rng.random(WINDOW_ROWS) < log_uniform(rng, 0.005, 0.2)
        lost[-2:] = False
        row[lost & ~keep] = np.nan
    elif draw < 0.25:
        at, length = int(rng.integers(0, WINDOW_ROWS - 30)), int(rng.integers(2, 26))
        lost = (at <= ROWS) & (at + length > ROWS)
        row[lost & ~keep] = np.nan
    return row
