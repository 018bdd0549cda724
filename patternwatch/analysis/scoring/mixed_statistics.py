"""Latencies of which one statistic rises while another one falls: what is asked changed.

Where answers take longer, no statistic of them falls: the median, the mean and the tail rise, or the tail
alone. Where the median falls as the tail rises, the mix of quick and slow answers is another one, as where
one caller of a database stops asking. So such a rise counts as a fall does.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from patternwatch.analysis.scoring.deviations import DeviationStats
from patternwatch.contracts.series import Flags, Labels

_Told: TypeAlias = tuple[tuple[str, str], ...]
_STATISTIC = re.compile(r"(?<![a-z0-9])(p\d+|average|avg|mean|median)(?![a-z0-9])", re.IGNORECASE)
"""Words for a statistic, in a metric's name or in a label that repeats it."""


def in_another_mix(
    moved: DeviationStats, flagged: Flags, categories: Sequence[str], labels: Sequence[Labels]
) -> Flags:
    """Which of N series are latencies that rose while another statistic of the same fell, shape (N,).

    moved       how far each moved since the onset
    flagged     which of them moved at all, shape (N,)
    categories  N metric categories: latency counts
    labels      N label sets; of one name with several derivations, as of a histogram, too

    >>> from patternwatch.analysis.scoring.deviations import deviation_stats
    >>> values = np.array([[9.0, 9.0, 60.0, 60.0], [4.0, 4.0, 2.0, 2.0], [9.0, 9.0, 60.0, 60.0]])
    >>> names = ("latency_p99", "db"), ("latency_p50", "db"), ("latency_p99", "web")
    >>> labels = [{"__name__": name, "service": service} for name, service in names]
    >>> in_another_mix(deviation_stats(values, 2), np.ones(3, bool), ["latency"] * 3, labels).tolist()
    [True, False, False]
    """
    rose = moved.peak >= moved.median
    rows = [i for i in np.flatnonzero(flagged).tolist() if categories[i] == "latency"]
    told = {i: _without_statistic(tuple(sorted(labels[i].items()))) for i in rows}
    fell = {told[i] for i in rows if not rose[i]}
    found = np.zeros(len(labels), dtype=bool)
    found[[i for i in rows if rose[i] and told[i] in fell]] = True
    return found


@lru_cache(maxsize=50_000)
def _without_statistic(labels: _Told) -> _Told:
    """The labels without what tells the statistic."""
    return tuple(
        (name, _STATISTIC.sub("", value.replace("_", " "))) for name, value in labels if name != "quantile"
    )
