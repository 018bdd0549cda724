"""Remaining traffic: a share of few events says little, so two failed requests of three are no outage."""

from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.entities.entities import Entity
from patternwatch.contracts.series import Matrix, Vector

_OF_EVENTS = "availability"
"""The category whose values are shares of events."""
_EVENTS = "traffic"
"""The category that counts these events."""


def remaining_traffic_ratio(
    values: Matrix, row: int, median: Vector, categories: Sequence[str], entities: Sequence[Entity]
) -> Vector:
    """The part of its traffic that remains, as the weight of a share of events: shape (N,), 0 to 1.

    values      the candidates, shape (N, T); NaN is a gap
    row         first row of the current part
    median      of the rows before it, shape (N,)
    categories  N metric categories
    entities    N entities; the traffic of the same entity counts

    1 for every series that is no share of events, and where no traffic is known to have fallen (traffic
    that did not change is no candidate). Of several traffic series the one that kept most counts.

    >>> cart = Entity("cart", "service")
    >>> values = np.array([[100.0, 100.0, 0.0], [20.0, 20.0, 2.0]])
    >>> median = np.array([100.0, 20.0])
    >>> remaining_traffic_ratio(values, 2, median, ["availability", "traffic"], [cart, cart]).tolist()
    [0.1, 1.0]
    """
    told = {own.name for own, category in zip(entities, categories, strict=True) if category == _OF_EVENTS}
    kept: dict[str, float] = {}
    for i, category in enumerate(categories):
        if category == _EVENTS and median[i] > 0.0 and (name := entities[i].name) in told:
            since = values[i, row:]
            since = since[~np.isnan(since)]
            part = float(np.median(since)) / float(median[i]) if len(since) else 0.0
            kept[name] = max(kept.get(name, 0.0), min(max(part, 0.0), 1.0))
    return np.array(
        [
            kept.get(own.name, 1.0) if category == _OF_EVENTS else 1.0
            for category, own in zip(categories, entities, strict=True)
        ]
    )
