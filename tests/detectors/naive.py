"""Slow, obvious twins of the kernels: plain loops over one series, straight from the definitions."""

import math
from itertools import pairwise
from statistics import NormalDist
from typing import Protocol

import numpy as np

from patternwatch.detectors import CHANGE
from patternwatch.detectors.base import EPSILON, MAX_RATIO, MIN_BASELINE, Vector
from patternwatch.detectors.change_ratios import (
    LEVEL_OPPOSITE_WEIGHT,
    LEVEL_WIDTH,
    OPPOSITE_WEIGHT,
    STEP_WIDTHS,
)
from patternwatch.detectors.spike import HALF_WIDTH
from patternwatch.detectors.variance import LEFT_OUT, MIN_ROWS


class DriftDetector(Protocol):
    """What River's drift detectors have in common."""

    @property
    def drift_detected(self) -> bool: ...

    def update(self, x: float) -> object: ...


def ks_statistic(row: Vector, split: int) -> float:
    """Largest distance of the two empirical distribution functions, tried at every value."""
    before = [float(v) for v in row[:split] if not math.isnan(v)]
    after = [float(v) for v in row[split:] if not math.isnan(v)]
    if not before or not after:
        return math.nan
    return max(
        abs(sum(b <= x for b in before) / len(before) - sum(a <= x for a in after) / len(after))
        for x in before + after
    )


def ks_p_value(statistic: float, n: int, m: int) -> float:
    """The Kolmogorov distribution's series, at Stephens' argument for samples of n and m points."""
    root = math.sqrt(n * m / (n + m))
    x = (root + 0.12 + 0.11 / root) * statistic
    terms = (math.exp(-2 * k * k * x * x) * (1.0 if k % 2 else -1.0) for k in range(1, 200))
    return min(max(2 * sum(terms), 0.0), 1.0)


def innovations(row: Vector, split: int) -> Vector:
    """AR(1) residuals of the finite points under mean and phi of those before the split."""
    out = np.full(len(row), math.nan)
    at = [t for t, v in enumerate(row) if not math.isnan(v)]
    x = [row[t] for t in at]
    base = [v for t, v in zip(at, x, strict=True) if t < split]
    if len(base) < MIN_BASELINE:
        return out
    mean = sum(v / len(base) for v in base)
    top = sum((a - mean) * (b - mean) for a, b in pairwise(base))
    bottom = sum((a - mean) ** 2 for a in base[:-1])
    phi = min(max(top / bottom, -0.3), 0.99) if bottom > 0 else 0.0
    for j in range(1, len(x)):
        out[at[j]] = (x[j] - mean) - phi * (x[j - 1] - mean)
    return out


def change_ratios(
    row: Vector, split: int, earlier: int | None = None, rounding: float = 0.0
) -> tuple[float, float]:
    """Step and level ratio by their definitions: every window of every width on both sides.

    earlier   where the sides part, if before the split: model and median stay those of the rows before it
    rounding  part of the largest move up to which an average is taken to be 0, which it is but for rounding
    """
    x = [v for v in row if not math.isnan(v)]
    k = sum(not math.isnan(v) for v in row[:split])
    at = k if earlier is None else points_before(row, split, earlier)
    if k < MIN_BASELINE or at == len(x):
        return math.nan, math.nan
    median = float(np.median(x[:k]))
    steps = list(innovations(np.array(x), k)[1:])
    roots = [math.copysign(math.sqrt(abs(v)), v) for v in x] if min(x[:k]) >= 0 else x
    epsilon = EPSILON * (math.sqrt(abs(median)) if min(x[:k]) >= 0 else abs(median))
    k = at
    least = EPSILON * abs(median)
    of_values = max(_ratio(steps, k - 1, w, OPPOSITE_WEIGHT, least, rounding) for w in STEP_WIDTHS)
    rises = [b - a for a, b in pairwise(roots)]
    of_roots = max(_ratio(rises, k - 1, w, OPPOSITE_WEIGHT, epsilon, rounding) for w in STEP_WIDTHS)
    far = [v - median for v in x]
    level = _ratio(far, k, LEVEL_WIDTH, LEVEL_OPPOSITE_WEIGHT, least, rounding)
    return math.sqrt(of_values * of_roots), level


