"""Conformance checks: what the analysis relies on in every detector, see `detectors.base.Detector`.

Each check takes a detector and raises AssertionError with what it found; `check_detector` runs them all.
"""

from collections.abc import Callable

import numpy as np

from patternwatch.compiled import Floats
from patternwatch.detectors.base import Detection, Detector

ROWS, SPLIT = 70, 45


def check_detector(
    detector: Detector, values: Floats | None = None, split: int = SPLIT, *, judges_gaps: bool = False
) -> None:
    """Run every check; raises AssertionError that names the detector and what it does wrong.

    values       a batch of shape (N, T) to try besides the usual ones; NaN is a gap
    split        its first row of the current part
    judges_gaps  whether missing points are what it looks for: too few of them then need not score 0

    >>> from patternwatch.detectors import CHANGE
    >>> check_detector(CHANGE)
    """
    assert isinstance(detector, Detector), f"{detector!r} lacks a name, a threshold, __call__ or describe"
    batch = usual_batch() if values is None else values
    check_contract(detector, batch, split)
    check_independence(detector, batch, split)
    check_scale(detector, batch, split)
    check_unjudgeable(detector)
    check_bad_input(detector)
    if not judges_gaps:
        check_too_few_points(detector)


def usual_batch() -> Floats:
    """Series of the kinds that real metrics come in: ten rows, with gaps, ends and constants among them."""
    rng = np.random.default_rng(0)
    time = np.arange(ROWS)
    noise = rng.normal(size=ROWS)
    gappy = np.where(rng.random(ROWS) < 0.2, np.nan, noise)
    return np.array(
        [
            noise,
            noise.cumsum(),
            rng.integers(0, 3, size=ROWS),
            rng.integers(0, 9, size=ROWS).cumsum(),
            noise + 20.0 * (time >= SPLIT),
            gappy,
            np.where(time >= SPLIT + 12, np.nan, noise),
            np.where(time < SPLIT + 3, np.nan, noise),
            np.full(ROWS, 7.5),
            np.full(ROWS, np.nan),
        ]
    )


def check_contract(detector: Detector, values: Floats, split: int) -> None:
    """Shapes, finite scores from 0 on, flags at the threshold, input unchanged, a description for each."""
    kept = values.copy()
    found = detector(values, split)
    _say(detector, isinstance(found, Detection), f"returns {type(found).__name__}, not a Detection")
    shape = (len(values),)
    _say(detector, found.score.shape == shape, f"scores of shape {found.score.shape}, not {shape}")
    _say(detector, found.flagged.shape == shape, f"flags of shape {found.flagged.shape}")
    for name, figure in found.figures.items():
        _say(detector, figure.shape == shape, f"figure {name!r} of shape {figure.shape}")
    _say(detector, bool(np.isfinite(found.score).all()), f"scores that are not finite: {found.score}")
    _say(detector, bool((found.score >= 0).all()), f"scores below 0: {found.score}")
    follows = np.array_equal(found.flagged, found.score >= detector.threshold)
    _say(detector, follows, f"flags other than scores from {detector.threshold} on")
    _say(detector, np.array_equal(values, kept, equal_nan=True), "changes its input")
    for row in range(len(values)):
        _say(detector, bool(detector.describe(found, row)), f"describes series {row} by nothing")
    empty = detector(np.empty((0, values.shape[1])), split)
    _say(detector, empty.score.shape == (0,), "an empty batch has scores")


def check_independence(detector: Detector, values: Floats, split: int) -> None:
    """A series' score depends neither on the other series nor on their order."""
    score = detector(values, split).score
    backwards = detector(values[::-1].copy(), split).score[::-1]
    _say(detector, np.array_equal(score, backwards), "scores change with the order of the series")
    for row, own in enumerate(score):
        alone = detector(values[row : row + 1], split).score[0]
        _say(detector, bool(alone == own), f"series {row} scores {own} among others and {alone} alone")


def check_scale(detector: Detector, values: Floats, split: int) -> None:
    """The unit of a series does not matter; by a power of two, so that rounding is the same."""
    score, scaled = detector(values, split).score, detector(values * 2.0**40, split).score
    _say(detector, np.allclose(scaled, score, rtol=1e-9), f"scores {score} become {scaled} in another unit")


def check_unjudgeable(detector: Detector) -> None:
    """Constant series, and series without points, score 0."""
    rows = np.array([np.full(ROWS, 3.0), np.zeros(ROWS), np.full(ROWS, np.nan)])
    found = detector(rows, SPLIT)
    _say(detector, not found.score.any(), f"scores {found.score} for constants and for gaps alone")


def check_too_few_points(detector: Detector) -> None:
    """Too few points before the split, or none after it, score 0; not for detectors of missing points."""
    time = np.arange(ROWS, dtype=np.float64)
    short, ended = np.where(time < SPLIT - 5, np.nan, time), np.where(time >= SPLIT, np.nan, time)
    found = detector(np.array([short, ended]), SPLIT)
    _say(detector, not found.score.any(), f"scores {found.score} for too few points")


def check_bad_input(detector: Detector) -> None:
    """Another shape, a split outside the rows and infinite values raise ValueError."""
    good = np.zeros((2, ROWS))
    _refuses(detector, "an array of one dimension", lambda: detector(good[0], SPLIT))
    _refuses(detector, "a split at row 0", lambda: detector(good, 0))
    _refuses(detector, "a split behind the rows", lambda: detector(good, ROWS))
    _refuses(detector, "infinite values", lambda: detector(np.full((1, ROWS), np.inf), SPLIT))


def _refuses(detector: Detector, what: str, call: Callable[[], object]) -> None:
    try:
        call()
    except ValueError:
        return
    raise AssertionError(f"detector {detector.name!r} takes {what} without a ValueError")


def _say(detector: Detector, holds: bool, problem: str) -> None:
    assert holds, f"detector {detector.name!r}: {problem}"
