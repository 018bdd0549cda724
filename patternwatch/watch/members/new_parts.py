"""What is said of parts that a tick saw for the first time."""

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.watch.members.members import Members


def new_parts(begun: Integers, members: Members) -> tuple[str, ...]:
    """Deploys, moved pods and added ones, by workload.

    begun  slots of new series; one without another like it is no part of what was there

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), step_ms=30_000)
    >>> one, two = ({"__name__": "load", "pod": f"cart-5d4f8c7b9-{end}"} for end in ("x2x9k", "m4m2z"))
    >>> _ = members.place([one], [""])
    >>> _, begun = members.place([one, two], ["", ""])
    >>> new_parts(begun, members)
    ('cart: 1 new part, as after a deploy or a move',)
    """
    again = begun[members.twin[begun] >= 0]
    pairs = np.unique(np.stack([members.entity[again], members.pod[again]]), axis=1)
    entities, counts = np.unique(pairs[0], return_counts=True)
    return tuple(
        f"{members.names[entity]}: {count} new part{'s' if count > 1 else ''}, as after a deploy or a move"
        for entity, count in zip(entities.tolist(), counts.tolist(), strict=True)
    )
