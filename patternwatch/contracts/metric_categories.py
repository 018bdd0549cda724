"""The names of the metric categories: what a metric can measure. Settings, scans and reports use them.

`analysis/metrics/categories.py` says which metric belongs to which category and how much each counts.
"""

from typing import Literal, TypeAlias, get_args

MetricCategoryName: TypeAlias = Literal[
    "cpu",
    "memory",
    "latency",
    "error",
    "availability",
    "health",
    "saturation",
    "traffic",
    "network",
    "disk",
    "other",
]

METRIC_CATEGORIES: tuple[MetricCategoryName, ...] = get_args(MetricCategoryName)
