"""What every detector is: a batch of series and a split in, a score and a flag per series out."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from patternwatch.contracts.series import Flags, Matrix, Vector

__all__ = ["EPSILON", "MAX_RATIO", "MIN_BASELINE", "Detection", "Detector", "Flags", "Matrix", "Vector"]

MIN_BASELINE = 20
"""Finite points before the split under which no detector judges a series."""
MAX_RATIO = 1e6
"""Ratios are clipped here: a baseline without any movement would give an infinite one."""
EPSILON = 1e-3
"""Movement below this part of the median is taken for rounding."""


@dataclass(frozen=True, slots=True)
class Detection:
    """What a detector says of N series.

    score    shape (N,), finite, at least 0; the larger the more abnormal; 0 where it cannot tell
    flagged  shape (N,), whether the score reaches the detector's threshold
    figures  what was measured, by name, each of shape (N,); NaN where it could not be

    >>> score = np.array([0.2, 1.4])
    >>> Detection(score, score >= 1.0, {"ratio": np.array([1.1, 3.0])}).flagged
    array([False,  True])
    """

    score: Vector
    flagged: Flags
    figures: dict[str, Vector] = field(default_factory=dict)


@runtime_checkable
class Detector(Protocol):
    """Compares the rows from `split` on with the rows before it, for each series by itself."""

    @property
    def name(self) -> str:
        """The field's standard term for it."""
        ...

    @property
    def threshold(self) -> float:
        """The score from which a series is flagged."""
        ...

    def __call__(self, values: Matrix, split: int) -> Detection:
        """Judge a batch.

        values  shape (N, T); NaN is a gap
        split   first row of the current part, 0 < split < T

        Raises ValueError for another shape, for infinite values or for a split outside the rows.
        """
        ...

    def describe(self, detection: Detection, row: int) -> str:
        """What was measured on one series, in words and numbers."""
        ...


def checked(values: Matrix, split: int) -> Matrix:
    """The batch as C-ordered float64; raises ValueError where it breaks the contract of `Detector`.

    >>> checked(np.array([[1, 2, 3]]), split=2)
    array([[1., 2., 3.]])
    >>> checked(np.array([[1, 2, 3]]), split=3)
    Traceback (most recent call last):
    ...
    ValueError: a split lies between the rows 1 and 2, not at 3
    """
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 2:
        raise ValueError(f"a batch has the shape (series, rows), not {array.shape}")
    if not 0 < split < array.shape[1]:
        raise ValueError(f"a split lies between the rows 1 and {array.shape[1] - 1}, not at {split}")
    if np.isinf(array).any():
        raise ValueError("a batch holds infinite values: mark them as gaps (NaN)")
    return array


def without_gaps(values: Vector) -> Vector:
    """The values, 0 where they are NaN: for small arrays five times as fast as `nan_to_num`.

    >>> without_gaps(np.array([1.0, np.nan, -2.0])).tolist()
    [1.0, 0.0, -2.0]
    """
    return np.where(np.isnan(values), 0.0, values)


def times(ratio: float) -> str:
    """A ratio as a person reads it.

    >>> times(2.5), times(53_512.0), times(1e9)
    ('2.5 x', '53,500 x', 'over 1,000,000 x')
    """
    if ratio >= MAX_RATIO:
        return f"over {MAX_RATIO:,.0f} x"
    digits = f"{ratio:.3g}"
    return f"{float(digits):,.0f} x" if ratio >= 999.5 else f"{digits} x"
