"""The likeliest shape among those that agree with where a series went and where it is now.

The shape model looks at the outline of a window; whether a series has recovered is read from its last rows,
and which way it went from its values. What contradicts them is left out, and the probabilities of the rest
are taken as they are once that is known: P(shape | it agrees).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.findings import Direction
from patternwatch.contracts.patterns import PATTERNS, Pattern, PatternType

_UP = frozenset(
    (
        Pattern.SUDDEN_INCREASE,
        Pattern.LEVEL_SHIFT_UP,
        Pattern.STEADY_INCREASE,
        Pattern.SINGLE_SPIKE,
        Pattern.TRANSIENT_LEVEL_SHIFT_UP,
        Pattern.MULTIPLE_SPIKES,
    )
)
_DOWN = frozenset(pattern.mirrored for pattern in _UP)
_GO_ON = frozenset((Pattern.MULTIPLE_SPIKES, Pattern.MULTIPLE_DIPS))
"""Shapes of the type `recovered` that may go on at the window's end: the next spike may come."""
_AGAINST: Mapping[Direction, frozenset[Pattern]] = {"up": _DOWN, "down": _UP, "both": frozenset()}


def agreeing_shape(
    probabilities: npt.NDArray[np.float32], direction: Direction, *, recovered: bool
) -> tuple[Pattern, float]:
    """The likeliest shape that agrees, and its probability among those that do.

    probabilities  float32, shape (15,), in the order of PATTERNS
    direction      which way the series went
    recovered      whether it is back in its band

    >>> seen = np.zeros(15, dtype=np.float32)
    >>> seen[PATTERNS.index(Pattern.SINGLE_SPIKE)], seen[PATTERNS.index(Pattern.SUDDEN_INCREASE)] = 0.6, 0.2
    >>> agreeing_shape(seen, "up", recovered=True)[0].label
    'single spike'
    >>> agreeing_shape(seen, "up", recovered=False)[0].label
    'sudden increase'
    """
    agreed = np.where(_agrees(direction, recovered), probabilities.astype(np.float64), 0.0)
    total = float(agreed.sum())
    if total <= 0.0:
        return Pattern.OTHER, 0.0
    best = int(np.argmax(agreed))
    return PATTERNS[best], float(agreed[best]) / total


def _agrees(direction: Direction, recovered: bool) -> npt.NDArray[np.bool_]:
    return np.array([_may_be(p, recovered) and p not in _AGAINST[direction] for p in PATTERNS], dtype=bool)


def _may_be(pattern: Pattern, recovered: bool) -> bool:
    if recovered:
        return pattern.type is not PatternType.STILL_ABNORMAL
    return pattern.type is not PatternType.RECOVERED or pattern in _GO_ON
