"""What is usual for each candidate: the scale of what is told in its unit, pooled over all scans."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from patternwatch.analysis.metrics.categories import tells_a_state
from patternwatch.analysis.scoring.pools import MIN_FAMILY, pooled_floors
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.series import Vector


def usual_scales(
    names: Sequence[str],
    categories: Sequence[str],
    pools: Sequence[str],
    by_category: Iterable[Mapping[str, Floats32]],
    by_family: Iterable[Mapping[str, Floats32]],
) -> Vector:
    """What is usual for each of N candidates, by its pool or category, shape (N,); of a state nothing is.

    names        N metric names
    pools        the `unit_pool` of each
    by_category  of each scan, the baseline scales of its series by metric category
    by_family    the same by pool: categories by unit, and families of metrics

    >>> scales = {"cpu": np.array([1.0, 2.0, 9.0], dtype=np.float32)}
    >>> usual_scales(["cpu_usage"], ["cpu"], ["cpu_usage"], [scales], [{}]).tolist()
    [2.0]
    """
    of_category, of_family = (
        pooled_floors(_pooled(by_category)),
        pooled_floors(_pooled(by_family), MIN_FAMILY),
    )
    usual = [
        of_family.get(pool, of_category.get(category, 0.0))
        for category, pool in zip(categories, pools, strict=True)
    ]
    states = [tells_a_state(name) for name in names]
    return np.where(states, 0.0, usual) if usual else np.empty(0)


def _pooled(parts: Iterable[Mapping[str, Floats32]]) -> dict[str, Vector]:
    pools: dict[str, list[Vector]] = defaultdict(list)
    for part in parts:
        for pool, scales in part.items():
            pools[pool].append(scales.astype(np.float64))
    return {pool: np.concatenate(scales) for pool, scales in pools.items()}
