"""Subjects of many series, each kind of label set read once."""

from functools import lru_cache

from patternwatch.analysis.call_labels import CALL_LABELS
from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.exporter_rows import EXPORTERS
from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.exporters import Exporter
from patternwatch.analysis.identity.knowledge import NOTHING_KNOWN, Knowledge
from patternwatch.analysis.identity.subject import Identity, subject_of
from patternwatch.contracts.series import Labels
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.subject import Subject

_ALWAYS = frozenset(
    (
        *label_names.TENANT,
        *label_names.CLUSTER,
        *label_names.NAMESPACE,
        *(label for _, label in label_names.WORKLOADS),
        *label_names.POD,
        *label_names.CONTAINER,
        *label_names.NODE,
        *label_names.SERVICE,
        "job",
        *label_names.INSTANCE,
        *label_names.EXPORTED,
        *label_names.ASKED,
        *label_names.COVERED,
        *CALL_LABELS,
        *(label for row in EXPORTERS for _, label in row.told),
    )
)
"""Labels that a subject depends on."""
_MAX_REMEMBERED = 50_000
"""Label sets that a reader remembers, some 600 bytes each; then it begins anew."""


class SubjectReader:
    """Reads the subjects of series, under these settings and with what other series say.

    Series of one subject differ in many labels that do not matter here (`code`, `le`, `path`): what was read
    of such labels is remembered, since the metrics of one pod are told in many shards.

    >>> reader = SubjectReader(AnalysisSettings(entity_labels=("team",)))
    >>> reader.of({"__name__": "up", "team": "payments", "job": "cart"}).name
    'payments'
    >>> reader.of({"__name__": "up", "job": "cart"}).name
    'cart'
    """

    def __init__(self, settings: AnalysisSettings, known: Knowledge = NOTHING_KNOWN) -> None:
        self._identity = Identity(settings.entity_labels, ExporterTable(settings.exporters), known)
        own = (label for labels in settings.exporters.values() for label in labels)
        self._relevant = _ALWAYS.union(settings.entity_labels, own)
        self._read: dict[tuple[Exporter | None, tuple[tuple[str, str], ...]], Subject] = {}

    def of(self, labels: Labels) -> Subject:
        """What a series tells of."""
        exporter = self._identity.exporters.exporter_of(labels.get("__name__", ""))
        relevant = self._relevant
        key = exporter, tuple([item for item in labels.items() if item[0] in relevant])
        found = self._read.get(key)
        if found is None:
            if len(self._read) >= _MAX_REMEMBERED:
                self._read.clear()
            found = self._read[key] = subject_of(labels, self._identity)
        return found


def subject_reader(settings: AnalysisSettings) -> SubjectReader:
    """The reader of these settings, the same one each time: what it remembers serves later scans.

    >>> subject_reader(AnalysisSettings()) is subject_reader(AnalysisSettings(rows=400))
    True
    """
    return _reader(settings.entity_labels, tuple(settings.exporters.items()))


@lru_cache(maxsize=16)
def _reader(
    entity_labels: tuple[str, ...], exporters: tuple[tuple[str, tuple[str, ...]], ...]
) -> SubjectReader:
    return SubjectReader(AnalysisSettings(entity_labels=entity_labels, exporters=dict(exporters)))
