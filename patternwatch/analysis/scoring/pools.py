"""What is usual for series of one unit: the median of their scales."""

from collections.abc import Mapping

import numpy as np

from patternwatch.analysis.metrics.units import unit_of
from patternwatch.contracts.series import Vector

MIN_FAMILY = 5
"""Series of a pool from which its own usual scale counts, not its category's; judgement: of five a median
holds with two that are odd."""
_ONE_QUANTITY = frozenset(("error", "latency", "availability", "traffic"))
"""Categories in which everybody tells one quantity: failures and calls a second, shares, time. What one asks
of another is comparable along the calls, in one unit: a mesh tells milliseconds, a program seconds. A
processor may be told in seconds, cores, percent or ticks, of which names seldom speak."""


def unit_pool(category: str, family: str, name: str, derivation: str) -> str:
    """The pool of series in whose unit a series is told: its category by unit, else its family.

    family, name, derivation  of the series: `family_of`, the metric's name, how it is derived

    >>> unit_pool("latency", "p99(http_duration_seconds)", "http_duration_seconds", "p99")
    'latency(seconds)'
    >>> unit_pool("cpu", "rate(cpu_seconds_total)", "cpu_seconds_total", "rate")
    'rate(cpu_seconds_total)'
    """
    if category in _ONE_QUANTITY:
        return f"{category}({unit_of(name, derivation)})"
    return family


def pooled_floors(scales: Mapping[str, Vector], least: int = 1) -> dict[str, float]:
    """The median scale of each pool of at least `least` series, the same in any order.

    scales  by metric category or `unit_pool`, the baseline scales of its series, shape (M,) each

    >>> pooled_floors({"cpu": np.array([3.0, 1.0, 2.0]), "disk": np.empty(0)})
    {'cpu': 2.0}
    """
    return {pool: float(np.median(np.sort(scale))) for pool, scale in scales.items() if len(scale) >= least}
