"""A share of few events says little: two failed requests of three are no outage of a busy service."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.entities import Entity
from patternwatch.contracts.series import Matrix

Vector = npt.NDArray[np.float64]

_OF_EVENTS = "availability"
_EVENTS = "traffic"


def remaining_traffic_ratio(
    values: Matrix, row: int, median: Vector, categories: Sequence[str], entities: Sequence[Entity]
) -> Vector:
    """By what a share counts, shape (N,): the part of its entity's usual traffic that is left, at most 1.

    values  the candidates, shape (N, T); median, shape (N,), is that of the rows before `row`

    1 for all that is no share of events, and where no traffic is known to have fallen (traffic that did
    not change is no candidate). Of several series of traffic the one that kept most counts.
    """
    kept: dict[str, float] = {}
    for i, category in enumerate(categories):
        if category == _EVENTS and median[i] > 0.0:
            since = values[i, row:]
            since = since[~np.isnan(since)]
            part = float(np.median(since)) / float(median[i]) if len(since) else 0.0
            name = entities[i].name
            kept[name] = max(kept.get(name, 0.0), min(max(part, 0.0), 1.0))
    return np.array(
        [
            kept.get(own.name, 1.0) if category == _OF_EVENTS else 1.0
            for category, own in zip(categories, entities, strict=True)
        ]
    )
