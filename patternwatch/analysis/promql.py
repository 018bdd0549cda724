"""A series as people read it and as Prometheus draws it. Source: Prometheus querying basics, functions."""

from collections.abc import Mapping

from patternwatch.contracts.promql_names import exact_selector

_QUANTILES = {"p50": "0.5", "p99": "0.99"}
_MIN_RANGE_S = 10
_RANGE_STEPS = 4
"""A range of four steps holds two samples even where one scrape was missed."""


def display_name(labels: Mapping[str, str], derivation: str) -> str:
    """The metric as a person reads it.

    labels      the series' labels, with `__name__`
    derivation  see `SeriesBatch.derivation`

    >>> display_name({"__name__": "http_requests_total"}, "rate")
    'rate(http_requests_total)'
    """
    name = labels.get("__name__", "")
    if derivation == "count_rate":
        return f"rate({name}_count)"
    return f"{derivation}({name})" if derivation else name


def expression(labels: Mapping[str, str], derivation: str, step_ms: int) -> str:
    """PromQL that draws the series; names that are not plain are quoted, as Prometheus 3 has it.

    step_ms  distance of points; ranges span four of them, at least 10 s

    >>> expression({"__name__": "http_requests_total", "code": "500"}, "rate", 30_000)
    'rate(http_requests_total{code="500"}[120s])'
    >>> expression({"__name__": "http.server.errors", "service.name": "cart"}, "rate", 30_000)
    'rate({"http.server.errors","service.name"="cart"}[120s])'
    """
    span = f"[{max(_RANGE_STEPS * step_ms // 1000, _MIN_RANGE_S)}s]"
    match derivation:
        case "rate":
            return f"rate({exact_selector(labels)}{span})"
        case "count_rate":
            return f"rate({exact_selector(labels, '_count')}{span})"
        case "mean":
            total, count = exact_selector(labels, "_sum"), exact_selector(labels, "_count")
            return f"rate({total}{span}) / rate({count}{span})"
        case "p50" | "p99":
            buckets = exact_selector(labels, "_bucket")
            return f"histogram_quantile({_QUANTILES[derivation]}, rate({buckets}{span}))"
        case _:
            return exact_selector(labels)
