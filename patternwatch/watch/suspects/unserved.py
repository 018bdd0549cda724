"""Queues that nobody serves: their last consumer left, and work waits as it hardly ever did.

Fewer consumers are somebody else's doing, and a longer queue may be a busy hour. Where both show at once, a
queue is no less out of service than a workload that is not there (`analysis/identity/unserved_queues.py`).
"""

import re

import numpy as np

from patternwatch.analysis.identity.unserved_queues import place_of
from patternwatch.analysis.metrics.category_rules import WAITS
from patternwatch.analysis.scoring.ended_work import tells_consumers
from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects

_WAITS = re.compile(WAITS)
_SATURATION = METRIC_CATEGORIES.index("saturation")
_MEMBERS = re.compile(r"consumer_?group_members$")  # kafka_exporter, of all partitions of a group's topics
_NONE_LEFT = 0.5
"""A count below it is none."""


def unserved(suspects: Suspects, members: Members, level: Floats32) -> Integers:
    """Numbers of the entities of which a queue has no consumer any more while it grows.

    level  by slot: the usual value of the series; NaN where unknown

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> members = Members(AnalysisSettings(), 30_000)
    >>> names = "rabbitmq_queue_consumers", "rabbitmq_queue_messages_ready"
    >>> labels = [{"__name__": name, "job": "rabbitmq", "queue": "mails"} for name in names]
    >>> slots, _ = members.place(labels, ["", ""])
    >>> level = np.full(len(members), 3.0, dtype=np.float32)
    >>> def seen(left: float) -> Suspects:
    ...     score, size = np.float32([6.0, 6.0]), np.array([3.0 - left, 900.0], dtype=np.float32)
    ...     return Suspects(slots, np.array([False, True]), score, size)
    >>> [[members.names[entity] for entity in unserved(seen(left), members, level)] for left in (0, 1)]
    [['rabbitmq'], []]
    """
    families, of = np.unique(members.family[suspects.slots], return_inverse=True)
    names = [in_snake_case(members.families[family][0]) for family in families.tolist()]
    counts = np.array([_takes_work(name) for name in names], dtype=np.bool_)[of]
    left = level[suspects.slots] - suspects.size
    ended = suspects.slots[counts & ~suspects.up & (left < _NONE_LEFT)]
    if not len(ended):
        return np.empty(0, dtype=np.int64)
    waits = np.array([_WAITS.search(name) is not None for name in names], dtype=np.bool_)[of]
    longer = waits & ~counts & suspects.up & (members.category[suspects.slots] == _SATURATION)
    grow = {place_of(members.labels[slot]) for slot in suspects.slots[longer].tolist()}
    found = [
        slot for slot in ended.tolist() if any(place_of(members.labels[slot]) <= queue for queue in grow)
    ]
    return np.unique(members.entity[found]).astype(np.int64)


def _takes_work(name: str) -> bool:
    return tells_consumers(name) or _MEMBERS.search(name) is not None
