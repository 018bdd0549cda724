"""Names and values as PromQL writes them: plain where they can be, else quoted.

Since Prometheus 3 the names of metrics and labels may hold any characters (`http.server.requests`,
`service.name`); such a name stands in quotes, a metric's inside of the braces. Servers before that know
plain names only, and so these are never quoted.
Source: Prometheus documentation, "Metric names and labels" and "Time series selectors" (version 3).
"""

import re
from collections.abc import Mapping

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def quoted(value: str) -> str:
    r"""A string of PromQL in double quotes.

    >>> print(quoted('C:\\dir "q"'))
    "C:\\dir \"q\""
    """
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def label_name(name: str) -> str:
    """A label's name in a matcher or behind `by`.

    >>> label_name("job"), label_name("service.name")
    ('job', '"service.name"')
    """
    return name if is_plain_label(name) else quoted(name)


def is_plain_label(name: str) -> bool:
    """Whether every server takes this label's name without quotes.

    >>> is_plain_label("job"), is_plain_label("service.name")
    (True, False)
    """
    return _LABEL.fullmatch(name) is not None


def is_plain_metric(name: str) -> bool:
    """Whether a metric's name may stand in front of the braces.

    >>> is_plain_metric("job:up:sum"), is_plain_metric("jvm.memory.used")
    (True, False)
    """
    return _METRIC.fullmatch(name) is not None


def exact_selector(labels: Mapping[str, str], suffix: str = "") -> str:
    """The selector of just the series with these labels.

    labels  with `__name__`
    suffix  is put behind the metric's name

    >>> exact_selector({"__name__": "wait", "job": "a"}, "_sum")
    'wait_sum{job="a"}'
    >>> exact_selector({"__name__": "jvm.memory.used", "service.name": "cart"})
    '{"jvm.memory.used","service.name"="cart"}'
    """
    name = labels.get("__name__", "") + suffix
    parts = [f"{label_name(key)}={quoted(labels[key])}" for key in sorted(labels) if key != "__name__"]
    if name and not is_plain_metric(name):
        parts, name = [quoted(name), *parts], ""
    return f"{name}{{{','.join(parts)}}}" if parts else name


def both_forms(attribute: str) -> tuple[str, str]:
    """An attribute of OpenTelemetry as a label: as it is, and as servers before Prometheus 3 keep it.

    >>> both_forms("service.name")
    ('service.name', 'service_name')
    """
    return attribute, attribute.replace(".", "_")
