"""What a rise or a fall of each metric category says of a service: trouble, a resource, load, or nothing.

Users feel errors, latency, queues and absence; resources and load explain them. A report is opened by what
users feel (Google's Site Reliability Engineering, chapter 6: symptoms before causes; its four golden signals
are latency, traffic, errors and saturation).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from patternwatch.compiled import Bytes
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES, MetricCategoryName

Role = Literal["nothing", "symptom", "resource", "load"]
NOTHING, SYMPTOM, RESOURCE, LOAD = 0, 1, 2, 3
_ROLES: dict[Role, int] = {"nothing": NOTHING, "symptom": SYMPTOM, "resource": RESOURCE, "load": LOAD}


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """How the watch takes one category.

    rise, fall  what a change upwards or downwards is
    weight      factor on its evidence
    floor       part of its level that a change must reach to count at all
    """

    rise: Role
    fall: Role
    weight: float
    floor: float


RULES: dict[MetricCategoryName, CategoryRule] = {
    # A share of failures is what users feel first; counts have a floor of their own (`floors.py`).
    "error": CategoryRule("symptom", "nothing", 1.5, 0.0),
    "latency": CategoryRule("symptom", "nothing", 1.0, 0.2),
    # A queue or a pool fills in ordinary bursts too.
    "saturation": CategoryRule("symptom", "nothing", 0.7, 0.2),
    # Shares and flags near 1: a hundredth less is a lot.
    "availability": CategoryRule("nothing", "symptom", 1.5, 0.01),
    "health": CategoryRule("nothing", "symptom", 1.5, 0.01),
    # More requests are load, fewer are users who do not get through.
    "traffic": CategoryRule("load", "symptom", 1.2, 0.25),
    # They go up and down with the requests.
    "network": CategoryRule("load", "load", 1.0, 0.25),
    "cpu": CategoryRule("load", "load", 1.0, 0.2),
    # Levels that move slowly: a twentieth is more than they move in a quarter of an hour.
    "memory": CategoryRule("resource", "resource", 1.0, 0.05),
    "disk": CategoryRule("resource", "resource", 1.0, 0.05),
    "other": CategoryRule("resource", "resource", 1.0, 0.05),
}
"""One row for each category."""


def roles_by_category() -> Bytes:
    """uint8, shape (categories, 2): the role of a fall (0) and of a rise (1).

    >>> roles_by_category()[METRIC_CATEGORIES.index("traffic")].tolist() == [SYMPTOM, LOAD]
    True
    """
    rules = [RULES[name] for name in METRIC_CATEGORIES]
    return np.array([(_ROLES[rule.fall], _ROLES[rule.rise]) for rule in rules], dtype=np.uint8)


def weights_by_category() -> Floats32:
    """float32, shape (categories,): the factor on the evidence of each.

    >>> float(weights_by_category()[METRIC_CATEGORIES.index("error")])
    1.5
    """
    return np.array([RULES[name].weight for name in METRIC_CATEGORIES], dtype=np.float32)


def floors_by_category() -> Floats32:
    """float32, shape (categories,): the part of a level that a change must reach.

    >>> round(float(floors_by_category()[METRIC_CATEGORIES.index("cpu")]), 2)
    0.2
    """
    return np.array([RULES[name].floor for name in METRIC_CATEGORIES], dtype=np.float32)
