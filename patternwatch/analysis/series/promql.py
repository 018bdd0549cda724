"""A series as people read it and as Prometheus draws it. Source: Prometheus querying basics, functions."""

from collections.abc import Mapping

from patternwatch.contracts.promql_names import exact_selector
from patternwatch.contracts.series import AGE_UNITS, STATE_AGE, SUM

_QUANTILES = {"p50": "0.5", "p99": "0.99"}
_MIN_RANGE_S = 10
_RANGE_INTERVALS = 4
"""A range of four intervals holds two samples even where one scrape was missed."""


def display_name(labels: Mapping[str, str], derivation: str, native: bool = False) -> str:
    """The metric as a person reads it.

    labels      the series' labels, with `__name__`
    derivation  see `SeriesBatch.derivation`
    native      whether it comes from a native histogram

    >>> display_name({"__name__": "http_requests_total"}, "rate")
    'rate(http_requests_total)'
    """
    name = labels.get("__name__", "")
    if derivation == "count_rate":
        return f"histogram_count(rate({name}))" if native else f"rate({name}_count)"
    if derivation in AGE_UNITS:
        return f"age({name})"
    if derivation == STATE_AGE:
        return f"time_in_state({name})"
    return f"{derivation}({name})" if derivation else name


def expression(labels: Mapping[str, str], derivation: str, interval_ms: int, native: bool = False) -> str:
    """PromQL that draws the series; names that are not plain are quoted, as Prometheus 3 has it.

    interval_ms  from one point of the series to the next; ranges span four of them, at least 10 s
    native       whether it comes from a native histogram

    >>> expression({"__name__": "http_requests_total", "code": "500"}, "rate", 30_000)
    'rate(http_requests_total{code="500"}[120s])'
    >>> expression({"__name__": "backup_last_success_ms"}, "age_ms", 30_000)
    'time() - backup_last_success_ms / 1000'
    >>> expression({"__name__": "pg_stat_database_numbackends", "job": "pg"}, "sum", 30_000)
    'sum(pg_stat_database_numbackends{job="pg"})'
    >>> expression({"__name__": "http.server.errors", "service.name": "cart"}, "rate", 30_000)
    'rate({"http.server.errors","service.name"="cart"}[120s])'
    """
    span = f"[{max(_RANGE_INTERVALS * interval_ms // 1000, _MIN_RANGE_S)}s]"
    rate = f"rate({exact_selector(labels)}{span})"
    if native:
        return _of_native(derivation, rate)
    match derivation:
        case "rate":
            return rate
        case "count_rate":
            return f"rate({exact_selector(labels, '_count')}{span})"
        case "mean":
            total, count = exact_selector(labels, "_sum"), exact_selector(labels, "_count")
            return f"rate({total}{span}) / rate({count}{span})"
        case "p50" | "p99":
            buckets = exact_selector(labels, "_bucket")
            return f"histogram_quantile({_QUANTILES[derivation]}, rate({buckets}{span}))"
        case _:
            return _of_gauge(labels, derivation)


def _of_gauge(labels: Mapping[str, str], derivation: str) -> str:
    """The series as it is, what several are together, or how long ago the time is that it gives."""
    if derivation == SUM:
        return f"sum({exact_selector(labels)})"
    if derivation not in AGE_UNITS:
        return exact_selector(labels)
    unit = "" if derivation == "age" else f" / {AGE_UNITS[derivation]:g}"
    return f"time() - {exact_selector(labels)}{unit}"


def _of_native(derivation: str, rate: str) -> str:
    """The same of a native histogram, by the rate of all of it."""
    if derivation in _QUANTILES:
        return f"histogram_quantile({_QUANTILES[derivation]}, {rate})"
    count = f"histogram_count({rate})"
    return count if derivation == "count_rate" else f"histogram_sum({rate}) / {count}"
