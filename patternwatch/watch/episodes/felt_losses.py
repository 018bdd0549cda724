"""What users feel of failures and of requests that do not come: by their series, and by how many they are.

A series is held against its own history and says how rare this is; requests as a whole say how many are lost,
and how little chance explains it (`losses`). The more telling of both counts, and never the same one twice.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.watch.episodes.role_sums import RoleSums
from patternwatch.watch.losses.losses import Losses
from patternwatch.watch.suspects.metric_evidence import CAP, LEAST_SCORE
from patternwatch.watch.suspects.roles import RULES

USUAL_FAILURES = 0.5
"""Part that failures count where they are over, or no more than in other half hours of the week."""
MOST_FAILING = 10.0
"""What a doubling of the failing share counts for who has most: callers fail too, with a part of it."""
_Float64s = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FeltLosses:
    """By entity number, each of shape (E,).

    failures   that requests fail
    fewer      that they do not come
    lost       the part of `failures` that the failing share makes beside their strongest series
    strongest  the strongest single series, with what bears it out of the same failures
    strength   what both add to who has it most
    """

    failures: _Float64s
    fewer: _Float64s
    lost: _Float64s
    strongest: _Float64s
    strength: _Float64s


def felt_losses(sums: RoleSums, losses: Losses) -> FeltLosses:
    """Hold what series tell of lost requests against what is known of all requests.

    losses  of as many entities

    >>> from patternwatch.watch.losses.losses import NO_LOSSES
    >>> felt = felt_losses(RoleSums.none(2), NO_LOSSES.fitted(2))
    >>> felt.failures.tolist(), felt.fewer.tolist()
    ([0.0, 0.0], [0.0, 0.0])
    """
    # Requests that go to another part of the same workload are not lost.
    told_fewer = np.where(sums.shifted | losses.whole, 0.0, sums.fewer)
    counted_fewer = np.where(sums.fewer > 0, _in_full(losses.missing_decades, "traffic"), 0.0)
    fewer = np.maximum(told_fewer, counted_fewer)
    fewer += np.where(fewer > 0, losses.missing, 0.0)
    told = sums.errors * np.where(losses.usual, USUAL_FAILURES, 1.0)
    counted = _in_full(losses.failing_decades, "error")
    errors = np.maximum(told, counted)
    more = np.where(errors > 0, losses.failing, 0.0)
    strongest = _with_the_same_failures(sums, told, counted, more)
    return FeltLosses(
        failures=errors + more,
        fewer=fewer,
        lost=np.where((sums.failed > 0) & (sums.failed >= sums.strongest), more, 0.0),
        strongest=np.where(losses.lasted, sums.strongest, strongest),
        strength=np.maximum(counted_fewer - told_fewer, 0.0) + MOST_FAILING * more,
    )


def _with_the_same_failures(
    sums: RoleSums, told: _Float64s, counted: _Float64s, more: _Float64s
) -> _Float64s:
    """The strongest single series, with what the failures that it tells of count because they are no chance.

    Few requests of many parts are single failures in each of many series: what none of these tells by itself
    must have lasted, or last, as what one series alone tells. And the same failures do not bear that one out.

    told, counted  failures as their series tell of them, and as chance does not explain them
    more           for how many they are
    """
    beyond = np.where(sums.failed >= sums.strongest, np.maximum(counted - told, 0.0), 0.0)
    return np.where(told > 0, sums.strongest + beyond, np.maximum(sums.strongest, counted + more))


def _in_full(decades: Floats32, category: MetricCategoryName) -> _Float64s:
    """What losses that stay count: at most what a metric of all parts does, each as far as can be known."""
    return RULES[category].weight * np.minimum(decades.astype(np.float64), CAP - LEAST_SCORE)
