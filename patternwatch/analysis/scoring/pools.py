"""What is usual for series of one unit: the median of their scales."""

from collections.abc import Mapping

import numpy as np

from patternwatch.contracts.series import Vector

MIN_FAMILY = 5
"""Series of a family from which its own usual scale counts, not its category's; judgement: of five a median
holds with two that are odd."""
_ONE_UNIT = frozenset(("error", "latency", "availability", "traffic"))
"""Categories that everybody tells in one unit: failures and calls a second, shares, time. What one asks of
another is comparable along the calls; a processor may be told in seconds, cores, percent or ticks."""


def unit_pool(category: str, family: str) -> str:
    """The pool of series in whose unit a series is told: its family, empty where its category has one.

    >>> unit_pool("cpu", "rate(cpu_seconds_total)"), unit_pool("latency", "p99(http_duration_seconds)")
    ('rate(cpu_seconds_total)', '')
    """
    return "" if category in _ONE_UNIT else family


def pooled_floors(scales: Mapping[str, Vector], least: int = 1) -> dict[str, float]:
    """The median scale of each pool of at least `least` series, the same in any order.

    scales  by metric category or family, the baseline scales of its series, shape (M,) each

    >>> pooled_floors({"cpu": np.array([3.0, 1.0, 2.0]), "disk": np.empty(0)})
    {'cpu': 2.0}
    """
    return {pool: float(np.median(np.sort(scale))) for pool, scale in scales.items() if len(scale) >= least}
