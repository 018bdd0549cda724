"""What a metric measures, by its name, its derivation and its labels, from one table of rules.

The first rule that fits wins. Rules of the settings come before the table
(`AnalysisSettings.metric_categories`: regular expression on the name -> category).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from patternwatch.contracts.metric_categories import METRIC_CATEGORIES, MetricCategoryName
from patternwatch.contracts.promql_names import both_forms
from patternwatch.contracts.series import AGE_UNITS, Labels


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


CATEGORIES: Mapping[str, MetricCategory] = {
    "cpu": MetricCategory(),
    "memory": MetricCategory(),
    "latency": MetricCategory(fall=0.5),
    "error": MetricCategory(fall=0.0),
    "availability": MetricCategory(rise=0.0, is_share=True),
    "health": MetricCategory(rise=0.0, is_share=True),
    "saturation": MetricCategory(),
    "traffic": MetricCategory(weight=0.5),
    "network": MetricCategory(weight=0.7),
    "disk": MetricCategory(weight=0.7),
    "other": MetricCategory(),
}
"""One entry for each of METRIC_CATEGORIES."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A metric is of this category if `name` is found in its name and everything else that is given fits.

    category    what the metric measures
    name        regular expression, searched in the name in snake case (`CpuUsage` is `cpu_usage`,
                `jvm.memory.used` is `jvm_memory_used`)
    derivation  values of SeriesBatch.derivation that fit, or empty for any
    label       a label and the regular expression that its whole value must match
    """

    category: MetricCategoryName
    name: str = ""
    derivation: tuple[str, ...] = ()
    label: tuple[str, str] | None = None


_COUNTED = ("rate", "count_rate")
_FAILED = r"error|fail(ed|ure)?|timeout|5xx|5\d\d"

_FACT = r"_info$|_created$|timestamp|start_time|boot_time|_time_seconds$|uptime|scrape_"

RULES: tuple[Rule, ...] = (
    # how late something is that happens again and again
    Rule("saturation", "", tuple(AGE_UNITS)),
    # facts about a process, not its behaviour
    Rule("other", _FACT),
    # labels that single out what failed
    Rule("error", "", _COUNTED, ("code", r"5xx|5\d\d")),
    Rule("error", "", _COUNTED, ("status", _FAILED)),
    Rule("error", "", _COUNTED, ("status_code", _FAILED)),
    Rule("error", "", _COUNTED, ("outcome", _FAILED)),
    Rule("error", "", _COUNTED, ("result", _FAILED)),
    # the same as OpenTelemetry names it, as it is and with underscores (semantic conventions, HTTP metrics)
    *(
        Rule("error", "", _COUNTED, (label, wanted))
        for name, wanted in (
            ("http.response.status_code", _FAILED),
            ("http.status_code", _FAILED),
            ("error.type", r".+"),
        )
        for label in both_forms(name)
    ),
    # histograms and summaries
    Rule("latency", r"second|duration|latenc|time|delay|_ms$", ("mean", "p50", "p99")),
    Rule("traffic", "", ("count_rate",)),
    # clear words
    Rule("availability", r"success|availab(le|ility)(?!_bytes)"),
    Rule("health", r"^up$|_up$|healthy|_ready|alive"),
    Rule(
        "error", r"error|fail|exception|abort|reject|denied|refused|drop|timeout|retr(y|ies|ans)|panic|lost"
    ),
    Rule("error", r"restart|oom|kill|deadlock|conflict|rollback|evict"),
    Rule("saturation", r"throttl|pressure|saturat|exhaust|queue|pending|waiting|backlog|_lag"),
    Rule("cpu", r"cpu|processor"),
    Rule("memory", r"(^|_)mem(ory|_|$)|heap|(^|_)rss|resident|swap"),
    Rule("latency", r"latenc|(^|_)lat_|duration|response_time|delay|(^|_)rtt|elapsed"),
    # words that mean more than one thing, the clearest first
    Rule("saturation", r"pool|in_use|in_?flight|in_progress|active|idle|busy|blocked|locks|wait"),
    Rule(
        "saturation", r"connection|connected|clients|sessions|threads|goroutines|_fds|filefd|load\d*$|procs"
    ),
    Rule("disk", r"disk|(^|_)fs_|filesystem|_io_|iops|blks|blk_|block|(^|_)wal|checkpoint|syscall|fsync"),
    Rule("network", r"network|(^|_)net_|netstat|tcp|udp|packets|receive|transmit|_tx|_rx|_net(_|$)"),
    Rule("traffic", r"request|qps|rps|(^|_)ops|calls|messages|throughput|workload|commands|queries|lod$"),
    Rule("traffic", r"xact|commit|tup(les)?_|processed|handled|accepted|hits|misses|orders|transactions"),
    Rule("network", r"bytes_(in|out|sent|received)"),
    Rule("memory", r"gc_|alloc|buffers|cached|_bytes$"),
    Rule("latency", r"_seconds$|_ms$|_milliseconds$|_us$"),
)
OUTCOME_LABELS = tuple(sorted({rule.label[0] for rule in RULES if rule.label}))
"""Labels that say which outcomes a series counts: a status code or a result."""
_KEY_LABELS = ("__name__", *OUTCOME_LABELS)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_PLAIN = re.compile(r"[^a-zA-Z0-9_:]")
"""Characters of a name that only Prometheus 3 takes: they part words as underscores do."""
_MAX_REMEMBERED = 100_000
"""Names with their outcomes that a table remembers; then it begins anew."""


def tells_a_fact(name: str) -> bool:
    """Whether a metric tells a fact about a process, such as when it began, and not how it behaves.

    >>> tells_a_fact("process_start_time_seconds"), tells_a_fact("process_cpu_seconds_total")
    (True, False)
    """
    return re.search(_FACT, _snake(name)) is not None


def _snake(name: str) -> str:
    """A name in snake case: `CpuUsage` is `cpu_usage`, `jvm.memory.used` is `jvm_memory_used`."""
    return _CAMEL.sub("_", _NOT_PLAIN.sub("_", name)).lower()


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
        snake = _snake(name)
        for wanted_name, category in self._own:
            if wanted_name.search(snake) or wanted_name.search(name):
                return category
        for rule in RULES:
            label, wanted = rule.label or ("", "")
            if (
                (not rule.derivation or derivation in rule.derivation)
                and re.search(rule.name, snake)
                and re.fullmatch(wanted, labels.get(label, ""))
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
