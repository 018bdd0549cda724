"""How rare a change of one series is, held against its own history: its tail, its floors, and its hours."""

import numpy as np

from patternwatch.compiled import Integer, kernel
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.bank.tails import ZERO, rarity_of, usual_at
from patternwatch.watch.bank.views import (
    ABSOLUTE,
    COUNTING,
    KNOWN,
    LEVEL,
    NO_SCALE,
    RELATIVE,
    SCALE,
    Kept,
    Place,
    Told,
)

LEAST_SCORE = 2.5
CAP = 30.0
"""Scores above this say no more."""
PRIOR_SLOPE, PRIOR_WEIGHT, FAMILY_WEIGHT = 5.0, 30.0, 6.0
"""Slope of a tail, in steps, where nothing is known; how many excesses it weighs in a family's, and a
family's in a series'."""
LEAST_SLOPE = 1.5
HABIT_STEPS = 5
"""How far above the usual of this hour a change must be: a third more."""
_DECIMALS = 0.4342945


@kernel(inline="always")
def floor_of(state: Floats32, i: Integer, width: float) -> float:
    """The least change that counts: part of the level, and three deviations of a count over `width` rows."""
    level = abs(float(state[i, LEVEL]))
    floor = max(float(state[i, RELATIVE]) * level, float(state[i, ABSOLUTE]))
    if state[i, COUNTING] > 0.0:
        floor = max(floor, 3.0 * float(np.sqrt(level / (state[i, COUNTING] * width))))
    return floor


@kernel
def score_of(
    code: float,
    floor: float,
    threshold: Integer,
    rarity: float,
    excess: float,
    over: Integer,
    slope: float,
    blocks: Integer,
) -> float:
    """-log10 of how often a series' own history had such a change.

    code, floor  the change and the least one that counts, encoded
    threshold    of the tail; `rarity` is the score at it
    excess, over  sum and number of the tail's excesses; `slope` is the family's
    blocks        how many its history has: of few, what lies beyond them all is known the less, as with
                  Student's t (the predictive tail of an exponential one is a Pareto's of type II)
    """
    own = max((excess + FAMILY_WEIGHT * slope) / (over + FAMILY_WEIGHT), LEAST_SLOPE)
    known = blocks + FAMILY_WEIGHT
    beyond = code - max(float(threshold) if threshold else ZERO, floor)
    if beyond <= 0.0:
        return float(rarity + _DECIMALS * beyond / own)
    return float(rarity + known * np.log10(1.0 + beyond / (own * known)))


@kernel
def score_at(
    kept: Kept, told: Told, place: Place, i: Integer, d: Integer, code: float, floor: float
) -> float:
    """The score of one statistic of one series beyond its threshold; 0 where its history has it at this hour.

    code, floor  the change and the least one that counts, encoded
    """
    threshold = kept.thresholds[i, d]
    excess, over, rarity = kept.excess[i, d], kept.over[i, d], kept.rarity[i, d]
    if kept.state[i, SCALE] <= NO_SCALE:
        # How far it went is nothing without a unit; that it never did is as rare as its rows are many.
        return float(rarity) if rarity >= LEAST_SCORE else 0.0
    slope, blocks = told.slopes[told.family[i], d], kept.counts[i, KNOWN]
    score = score_of(code, floor, threshold, rarity, excess, over, slope, blocks)
    if score < LEAST_SCORE:
        return 0.0
    usual = usual_at(kept.maxima[i, d], place.block, kept.counts[i, KNOWN], place.day)
    if code < usual + HABIT_STEPS:
        return 0.0
    # Where this hour is usually high, its tail begins there: a batch is larger on one day than on others.
    score = score_of(code, max(floor, float(usual)), threshold, rarity, excess, over, slope, blocks)
    score = min(score, rarity_of(kept.maxima[i, d], place.block, kept.counts[i, KNOWN], code))
    return 0.0 if score < LEAST_SCORE else min(score, CAP)
