"""What the labels of a shard's series tell, kept between analyses of the same series.

Whose series they are, which calls they tell of and what their programs cover depend on labels alone: between
two looks at a growing report, and between two alerts of one cluster, samples come and labels stay. A scan
that finds other labels than the one before, or runs in another process, reads them anew, so that its result
is the same.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from patternwatch.analysis.entities.call_graph import Pair
from patternwatch.analysis.identity.calls import calls_told
from patternwatch.analysis.identity.census import census_of
from patternwatch.analysis.identity.label_counts import LabelsByEntity
from patternwatch.analysis.identity.owner_series import owners_told
from patternwatch.analysis.identity.pod_parts import pod_parts
from patternwatch.analysis.identity.readings import Readings
from patternwatch.analysis.identity.subject_reader import subject_reader
from patternwatch.analysis.identity.tellers import coverage_of
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas, told_replicas
from patternwatch.analysis.lifecycle.twin_keys import TwinKeys
from patternwatch.analysis.metrics.categories import category_table
from patternwatch.analysis.scanning.limits_told import limit_rows
from patternwatch.analysis.scanning.refused_calls import Door, doors_among
from patternwatch.analysis.scoring.family_movements import family_of
from patternwatch.analysis.series.ids import SeriesIds
from patternwatch.contracts.census import Census
from patternwatch.contracts.coverage import Coverage, Untold
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.pod_parts import PodPart
from patternwatch.contracts.series import Labels, SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shards import Shard

MAX_SEEN_SHARDS = 2000
"""Shards whose selection is remembered: what is asked for a second time will be asked for again. Of one that
comes once, a thousand series of a pod's labels, nothing is kept."""
MAX_KEPT_SERIES = 50_000
"""Series of all shards whose label facts are kept, 1 to 2 kB each; the oldest shards make room."""

_Key = tuple[str, Matchers]


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What the labels of N series tell.

    labels, derivation, info, settings
                what it was read from; `info` are the batch's facts
    read        what each tells of, and who tells it
    replicas    the replica that each tells of
    families    metric and derivation of each
    categories  what each measures
    doors       where calls are both refused and served
    census      the entities that there are
    calls       caller and callee of each call
    owner_links what they say about owners and nodes
    coverage, untold
                what the scraped programs tell of, and the series of those that tell of none
    counted     their labels by entity and family
    pod_parts   which part of its workload each pod is, where they tell it
    twins       what they share with their twins
    ids         of the series
    limits      which of them may be limits, with the labels by which their use is found
    """

    labels: Sequence[Labels]
    derivation: Sequence[str]
    info: Sequence[Labels]
    settings: AnalysisSettings
    read: Readings
    replicas: ToldReplicas
    families: Sequence[str]
    categories: Sequence[MetricCategoryName]
    doors: Sequence[Door]
    census: Census
    calls: list[Pair]
    owner_links: list[OwnerLink]
    coverage: list[Coverage]
    untold: Untold
    counted: LabelsByEntity
    pod_parts: list[PodPart]
    twins: TwinKeys
    ids: SeriesIds
    limits: Mapping[int, tuple[str, ...]]

    def are_of(self, batch: SeriesBatch, settings: AnalysisSettings) -> bool:
        """Whether they were read from these series, under these settings."""
        own = self.labels, self.derivation, self.info, self.settings
        return own == (batch.labels, batch.derivation, batch.facts, settings)


def read_labels(batch: SeriesBatch, settings: AnalysisSettings) -> LabelFacts:
    """What the labels of these series tell.

    >>> import numpy as np
    >>> labels = [{"__name__": "load", "service": name} for name in ("cart", "web")]
    >>> facts = read_labels(SeriesBatch(labels, np.arange(3), np.ones((2, 3)), ["", ""]), AnalysisSettings())
    >>> [subject.name for subject in facts.read.subjects], facts.families
    (['cart', 'web'], ['load', 'load'])
    """
    reader, table = subject_reader(settings), category_table(settings.metric_categories)
    read = reader.read(batch.labels)
    subjects = read.subjects
    families = [family_of(*own) for own in zip(batch.labels, batch.derivation, strict=True)]
    coverage, untold = coverage_of(batch.labels, read)
    replicas = told_replicas(read)
    categories = [table.category_of(*own) for own in zip(batch.labels, batch.derivation, strict=True)]
    return LabelFacts(
        labels=batch.labels,
        derivation=batch.derivation,
        info=batch.facts,
        settings=settings,
        read=read,
        replicas=replicas,
        families=families,
        categories=categories,
        doors=doors_among(batch.labels, batch.derivation, categories),
        census=census_of(one.subject for one in read.distinct),
        calls=calls_told(batch.labels, subjects, settings.peer_labels),
        owner_links=owners_told(
            [*batch.labels, *batch.facts], [*subjects, *reader.read(batch.facts).subjects]
        ),
        coverage=coverage,
        untold=untold,
        counted=LabelsByEntity(batch.labels, families, read),
        pod_parts=pod_parts(batch.labels, subjects),
        twins=TwinKeys(batch.labels, batch.derivation, replicas),
        ids=SeriesIds(batch.labels, batch.derivation),
        limits=limit_rows(batch.labels, batch.derivation),
    )


class KeptLabelFacts:
    """The label facts of shards that are looked at again; safe to use in several threads.

    max_series  of all that is kept
    """

    def __init__(self, max_series: int = MAX_KEPT_SERIES) -> None:
        self._max_series = max_series
        self._kept: OrderedDict[_Key, LabelFacts] = OrderedDict()
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """How many series it holds the facts of."""
        return sum(len(facts.labels) for facts in self._kept.values())

    def of(self, shard: Shard, batch: SeriesBatch, settings: AnalysisSettings) -> LabelFacts:
        """The facts of a shard's series: kept ones where they are of the same, else read now."""
        request = shard.request
        key = request.tenant, shard.matchers
        with self._lock:
            facts = self._kept.pop(key, None)
            seen = self._is_seen_again(hash(key))
        if facts is None or not facts.are_of(batch, settings):
            facts = read_labels(batch, settings)
        if request.growing or (seen and not request.look):  # the last look at a report lets go of them
            with self._lock:
                self._kept[key] = facts
                self._make_room()
        return facts

    def _is_seen_again(self, key: int) -> bool:
        seen = key in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        if len(self._seen) > MAX_SEEN_SHARDS:
            self._seen.popitem(last=False)
        return seen

    def _make_room(self) -> None:
        over = len(self) - self._max_series
        while over > 0:
            _, oldest = self._kept.popitem(last=False)
            over -= len(oldest.labels)


KEPT_LABEL_FACTS = KeptLabelFacts()
"""Those of this process."""
