"""Subjects of many series, each kind of label set read once."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from patternwatch.analysis.entities.call_rules import CALL_LABELS, rule_prefix
from patternwatch.analysis.identity import label_names
from patternwatch.analysis.identity.apart import apart_of
from patternwatch.analysis.identity.exporter_rows import EXPORTERS
from patternwatch.analysis.identity.exporter_table import ExporterTable
from patternwatch.analysis.identity.exporters import TOLD_FROM_OUTSIDE
from patternwatch.analysis.identity.knowledge import NOTHING_KNOWN, Knowledge
from patternwatch.analysis.identity.reading_memory import Form, LabelNames, ReadingMemory
from patternwatch.analysis.identity.readings import Reading, Readings
from patternwatch.analysis.identity.scrape_series import says_of
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
        *label_names.TAGS,
        *label_names.COVERED,
        *label_names.MACHINES,
        *label_names.SCRAPER,
        *CALL_LABELS,
        *(label for row in EXPORTERS for _, label in row.told),
    )
)
"""Labels that a reading depends on."""
_MAX_REMEMBERED = 10_000
"""Label sets that a reader remembers of the present and of the last generation each, about 1 kB a set.

One is what a pod or an instance tells: those of some fifty thousand series."""
_READS = 200
"""Reads of many series that make a generation: of some ten large analyses. What none of two generations asked
for is forgotten: a cluster that is gone, or that nobody looks at any more."""


class SubjectReader:
    """Reads the subjects of series, under these settings and with what other series say.

    Series of one subject differ in many labels that do not matter here (`code`, `le`, `path`): what was read
    of such labels is remembered, since the metrics of one pod are told in many shards. Which labels matter
    is found once for all series of the same label names.

    >>> reader = SubjectReader(AnalysisSettings(entity_labels=("team",)))
    >>> reader.of({"__name__": "up", "team": "payments", "job": "cart"}).name
    'payments'
    >>> readings = reader.read([{"__name__": "up", "job": "cart", "code": code} for code in ("200", "500")])
    >>> len(readings.distinct), readings.of.tolist(), readings[1].subject.name
    (1, [0, 0], 'cart')
    """

    def __init__(self, settings: AnalysisSettings, known: Knowledge = NOTHING_KNOWN) -> None:
        self._identity = Identity(settings.entity_labels, ExporterTable(settings.exporters), known)
        own = (label for labels in settings.exporters.values() for label in labels)
        self._relevant = _ALWAYS.union(settings.entity_labels, own)
        self._memory = ReadingMemory()

    @property
    def remembered(self) -> int:
        """How many label sets are remembered."""
        last = self._memory.last
        return self._memory.size + (last.size if last else 0)

    def of(self, labels: Labels) -> Subject:
        """What a series tells of."""
        return self._reading(labels, self._fresh(reads=0)).subject

    def read(self, labels: Sequence[Labels]) -> Readings:
        """What each of N series tells of, and who tells it; equal readings are one."""
        # Threads share a reader: one memory for all of these series, whatever becomes of it meanwhile.
        memory = self._fresh()
        numbers: dict[int, int] = {}
        distinct: list[Reading] = []
        of = []
        for own in labels:
            reading = self._reading(own, memory)
            number = numbers.get(id(reading))
            if number is None:
                number = numbers[id(reading)] = len(distinct)
                distinct.append(reading)
            of.append(number)
        return Readings(distinct, np.array(of, dtype=np.intp))

    def _fresh(self, reads: int = 1) -> ReadingMemory:
        memory = self._memory
        memory.reads += reads
        if memory.size >= _MAX_REMEMBERED or memory.reads > _READS:
            memory.let_go()
            self._memory = memory = ReadingMemory(memory)
        return memory

    def _reading(self, labels: Labels, memory: ReadingMemory) -> Reading:
        key = labels.get("__name__", ""), tuple(labels)
        form = memory.forms.get(key)
        if form is None:
            form = self._form(key, memory)
        values = form.values_of(labels)
        found = form.readings.get(values)
        if found is None:
            memory.size += 1
            found = form.before.get(values)
            found = memory.known(found) if found else self._read_anew(labels, memory)
            form.readings[values] = found
        return found

    def _form(self, key: tuple[str, LabelNames], memory: ReadingMemory) -> Form:
        metric, names = key
        exporter = self._identity.exporters.exporter_of(metric)
        relevant = tuple(sorted(self._relevant.intersection(names)))
        shared = (says_of(metric), id(exporter), rule_prefix(metric), relevant)
        form = memory.shared.get(shared)
        if form is None:
            last = memory.last  # another thread may begin the next generation meanwhile
            before = last.shared.get(shared) if last else None
            form = memory.shared[shared] = Form(relevant, before.readings if before else {})
        memory.forms[key] = form
        memory.size += 1
        return form

    def _read_anew(self, labels: Labels, memory: ReadingMemory) -> Reading:
        subject = subject_of(labels, self._identity)
        scraper = "/".join(labels[name] for name in label_names.SCRAPER if labels.get(name))
        told = self._teller(labels), scraper, apart_of(labels, subject)
        return memory.known(Reading(subject, subject.entity, *told))

    def _teller(self, labels: Labels) -> str:
        """The scrape job; one that hands out what Kubernetes holds is known by its metrics, too."""
        job = labels.get("job", "")
        exporter = self._identity.exporters.exporter_of(labels.get("__name__", ""))
        if exporter is None or exporter.name != TOLD_FROM_OUTSIDE or TOLD_FROM_OUTSIDE in job:
            return job
        return f"{job} ({TOLD_FROM_OUTSIDE})" if job else TOLD_FROM_OUTSIDE


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
