"""What the labels of one series say: which category it has here, and how many events it counts."""

from zlib import crc32

from patternwatch.analysis.metrics.categories import category_table
from patternwatch.analysis.scanning.refused_calls import was_refused
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings

_COUNTED = frozenset(("traffic", "error"))
"""Categories whose rates count events: requests and failures. Rates of bytes and seconds count nothing."""
REFUSED, SERVED = 1, 2
_RATES = frozenset(("rate", "count_rate"))


class LabelReader:
    """Reads labels as a watch takes them.

    settings  how categories are read
    step_ms   between two rows

    >>> reader = LabelReader(AnalysisSettings(), step_ms=30_000)
    >>> reader.category_of({"__name__": "http_request_duration_seconds"}, "p99")
    'latency'
    >>> reader.counted("error", "rate"), reader.counted("network", "rate")
    (30.0, 0.0)
    """

    def __init__(self, settings: AnalysisSettings, step_ms: int) -> None:
        self._table = category_table(settings.metric_categories)
        self._step_s = step_ms / 1000.0

    def category_of(self, labels: Labels, derivation: str) -> MetricCategoryName:
        """The category of a series."""
        return self._table.category_of(labels, derivation)

    def counted(self, category: str, derivation: str) -> float:
        """Events that one unit of such a series stands for in one row; 0 where it counts none."""
        return self._step_s if category in _COUNTED and derivation in _RATES else 0.0

    def ended(self, labels: Labels, category: str, derivation: str) -> int:
        """How the requests ended that such a series counts: REFUSED, SERVED, or 0 where that is not told.

        >>> reader = LabelReader(AnalysisSettings(), step_ms=30_000)
        >>> [reader.ended({"code": code}, "traffic", "rate") for code in ("429", "200", "404")]
        [1, 2, 0]
        """
        refused = was_refused(labels) if category == "traffic" and derivation in _RATES else None
        return 0 if refused is None else REFUSED if refused else SERVED


def phase_of(labels: Labels, derivation: str) -> int:
    """A number made of a series' labels, from 0 to 2^31 - 1: the same in every process.

    >>> phase_of({"b": "2", "a": "1"}, "rate") == phase_of({"a": "1", "b": "2"}, "rate")
    True
    """
    return crc32(repr((sorted(labels.items()), derivation)).encode()) & 0x7FFFFFFF