def points_before(row: Vector, split: int, earlier: int) -> int:
    """Points before the row where the sides part, as many as a detector needs if there are so many."""
    k = sum(not math.isnan(v) for v in row[:split])
    return min(max(sum(not math.isnan(v) for v in row[:earlier]), MIN_BASELINE), k)


def crowding(row: Vector, split: int) -> tuple[int, float]:
    """Moves before the split, and -ln of the chance that so many lie so soon behind it: 0 from 48 points on.

    The bound is Chernoff's, as K times the Kullback-Leibler divergence of the share behind the split from
    the one that is expected there.
    """
    x = [v for v in row if not math.isnan(v)]
    k = sum(not math.isnan(v) for v in row[:split])
    before = sum(a != b for a, b in pairwise(x[:k]))
    later = [t for t in range(k, len(x)) if x[t] != x[t - 1] and not (before == 0 and x[t] == x[k - 1])]
    bounds = [0.0]
    for j, t in enumerate(later, start=1):
        share, expected = j / (before + j), (t - k + 1) / t
        if share > expected:
            parts = [(share, expected), (1 - share, 1 - expected)]
            bounds.append((before + j) * sum(a * math.log(a / b) for a, b in parts if a > 0))
    return before, max(bounds) if before < 47 else 0.0


def weight_of_moves(moves: int, points: int) -> float:
    """What a change score over so few moves counts, in that over 47, or over points that all move."""
    return min(math.log(moves + 1) / math.log(min(points, 48)), 1.0)


def allowance(before: int, after: int, width: int) -> float:
    """What the log of a ratio loses over a short baseline, from the distribution of the largest of blocks."""

    def largest(blocks: float, part: float) -> float:
        return NormalDist().inv_cdf((1.0 + part ** (1.0 / blocks)) / 2.0)

    def rare(k: int, m: int, w: int) -> float:
        return largest(m / w, 0.98) / largest(k / w, 0.02)

    later = min(after, 60)
    return max(math.log(rare(before, later, min(width, later)) / rare(240, 60, width)), 0.0)


def change_score(
    row: Vector, split: int, at: int | None = None, step_bar: float = 2.5, level_bar: float = 4.5
) -> float:
    """The score of both ratios by size, over the points before `at`."""
    k = points_before(row, split, split if at is None else at)
    later = sum(not math.isnan(v) for v in row) - k
    if min(change_ratios(row, split, at), default=0.0) <= 0.0 or later < 1 or k < MIN_BASELINE:
        return 0.0
    parts = zip(change_ratios(row, split, at), (step_bar, level_bar), (8, 10), strict=True)
    logs = [(math.log(r) - (allowance(k, later, w) if k < 240 else 0.0)) / math.log(b) for r, b, w in parts]
    return max(*logs, 0.0)


def _ratio(
    moves: list[float], k: int, width: int, opposite_weight: float, epsilon: float, rounding: float
) -> float:
    before, after = moves[:k], moves[k:]
    width = min(width, len(after))
    ratios = []
    for sign in (1, -1):
        over = _largest(after, width, sign) + epsilon
        if over <= rounding * max(map(abs, moves)):
            over = 0.0
        under = max(_largest(before, width, sign), opposite_weight * _largest(before, width, -sign)) + epsilon
        ratios.append(1.0 if over == 0 else MAX_RATIO if over >= MAX_RATIO * under else over / under)
    return max(ratios)


def _largest(values: list[float], width: int, sign: int) -> float:
    windows = [values[i : i + width] for i in range(len(values) - width + 1)]
    return max((sign * sum(w) / width for w in windows if sign * sum(w) > 0), default=0.0)


