"""From a metric's name to the exporter that makes it: by the settings, then by the table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from patternwatch.analysis.identity.exporter_rows import EXPORTERS
from patternwatch.analysis.identity.exporters import HOST, Exporter, is_exporter_name
from patternwatch.analysis.identity.label_names import EXPORTED
from patternwatch.analysis.identity.scrape_series import SCRAPE, says_of
from patternwatch.contracts.series import Labels

_AS_JOBS_SAY = {"mysqld": "mysqld?", "postgres": "postgres(ql)?"}
"""How jobs call exporters, where not as their projects do."""

_WITH_TEXTFILES = ("node_exporter", "windows_exporter")
"""Exporters that read what others wrote of the node, under any name: their textfile collector."""


class ExporterTable:
    """The exporters by the names of their metrics.

    more  regular expression of metrics' names -> labels that name what they tell of, tried before the table

    >>> table = ExporterTable({"^pingmesh_": ("peer_rack",)})
    >>> table.exporter_of("pingmesh_rtt_seconds").told, table.exporter_of("http_requests_total")
    ((('target', 'peer_rack'),), None)
    """

    def __init__(self, more: Mapping[str, Sequence[str]] | None = None) -> None:
        own = [
            Exporter("settings", pattern, tuple(("target", label) for label in labels), "settings")
            for pattern, labels in (more or {}).items()
        ]
        self._rows = [(re.compile(row.metrics), row) for row in (*own, *EXPORTERS)]
        self._scraped = [(_job(row), found) for row in EXPORTERS if (found := _as_scraped(row))]
        self.exporter_of = lru_cache(maxsize=50_000)(self._exporter_of)
        self.exporter_scraped = lru_cache(maxsize=5_000)(self._exporter_scraped)

    def exporter_by(self, labels: Labels) -> Exporter | None:
        """The exporter that makes a series, or that a scraper tells of by its own ones, such as `up`.

        >>> up = {"__name__": "up", "job": "monitoring/node-exporter", "instance": "10.0.1.4:9100"}
        >>> table = ExporterTable()
        >>> table.exporter_by(up).name, table.exporter_by({**up, "job": "cart"})
        ('node_exporter', None)
        >>> table.exporter_by({**up, "__name__": "backup_size"}).name  # from a file that lies on the node
        'node_exporter'
        """
        metric = labels.get("__name__", "")
        made = self.exporter_of(metric)
        if made or not (says := says_of(metric)):
            return made
        scraped = self.exporter_scraped(labels.get("job", ""))
        if scraped is None or says == SCRAPE:
            return scraped
        says_itself = any(labels.get(name) for name in EXPORTED)
        return scraped if scraped.name in _WITH_TEXTFILES and not says_itself else None

    def _exporter_scraped(self, job: str) -> Exporter | None:
        """The exporter that a job is named as, with what its `instance` says of what it tells of."""
        if not is_exporter_name(job):
            return None
        plain = job.lower().replace("_", "-")
        return next((row for pattern, row in self._scraped if pattern.search(plain)), None)

    def _exporter_of(self, metric: str) -> Exporter | None:
        """The exporter that makes metrics of this name; None for a metric of a program itself.

        A recorded one is `level:metric:operations` (Prometheus documentation, "Recording rules").
        """
        parts = metric.split(":")
        told = parts[1] if len(parts) > 1 else metric
        return next((row for pattern, row in self._rows if pattern.match(told)), None)


def _job(row: Exporter) -> re.Pattern[str]:
    """What jobs that scrape such an exporter are called."""
    name = row.name.lower().replace("_", "-").removesuffix("-exporter")
    return re.compile(rf"(^|[-/]){_AS_JOBS_SAY.get(name, name)}([-/]|$)")


def _as_scraped(row: Exporter) -> Exporter | None:
    """The exporter by the kind that the host of `instance` names; None where that says nothing of it."""
    kind = next((kind for kind, label in row.told if label == HOST), None)
    return None if kind is None else replace(row, told=tuple(pair for pair in row.told if pair[0] == kind))
