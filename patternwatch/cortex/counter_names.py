"""Which series of a shard are counters: by what is declared, by names, and else by form.

The type belongs to the metric, so all series of one name are decided together, as far as a shard holds them.
A declared type holds: `gauge` always (what a level did is not lost in it), `counter` and a name that says so
unless most of its series that move go down as no counter does. Where nothing is declared, a metric is a
counter if at least one of its series has the form of one and at most one in ten that of a gauge.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from patternwatch.cortex.metric_names import COUNTER_SUFFIXES
from patternwatch.cortex.raw import Described
from patternwatch.cortex.series_form import COUNTER, GAUGE, UNDECIDED, Forms

UNTYPED = ("unknown", "untyped", "")
"""Types that declare nothing: OpenMetrics, the text format, and none at all."""
LEVELS = (
    r"used",  # redis_memory_used_bytes, mysql_global_status_max_used_connections
    r"(?<!cpu_)usage",  # container_memory_usage_bytes; cpu_usage counts seconds
    r"size",  # pg_database_size_bytes, kafka_log_log_size
    r"length",  # rabbitmq and celery queue_length
    r"depth",  # aws_sqs and ibmmq queue_depth
    r"backlog",  # envoy and nginx listen backlog
    r"lag",  # kafka_consumergroup_lag
    r"pending",  # mysql_global_status_innodb_data_pending_reads
    r"progress",  # node_md_sync progress, jobs
    r"percent|pct|ratio|utili[sz]ation",  # units of Prometheus' naming page and of OpenTelemetry
    r"resident|rss|heap",  # process_resident_memory_bytes, container_memory_rss, jvm heap
    r"up_?time|age",  # mysql_global_status_uptime, sysUpTime, replica age
)
"""Words that name a level, each with where it was seen: one that only rose in a window stays a gauge."""
_IS_LEVEL = re.compile(rf"(?:^|[_.:])(?:{'|'.join(LEVELS)})(?:$|[_.:])")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MIN_RESTARTED = 3
"""Counters of a target that begin anew in one scrape: then the target did."""


def may_count(kind: str) -> bool:
    """Whether a series of this declared type may be a counter: what is declared a gauge never is."""
    return kind == "counter" or kind in UNTYPED


def is_told_by_form(name: str, kind: str) -> bool:
    """Whether only its form tells if a series that `may_count` is a counter, and no name or type."""
    return kind in UNTYPED and not name.endswith(COUNTER_SUFFIXES)


def counters_among(raw: Described, candidates: Sequence[int], forms: Forms) -> set[int]:
    """The positions of those that are counters.

    candidates  positions in `raw`, ascending, of series that are no part of a histogram and `may_count`
    forms       of each candidate, in this order: what `is_told_by_form` was judged, and whether it goes down
    """
    by_name: dict[str, list[int]] = defaultdict(list)  # positions in `candidates`
    for k, i in enumerate(candidates):
        by_name[raw.labels[i].get("__name__", "")].append(k)
    counters: set[int] = set()
    undecided: list[list[int]] = []
    for name, own in by_name.items():
        untyped = [k for k in own if is_told_by_form(name, raw.types[candidates[k]])]
        claimed = own if not untyped else [k for k in own if raw.types[candidates[k]] == "counter"]
        if not _is_refuted(claimed, forms):
            counters.update(claimed)
        if untyped and not _IS_LEVEL.search(_CAMEL.sub("_", name).lower()):
            seen = Counter(forms.forms[untyped].tolist())
            if seen[COUNTER] and 10 * seen[GAUGE] <= seen[COUNTER]:
                counters.update(untyped)
            elif seen[UNDECIDED] == len(untyped):
                undecided.append(untyped)
    began_anew = _began_anew(raw, candidates, forms, counters)
    for own in undecided:
        fell = [k for k in own if forms.only_reset[k] >= 0]
        if fell and all((_target(raw, candidates[k]), int(forms.only_reset[k])) in began_anew for k in fell):
            counters.update(own)
    return {candidates[k] for k in counters}


def _is_refuted(claimed: Sequence[int], forms: Forms) -> bool:
    return bool(claimed) and 2 * int(forms.refuted[claimed].sum()) > int(forms.moves[claimed].sum())


def _began_anew(
    raw: Described, candidates: Sequence[int], forms: Forms, counters: Iterable[int]
) -> set[tuple[tuple[str, str], int]]:
    """Targets and the columns in which several of their counters began anew.

    Counters that rest have no form. Where they fall to about nothing together with the target's busy ones,
    that is one restart, and not as many levels that fell.
    """
    resets = Counter(
        (_target(raw, candidates[k]), int(forms.only_reset[k])) for k in counters if forms.only_reset[k] >= 0
    )
    return {at for at, count in resets.items() if count >= _MIN_RESTARTED}


def _target(raw: Described, i: int) -> tuple[str, str]:
    return raw.labels[i].get("job", ""), raw.labels[i].get("instance", "")
