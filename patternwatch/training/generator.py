"""Labelled windows by the thousand: a background, what happened in it, and its name.

The same seed gives the same windows bit by bit, however many processes make them: every chunk of windows
has a generator of its own, seeded by its number.
"""

from collections.abc import Callable
from itertools import repeat

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import BASELINE_ROWS, WINDOW_ROWS
from patternwatch.training.backgrounds import recorded_background, synthetic_background
from patternwatch.training.config import GeneratorConfig
from patternwatch.training.events import EVENTS
from patternwatch.training.normal_windows import normal_window
from patternwatch.training.overlay import Example, draw_split, overlay, with_baseline_event
from patternwatch.training.process_pool import pool
from patternwatch.training.signals import ROWS, Background, Rng, Row, log_uniform
from patternwatch.training.waveforms import SPIKE_ROWS, Event
from patternwatch.training.windows import Windows

CHUNK = 1000
NUMBER = {pattern: number for number, pattern in enumerate(PATTERNS)}


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
    with pool(jobs) as workers:
        return Windows.joined(list(workers.map(_chunk, *work)))


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


def _example(rng: Rng, pattern: Pattern, source: Callable[[Rng], Background]) -> Example:
    if pattern is Pattern.NORMAL:
        example, keep = normal_window(rng, source(rng)), np.zeros(WINDOW_ROWS, dtype=bool)
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


def _eventful(rng: Rng, pattern: Pattern, background: Background) -> tuple[Example, npt.NDArray[np.bool_]]:
    make, min_rows = EVENTS[pattern]
    split = draw_split(rng, min_rows)
    event = make(rng, split)
    if event.height.min() < 0 < event.height.max():  # a floor would leave one direction of it only
        background.floor = None
    if event.texture is not None:
        event = _with_texture(rng, event, background)
    if split != BASELINE_ROWS and rng.random() < 0.5:  # the split was put at the onset found
        latest = event.onset + int(rng.integers(-4, 3 if event.width > SPIKE_ROWS else 1))
        split = int(np.clip(latest, split, WINDOW_ROWS - 1))
    before = with_baseline_event(rng, background, split) if rng.random() < 0.2 else background.values
    ratio, faint = _draw_ratio(rng)
    values = overlay(rng, event, background, before, split, ratio)
    named, second = event.pattern, event.second
    if faint and ratio < 0.95:
        named, second = Pattern.NORMAL, event.pattern
    elif faint and second is None:
        second = Pattern.NORMAL
    if values.direction < 0:
        named, second = named.mirrored, second.mirrored if second else None
    return Example(values.row, split, named, second), np.abs(event.height) > 0.3


def _draw_ratio(rng: Rng) -> tuple[float, bool]:
    """How far the event stands out from what the baseline shows, and whether that is a matter of taste."""
    if rng.random() < 0.12:
        return float(rng.uniform(0.75, 1.3)), True
    return float(min(1.4 * np.exp(rng.exponential(0.9)), 300.0)), False


def _with_texture(rng: Rng, event: Event, background: Background) -> Event:
    """Events of the texture itself need one that moves; what they are called depends on it.

    Noise that grows in both directions is a fluctuation; a season or spikes that grow are an amplitude.
    """
    tail = background.texture[BASELINE_ROWS:]
    if np.mean(np.diff(tail) != 0) < 0.6 or background.hold > 1:
        background.texture = background.texture + _noise_unit(background.texture) * rng.standard_normal(
            WINDOW_ROWS
        )
    grows = event.texture is not None and event.texture[-1] > 1
    low, middle, high = np.quantile(background.texture[:BASELINE_ROWS], [0.02, 0.5, 0.98])
    one_sided = abs(low + high - 2 * middle) > 0.4 * (high - low)
    if grows and not one_sided and background.kind not in ("season", "toggling"):
        return Event(Pattern.FLUCTUATIONS, event.height, 1, Pattern.OTHER, event.texture)
    return event


def _noise_unit(row: Row) -> float:
    low, high = np.quantile(row, [0.16, 0.84])
    return float(high - low) / 2 or float(row.std()) or 1.0


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
