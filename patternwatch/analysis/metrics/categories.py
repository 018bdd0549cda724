"""What a metric measures, by its name, its derivation and its labels, from one table of rules.

The first rule that fits wins. Rules of the settings come before the table
(`AnalysisSettings.metric_categories`: regular expression on the name -> category).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from patternwatch.analysis.metrics.category_rules import FACT, OUTCOME_LABELS, RULES, STATE
from patternwatch.contracts.metric_categories import METRIC_CATEGORIES, MetricCategoryName
from patternwatch.contracts.metric_words import in_snake_case
from patternwatch.contracts.series import Labels


@dataclass(frozen=True, slots=True)
class MetricCategory:
    """How much a change of such a metric says about a cause, by direction.

    weight      factor on any change
    rise, fall  further factor on a change upwards or downwards: a fall of errors is no trouble
    is_share    whether it is a share such as availability: two percent less of it is a lot

    The factors were chosen on public fault injections (`python -m benchmarks.ranking DIR`).
    """

    weight: float = 1.0
    rise: float = 1.0
    fall: float = 1.0
    is_share: bool = False

    @property
    def is_trouble(self) -> bool:
        """Whether a change in the direction that counts is trouble by its meaning: a target is down."""
        return self.rise == 0.0 or self.fall == 0.0


CATEGORIES: Mapping[str, MetricCategory] = {
    "cpu": MetricCategory(),
    "memory": MetricCategory(),
    "latency": MetricCategory(fall=0.5),
    "error": MetricCategory(fall=0.0),
    "availability": MetricCategory(rise=0.0, is_share=True),
    "health": MetricCategory(rise=0.0, is_share=True),
    "saturation": MetricCategory(fall=0.5),  # fewer connections, or threads, are less of what is asked for
    "traffic": MetricCategory(weight=0.5),
    "network": MetricCategory(weight=0.7),
    "disk": MetricCategory(weight=0.7),
    "other": MetricCategory(),
}
"""One entry for each of METRIC_CATEGORIES."""

_WORK: tuple[MetricCategoryName, ...] = ("traffic", "cpu", "memory", "latency", "disk", "network")
"""What an operator asks first of a workload that has come or gone: what it did, then what it took."""


def work_first(category: str) -> int:
    """The place of a category among those that tell what a workload does, and what it takes; 0 is the first.

    >>> sorted(("health", "memory", "traffic"), key=work_first)
    ['traffic', 'memory', 'health']
    """
    return _WORK.index(category) if category in _WORK else len(_WORK)


_KEY_LABELS = ("__name__", *OUTCOME_LABELS)
_MAX_REMEMBERED = 100_000
"""Names with their outcomes that a table remembers; then it begins anew."""


@lru_cache(maxsize=50_000)
def tells_a_fact(name: str) -> bool:
    """Whether a metric tells a fact about a process, such as when it began, and not how it behaves.

    >>> tells_a_fact("process_start_time_seconds"), tells_a_fact("process_cpu_seconds_total")
    (True, False)
    """
    return re.search(FACT, in_snake_case(name)) is not None


@lru_cache(maxsize=50_000)
def tells_a_state(name: str) -> bool:
    """Whether a metric tells a state as a number: how far it moved says nothing, and nothing is usual for it.

    >>> [tells_a_state(name) for name in ("ifOperStatus", "rs_members_state", "states_total")]
    [True, True, False]
    """
    return re.search(STATE, in_snake_case(name)) is not None


class CategoryTable:
    """The rules in force: those of the settings first, then the table above.

    names  regular expression on the name in snake case, or as it is -> category

    Raises ValueError for a category that does not exist. AnalysisSettings refuses both a wrong category and
    a wrong regular expression before that.

    >>> table = CategoryTable({"^checkout_": "traffic"})
    >>> table.category_of({"__name__": "checkout_baskets"}, "")
    'traffic'
    >>> table.category_of({"__name__": "http_requests_total", "code": "503"}, "rate")
    'error'
    """

    def __init__(self, names: Mapping[str, MetricCategoryName] | None = None) -> None:
        unknown = sorted(set((names or {}).values()) - set(CATEGORIES))
        if unknown:
            raise ValueError(
                f"no such category of metrics: {unknown}; use one of {', '.join(METRIC_CATEGORIES)}"
            )
        self._own = tuple((re.compile(name), category) for name, category in (names or {}).items())
        self._known: dict[tuple[str | None, ...], MetricCategoryName] = {}

    def category_of(self, labels: Labels, derivation: str) -> MetricCategoryName:
        """The category of one series, `other` where no rule fits; remembered by name and outcome labels."""
        key = (derivation, *map(labels.get, _KEY_LABELS))
        category = self._known.get(key)
        if category is None:
            if len(self._known) >= _MAX_REMEMBERED:
                self._known.clear()
            category = self._known[key] = self._look_up(labels, derivation)
        return category

    def _look_up(self, labels: Labels, derivation: str) -> MetricCategoryName:
        name = labels.get("__name__", "")
        snake = in_snake_case(name)
        for wanted_name, category in self._own:
            if wanted_name.search(snake) or wanted_name.search(name):
                return category
        for rule in RULES:
            if (
                (not rule.derivation or derivation in rule.derivation)
                and re.search(rule.name, snake)
                and all(re.fullmatch(wanted, labels.get(label, "")) for label, wanted in rule.labels)
            ):
                return rule.category
        return "other"


def category_table(names: Mapping[str, MetricCategoryName]) -> CategoryTable:
    """The table of these settings, the same one each time: what it remembers serves later scans.

    >>> category_table({}) is category_table({})
    True
    """
    return _table(tuple(names.items()))


@lru_cache(maxsize=16)
def _table(names: tuple[tuple[str, MetricCategoryName], ...]) -> CategoryTable:
    return CategoryTable(dict(names))
