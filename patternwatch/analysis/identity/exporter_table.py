"""From a metric's name to the exporter that makes it: by the settings, then by the table."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from patternwatch.analysis.identity.exporter_rows import EXPORTERS
from patternwatch.analysis.identity.exporters import Exporter


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
        self.exporter_of = lru_cache(maxsize=50_000)(self._exporter_of)

    def _exporter_of(self, metric: str) -> Exporter | None:
        """The exporter that makes metrics of this name; None for a metric of a program itself.

        A recorded one is `level:metric:operations` (Prometheus documentation, "Recording rules").
        """
        parts = metric.split(":")
        told = parts[1] if len(parts) > 1 else metric
        return next((row for pattern, row in self._rows if pattern.match(told)), None)
