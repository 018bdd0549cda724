"""What series of one family tell about each other: how steep tails are, the scale of the still ones.

The tail of one series is known from a dozen excesses; those of its family (the same metric of all pods) are
thousands. Sums do not depend on the order of slots.
"""

import numpy as np

from patternwatch.compiled import Floats
from patternwatch.watch.bank import views
from patternwatch.watch.bank.arrays import BankArrays
from patternwatch.watch.bank.scores import PRIOR_SLOPE, PRIOR_WEIGHT
from patternwatch.watch.bank.statistics import STATISTICS
from patternwatch.watch.members.members import Members


def family_slopes(arrays: BankArrays, members: Members) -> Floats:
    """The mean excess of each family's tails, in steps, shape (families, STATISTICS); else the prior.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, arrays = Members(AnalysisSettings(), 30_000), BankArrays(ring_rows=480, history_blocks=336)
    >>> labels = [{"__name__": "load", "service": name} for name in ("cart", "web")]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> arrays.fit(len(members))
    >>> family_slopes(arrays, members)[0].tolist() == [PRIOR_SLOPE] * STATISTICS
    True
    >>> arrays.counts[slots, views.KNOWN], arrays.over[slots], arrays.excess[slots] = 336, 15, 30.0
    >>> float(family_slopes(arrays, members)[0, 0])
    3.5
    """
    families = len(members.families)
    known = np.flatnonzero(members.used & (arrays.counts[: len(members), views.KNOWN] > 0))
    family = members.family[known]
    slopes = np.empty((families, STATISTICS))
    for d in range(STATISTICS):
        excess = np.bincount(family, arrays.excess[known, d].astype(np.float64), minlength=families)
        over = np.bincount(family, arrays.over[known, d].astype(np.float64), minlength=families)
        slopes[:, d] = (excess + PRIOR_WEIGHT * PRIOR_SLOPE) / (over + PRIOR_WEIGHT)
    return slopes


def lend_scales(arrays: BankArrays, members: Members) -> None:
    """A series that never moved takes the scale that is usual in its family.

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members, arrays = Members(AnalysisSettings(), 30_000), BankArrays(ring_rows=480, history_blocks=336)
    >>> labels = [{"__name__": "load", "service": name} for name in ("cart", "web")]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> arrays.fit(len(members))
    >>> arrays.state[slots, views.SCALE] = 0.5, 1e-9
    >>> lend_scales(arrays, members)
    >>> arrays.state[slots, views.SCALE].tolist()
    [0.5, 0.5]
    """
    used = np.flatnonzero(members.used)
    family, scale = members.family[used], arrays.state[used, views.SCALE]
    still = scale <= views.NO_SCALE
    for number in np.unique(family[still]).tolist():
        moving = scale[(family == number) & (scale > views.NO_SCALE)]
        if len(moving):
            arrays.state[used[still & (family == number)], views.SCALE] = np.median(moving)