def spike_ratio(row: Vector, split: int) -> float:
    """Largest distance from the median of seven neighbours after the split, over that before it."""
    x = [v for v in row if not math.isnan(v)]
    k = sum(not math.isnan(v) for v in row[:split])
    if k < MIN_BASELINE or k == len(x):
        return math.nan
    epsilon = EPSILON * abs(float(np.median(x[:k])))
    far = [
        abs(x[t] - float(np.median(x[max(t - HALF_WIDTH, 0) : min(t + HALF_WIDTH + 1, end)])))
        for t in range(len(x))
        for end in [k if t < k else len(x)]
    ]
    return _bounded(max(far[k:]) + epsilon, max(far[:k]) + epsilon)


def restlessness(row: Vector, split: int) -> tuple[float, float]:
    """More and less restless than the stretches of the baseline, by sorting each stretch's differences."""
    x = [v for v in row if not math.isnan(v)]
    k = sum(not math.isnan(v) for v in row[:split])
    length = min(len(x) - k, k)
    if k < MIN_BASELINE or length < MIN_ROWS:
        return math.nan, math.nan
    epsilon = EPSILON * abs(float(np.median(x[:k])))

    def own(part: list[float]) -> float:
        return float(np.mean(sorted(abs(b - a) for a, b in pairwise(part))[:-LEFT_OUT]))

    base = [own(x[end - length : end]) for end in range(k, length - 1, -length)]
    now = own(x[k:])
    return _bounded(now + epsilon, max(base) + epsilon), _bounded(min(base) + epsilon, now + epsilon)


def _bounded(over: float, under: float) -> float:
    if over == 0.0:
        return 1.0 if under == 0.0 else 1.0 / MAX_RATIO
    return min(max(over / under, 1.0 / MAX_RATIO), MAX_RATIO) if under else MAX_RATIO


def missing_edge(row: Vector, split: int) -> float:
    """Rows without a point at the edge that tells, over one more than the longest gap (2 at least)."""
    at = [t for t, v in enumerate(row) if not math.isnan(v)]
    if not at:
        return 0.0
    usual = usual_gap(at)
    appeared = at[0] if at[0] >= split else 0
    return max(appeared, len(row) - 1 - at[-1]) / (usual + 1)


def usual_gap(at: list[int]) -> int:
    """Missing rows that say nothing of a series with points at these rows."""
    usual = max([b - a - 1 for a, b in pairwise(at)] + [2])
    if len(at) > 3 and (at[-1] - at[0]) / (len(at) - 1) > 1.1:
        usual = max(usual, math.ceil(2 * (at[-1] - at[0]) / (len(at) - 1)))
    return usual


def self_history(row: Vector, split: int) -> tuple[float, float, int]:
    """The change score of the last 240 rows, the 90 % quantile of the past ones, and how many those are."""
    present = float(CHANGE(row[None, max(split - 240, 0) :], min(split, 240)).score[0])
    past = []
    for end in range(split, 299, -60):
        stretch = row[end - 300 : end]
        known = ~np.isnan(stretch)
        if known[:240].sum() >= MIN_BASELINE and known[240:].any():
            past.append(float(CHANGE(stretch[None], 240).score[0]))
    return present, float(np.quantile(past, 0.9)) if len(past) >= 5 else math.nan, len(past)


def drifts(row: Vector, split: int, detector: DriftDetector, memory: int | None) -> int:
    """How often a fresh detector of River calls out over the current part, in the baseline's deviations."""
    return len(drift_points(row, split, detector, memory))


def drift_points(row: Vector, split: int, detector: DriftDetector, memory: int | None) -> list[int]:
    """At which points of the current part, from 1, a fresh detector of River calls out."""
    before, after = row[:split][~np.isnan(row[:split])], row[split:][~np.isnan(row[split:])]
    if len(before) < MIN_BASELINE:
        return []
    fed = before[-memory if memory else 0 :]
    centre, spread = before.mean(), before.std()
    found = []
    for number, value in enumerate([*fed, *after], start=1):
        detector.update((value - centre) / spread)
        if detector.drift_detected and number > len(fed):
            found.append(number - len(fed))
    return found
