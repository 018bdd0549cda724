"""docs/metrics.md: every metric that the two processes serve, from the instruments themselves."""

from prometheus_client import CollectorRegistry

from patternwatch.api.metrics import Metrics
from patternwatch.streams.metrics import WorkerMetrics

_INTRO = """\
# Metrics

Both processes serve `/metrics` in the text format of Prometheus: the API beside its routes, a worker
on `PATTERNWATCH_METRICS_PORT`. Written by `make docs`.
"""


def metrics_document() -> str:
    """The page, as Markdown."""
    sections = [_INTRO]
    for title, registry in (("worker", WorkerMetrics().registry), ("api", Metrics().registry)):
        sections += [f"## `patternwatch {title}`", "", *_table(registry), ""]
    return "\n".join(sections)


def _table(registry: CollectorRegistry) -> list[str]:
    rows = ["| metric | type | labels | meaning |", "|---|---|---|---|"]
    for family, labels in _families(registry):
        name, kind, text = family
        rows.append(f"| `{name}` | {kind} | {', '.join(f'`{label}`' for label in labels)} | {text} |")
    return rows


def _families(registry: CollectorRegistry) -> list[tuple[tuple[str, str, str], tuple[str, ...]]]:
    """Name as it is queried, type and help of every instrument of ours, with its labels."""
    found = []
    for collector in registry._collector_to_names:  # the registry has no public list
        labels = tuple(getattr(collector, "_labelnames", ()))
        for metric in collector.describe() if hasattr(collector, "describe") else ():
            suffix = {"counter": "_total", "info": "_info"}.get(metric.type, "")
            found.append(((metric.name + suffix, metric.type, metric.documentation), labels))
    return sorted(found)
