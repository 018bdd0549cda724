"""Series of 301 rows of 30 s made by a seed, as they are scraped, and what a fetch derives from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.cortex.derive import derive
from patternwatch.cortex.raw import ragged

STEP_MS, ROWS = 30_000, 301
END_MS = 1_760_000_400_000
WINDOW = Window.ending(END_MS, END_MS - 60 * STEP_MS, STEP_MS)
TIMES = np.arange(END_MS - (ROWS - 1) * STEP_MS, END_MS + 1, STEP_MS)
SPLIT = ROWS - 61
"""The row of the split: 240 rows of baseline and the one before lie below it."""
Values = npt.NDArray[np.float64]


@dataclass
class Made:
    """One series: a value a row, NaN where it was not scraped, at `late_ms` before each row's end."""

    values: npt.ArrayLike
    name: str = "metric"
    kind: str = "unknown"
    labels: Mapping[str, str] = field(default_factory=dict)
    late_ms: int = 7_000


def fetched(*series: Made) -> SeriesBatch:
    values = [np.asarray(one.values, float) for one in series]
    known = [~np.isnan(each) for each in values]
    return derive(
        ragged(
            [{"__name__": one.name, **one.labels} for one in series],
            [one.kind for one in series],
            [(TIMES - one.late_ms)[there] for one, there in zip(series, known, strict=True)],
            [each[there] for each, there in zip(values, known, strict=True)],
        ),
        WINDOW,
    )


def derived(*series: Made) -> list[str]:
    """The derivation of each series, in the order given; `-` for one that is left out."""
    batch = fetched(*series)
    there = {tuple(sorted(own.items())): how for own, how in zip(batch.labels, batch.derivation, strict=True)}
    return [there.get(tuple(sorted({"__name__": one.name, **one.labels}.items())), "-") for one in series]


def noise(rng: np.random.Generator, scale: float, memory: float = 0.6) -> Values:
    """AR(1) noise of this spread."""
    kicks = rng.normal(0, scale * np.sqrt(1 - memory**2), ROWS)
    out = np.empty(ROWS)
    last = rng.normal(0, scale)
    for i, kick in enumerate(kicks):
        last = out[i] = memory * last + kick
    return out


def level(before: float, after: float, row: int) -> Values:
    return np.where(np.arange(ROWS) < row, before, after).astype(float)


def counter(
    rng: np.random.Generator, per_s: npt.ArrayLike, start: float = 1e6, uneven: float = 0.08
) -> Values:
    """A counter of events: Poisson counts of a rate that wanders by this part."""
    per_row = np.broadcast_to(np.asarray(per_s, float), ROWS) * STEP_MS / 1000
    counts = rng.poisson(np.maximum(per_row * (1 + noise(rng, uneven)), 0))
    return np.asarray(np.floor(start) + np.cumsum(counts), float)


def restarted(values: Values, row: int) -> Values:
    """The same counter, begun anew just before this row."""
    return np.where(np.arange(ROWS) >= row, values - values[row - 1], values)
