"""The array that flows: a batch of aligned series, and the window that it covers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, model_validator

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.instants import instant
from patternwatch.contracts.skipped import Skipped

BASELINE_ROWS = 240
"""Rows before the split of a usual window: two hours of 30 s."""
CURRENT_ROWS = 60
"""Rows from the split on: half an hour of 30 s."""
WINDOW_ROWS = BASELINE_ROWS + CURRENT_ROWS
MIN_WINDOW_MS = 600_000
"""Least length of a usual window, whatever its step. Alert rules commonly wait five minutes (`for: 5m`), so a
trouble is that old before its alert; as much again has to hold what was normal and what came of it."""
MAX_WINDOW_ROWS = 10_000
"""Rows of a window that a message may ask for: a shard of 1,000 series then takes 80 MB. A window without
such a bound takes any amount, and the worker with it; so does its next owner."""
MIN_BASELINE_ROWS = 60
"""Rows before the split that a window needs: with fewer, nothing is known of what is normal."""

Labels: TypeAlias = Mapping[str, str]
Vector: TypeAlias = npt.NDArray[np.float64]
"""float64, shape (N,) or (T,)."""
Matrix: TypeAlias = npt.NDArray[np.float64]
"""float64, shape (N, T): N series, T rows; NaN is a gap."""
Flags: TypeAlias = npt.NDArray[np.bool_]
"""Booleans, shape (N,)."""

AGE_UNITS: Mapping[str, float] = {"age": 1.0, "age_ms": 1e3, "age_us": 1e6, "age_ns": 1e9}
"""The derivations of a timestamp, each with what its raw values count: that many to the second."""
STATE_AGE = "age_state"
"""The derivation of a flag: for how long it has been what it is, in seconds."""
AGES = (*AGE_UNITS, STATE_AGE)
"""The derivations of how late something is that happens again and again."""
SUM = "sum"
"""The derivation of several gauges together: they tell the parts of what they count."""


class Window(BaseModel):
    """A grid of times: rows at `start_ms`, `start_ms + step_ms`, ..., `end_ms` (inclusive).

    `split_ms` is the nominal beginning of the current part (the alert's start, or the given time);
    the onset that the analysis finds may lie before it. Times are milliseconds since the Unix epoch.

    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> window.rows, window.split_row
    (300, 240)

    Raises ValidationError where the times are out of order or the length is no multiple of the step.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", json_schema_extra=without_examples)

    start_ms: int
    split_ms: int
    end_ms: int
    step_ms: int = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.start_ms < self.split_ms <= self.end_ms:
            raise ValueError(
                f"a window needs start < split <= end, not "
                f"{instant(self.start_ms)}, {instant(self.split_ms)}, {instant(self.end_ms)}"
            )
        if (self.end_ms - self.start_ms) % self.step_ms:
            raise ValueError(f"the window's length is no multiple of its step of {self.step_ms} ms")
        return self

    @property
    def rows(self) -> int:
        """How many points a series has in this window."""
        return (self.end_ms - self.start_ms) // self.step_ms + 1

    @property
    def split_row(self) -> int:
        """First row of the current part."""
        return -((self.start_ms - self.split_ms) // self.step_ms)

    def times(self) -> npt.NDArray[np.int64]:
        """The grid in ms, shape (rows,)."""
        return np.arange(self.start_ms, self.end_ms + 1, self.step_ms, dtype=np.int64)

    def earlier(self, by_ms: int) -> "Window":
        """The same window `by_ms` milliseconds earlier."""
        moved = {name: getattr(self, name) - by_ms for name in ("start_ms", "split_ms", "end_ms")}
        return self.model_copy(update=moved)

    @classmethod
    def ending(cls, end_ms: int, split_ms: int, step_ms: int, rows: int = WINDOW_ROWS) -> "Window":
        """The window of `rows` points that ends at `end_ms` (moved down to a multiple of the step).

        The split is kept inside: at least `MIN_BASELINE_ROWS` rows before it and one row from it on.
        Raises WindowError where the window is too short, or where the split lies after its end or before
        its start.

        >>> window = Window.ending(1_760_000_010_500, 1_760_000_000_000, step_ms=1000)
        >>> window.end_ms, window.rows, window.split_row
        (1760000010000, 300, 289)
        """
        if step_ms <= 0 or rows <= MIN_BASELINE_ROWS:
            raise WindowError(
                f"A window of {rows} points of {step_ms} ms is too short",
                f"Ask for more than {MIN_BASELINE_ROWS} points and a step of at least 1 ms",
            )
        end_ms -= end_ms % step_ms
        start_ms = end_ms - (rows - 1) * step_ms
        if split_ms > end_ms + step_ms:
            raise WindowError(
                f"The time to look at ({instant(split_ms)}) lies after the end of the data "
                f"({instant(end_ms)})",
                "Give a time that is not in the future",
            )
        least = start_ms + MIN_BASELINE_ROWS * step_ms
        if split_ms < start_ms:
            raise WindowError(
                f"The time to look at ({instant(split_ms)}) lies before the window, which starts at "
                f"{instant(start_ms)}",
                "Give an end nearer to it, or a longer step",
            )
        return cls(
            start_ms=start_ms,
            split_ms=min(max(split_ms, least), end_ms),
            end_ms=end_ms,
            step_ms=step_ms,
        )


@dataclass(frozen=True, slots=True)
class SeriesBatch:
    """N series on one time grid.

    labels      N label sets, `__name__` included
    times       int64 ms, shape (T,)
    values      float64, shape (N, T), each series in its own unit; NaN is a gap
    derivation  how each of the N series came from the raw samples: empty (a gauge as it is), `rate` (of a
                counter), `count_rate`, `mean`, `p50` or `p99` (of a histogram), `age`, `age_ms`, `age_us` or
                `age_ns` (of a timestamp in such a unit: seconds since then, or the longest usual ones),
                `age_state` (of a flag, the same in its last state), `sum` (of gauges that tell its parts)
    skipped     series that were left out at the source
    native      which of the N series come from native histograms
    notes       sentences that qualify what is said of these series, for the report
    partial_answers
                what the source said that it left out, in its words
    facts       label sets of info series (`FACT_SERIES`) that are left out, once each
    seasonal_reference
                float64, shape (N, T): the same rows a day or a week earlier, all NaN for a series that the
                earlier window does not hold; None where no earlier window was read

    Raises ValueError where the shapes do not fit.

    >>> times = np.array([0, 1000, 2000])
    >>> labels = [{"__name__": "up", "job": name} for name in ("a", "b")]
    >>> batch = SeriesBatch(labels, times, np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]), ["", ""])
    >>> len(batch), batch.take([1]).labels
    (2, [{'__name__': 'up', 'job': 'b'}])
    """

    labels: list[dict[str, str]]
    times: npt.NDArray[np.int64]
    values: Matrix
    derivation: list[str]
    skipped: Skipped = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    partial_answers: tuple[str, ...] = ()
    native: frozenset[int] = frozenset()
    facts: tuple[Labels, ...] = ()
    seasonal_reference: Matrix | None = None

    def __post_init__(self) -> None:
        n, t = len(self.labels), len(self.times)
        if self.values.shape != (n, t) or len(self.derivation) != n:
            raise ValueError(
                f"a batch of {n} label sets and {t} times cannot hold values of shape {self.values.shape} "
                f"and {len(self.derivation)} derivations"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: Iterable[int]) -> "SeriesBatch":
        """The series at these positions, in this order, without what is said of the batch as a whole."""
        index = np.fromiter(rows, dtype=np.intp)
        return SeriesBatch(
            [self.labels[i] for i in index],
            self.times,
            self.values[index],
            [self.derivation[i] for i in index],
            native=frozenset(k for k, i in enumerate(index.tolist()) if i in self.native),
            seasonal_reference=None if self.seasonal_reference is None else self.seasonal_reference[index],
        )
