"""A series as people read it and as Prometheus draws it. Source: Prometheus querying basics, functions."""

from collections.abc import Mapping

from patternwatch.contracts.series import AGE_UNITS

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
    if derivation in AGE_UNITS:
        return f"age({name})"
    return f"{derivation}({name})" if derivation else name


def expression(labels: Mapping[str, str], derivation: str, step_ms: int) -> str:
    """PromQL that draws the series.

    step_ms  distance of points; ranges span four of them, at least 10 s

    >>> expression({"__name__": "http_requests_total", "code": "500"}, "rate", 30_000)
    'rate(http_requests_total{code="500"}[120s])'
    >>> expression({"__name__": "backup_last_success_ms"}, "age_ms", 30_000)
    'time() - backup_last_success_ms / 1000'
    """
    span = f"[{max(_RANGE_STEPS * step_ms // 1000, _MIN_RANGE_S)}s]"
    match derivation:
        case "rate":
            return f"rate({_selector(labels)}{span})"
        case "count_rate":
            return f"rate({_selector(labels, '_count')}{span})"
        case "mean":
            total, count = _selector(labels, "_sum"), _selector(labels, "_count")
            return f"rate({total}{span}) / rate({count}{span})"
        case "p50" | "p99":
            buckets = _selector(labels, "_bucket")
            return f"histogram_quantile({_QUANTILES[derivation]}, rate({buckets}{span}))"
        case age if age in AGE_UNITS:
            unit = "" if age == "age" else f" / {AGE_UNITS[age]:g}"
            return f"time() - {_selector(labels)}{unit}"
        case _:
            return _selector(labels)


def _selector(labels: Mapping[str, str], suffix: str = "") -> str:
    name = labels.get("__name__", "") + suffix
    own = ",".join(f"{key}={_quoted(labels[key])}" for key in sorted(labels) if key != "__name__")
    return f"{name}{{{own}}}" if own else name


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
