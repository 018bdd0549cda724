"""The series that a scan puts forward because they ended or began: a few for each workload."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.identity.apart import Apart
from patternwatch.analysis.identity.readings import Reading
from patternwatch.analysis.identity.scrape_series import SCRAPE_SERIES
from patternwatch.analysis.lifecycle.succession import Succession
from patternwatch.analysis.lifecycle.told_replicas import ToldReplicas
from patternwatch.analysis.metrics.categories import work_first
from patternwatch.analysis.series.ids import SeriesIds
from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import as_float32
from patternwatch.contracts.lives import EventName
from patternwatch.contracts.metric_categories import MetricCategoryName
from patternwatch.contracts.series import Flags, Labels, SeriesBatch
from patternwatch.contracts.shard_results import Candidate
from patternwatch.contracts.subject import Key
from patternwatch.detectors.edges import Edges

EventOrder: TypeAlias = tuple[bool, bool, int, int, str]

MAX_SHOWN = 3
"""Series of a workload that are shown for one thing that happened to it: the numbers say the rest."""
_MAX_SENT = 300
"""Such series of a shard at most, and of a whole request."""


def event_candidates(
    batch: SeriesBatch,
    edges: Edges,
    replicas: ToldReplicas,
    counted: Flags,
    succeeded: Succession,
    categories: Sequence[MetricCategoryName],
    earliest: int,
    ids: SeriesIds,
) -> list[tuple[int, Candidate]]:
    """Ended and begun series, `MAX_SHOWN` of each workload, with their positions.

    The order of series does not matter.

    batch      the shard's series as they are
    edges      where they begin and end
    replicas   that they tell of
    counted    which have a point wherever they were scraped, shape (N,)
    succeeded  the newborn ones that are judged against their twins, and so are put forward if they moved
    categories what each measures
    earliest   first row at which a trouble can begin
    ids        of the series

    >>> from patternwatch.analysis.identity.subject_reader import SubjectReader
    >>> from patternwatch.analysis.lifecycle.told_replicas import told_replicas
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.detectors.edges import edges_of
    >>> values = np.ones((2, 300))
    >>> values[:, 250:] = np.nan
    >>> labels = [{"__name__": name, "service": "cart"} for name in ("load", "heap")]
    >>> batch = SeriesBatch(labels, np.arange(300), values, ["", ""])
    >>> found = event_candidates(
    ...     batch, edges_of(values), told_replicas(SubjectReader(AnalysisSettings()).read(labels)),
    ...     np.ones(2, dtype=bool), Succession(values), ["memory", "memory"], 60,
    ...     SeriesIds(labels, batch.derivation),
    ... )
    >>> sorted((c.labels["__name__"], c.event) for _, c in found)
    [('heap', 'ended'), ('load', 'ended')]
    """
    ended = counted & edges.vanished & (batch.values.shape[1] - edges.trailing >= earliest)
    began = counted & edges.appeared & ~ended & (edges.leading >= earliest)
    began[list(succeeded.born)] = False
    ends = batch.values.shape[1] - edges.trailing
    found = [
        *_events(batch, ended, ends, "ended", categories, ids),
        *_events(batch, began, edges.leading, "began", categories, ids),
    ]
    told = [replicas[i] for i, _, _ in found]
    chosen = first_of_each([event for _, event, _ in found], told, [order for _, _, order in found])
    return [(found[k][0], _candidate(batch, found[k][0], found[k][1], categories)) for k in chosen]


def first_of_each(
    events: Sequence[EventName], told: Sequence[Reading], orders: Sequence[EventOrder]
) -> list[int]:
    """Which of N ended and begun series go first: `MAX_SHOWN` of each workload, positions in their order.

    told    what the labels alone of each tell
    orders  as `order_of` gives them

    Those of one workload are of several categories where it has several. A scan sends these, and a report
    takes the same of all that its scans sent before it leaves any out: it is then the same for any number of
    shards.

    >>> first_of_each([], [], [])
    []
    """
    # What may turn out to belong to another entity takes no place of the others.
    members: dict[tuple[EventName, Key, str, Apart], list[int]] = defaultdict(list)
    # A reading is of many series: it is hashed once.
    by_reading: dict[tuple[EventName, int], list[int]] = {}
    for k, (event, one) in enumerate(zip(events, told, strict=True)):
        own = by_reading.get((event, id(one)))
        if own is None:
            own = by_reading[event, id(one)] = members[event, one.entity, one.scraper, one.apart]
        own.append(k)
    turns: dict[int, tuple[bool, bool, int, EventOrder]] = {}
    for own in members.values():
        seen = Counter[tuple[bool, bool, int]]()
        for k in sorted(own, key=orders.__getitem__):
            is_scrape, is_nothing, _ = alike = orders[k][:3]
            turns[k] = is_scrape, is_nothing, seen[alike], orders[k]
            seen[alike] += 1
    first = [k for own in members.values() for k in sorted(own, key=turns.__getitem__)[:MAX_SHOWN]]
    return sorted(first, key=turns.__getitem__)[:_MAX_SENT]


def _candidate(
    batch: SeriesBatch, i: int, event: EventName, categories: Sequence[MetricCategoryName]
) -> Candidate:
    return Candidate(
        labels=batch.labels[i],
        derivation=batch.derivation[i],
        native=i in batch.native,
        category=categories[i],
        screening_score=0.0,
        values=as_float32(batch.values[i]),
        event=event,
    )


def order_of(labels: Labels, category: str, is_nothing: bool, row: int, name: str) -> EventOrder:
    """Which of a workload's series are shown first: those of the target itself that say most, the latest.

    category    what it measures
    is_nothing  whether it was 0 all the time
    row         when it ended or began
    name        its series id, which decides between equals

    >>> order_of({"__name__": "up"}, "health", False, 250, "1f") > order_of(
    ...     {"__name__": "load"}, "cpu", True, 240, "2f"
    ... )
    True
    """
    return labels.get("__name__") in SCRAPE_SERIES, is_nothing, work_first(category), -row, name


def _events(
    batch: SeriesBatch,
    flags: Flags,
    rows: Integers,
    event: EventName,
    categories: Sequence[MetricCategoryName],
    ids: SeriesIds,
) -> Iterator[tuple[int, EventName, EventOrder]]:
    """The flagged series with their order."""
    found = np.flatnonzero(flags)
    for i, nothing in zip(found.tolist(), are_nothing(batch.values[found]).tolist(), strict=True):
        yield i, event, order_of(batch.labels[i], categories[i], nothing, int(rows[i]), ids[i])


def are_nothing(values: npt.NDArray[np.floating]) -> Flags:
    """Which series are 0 wherever they have a sample.

    values  shape (N, T), NaN for gaps

    >>> are_nothing(np.array([[0.0, np.nan], [0.0, 2.0]]))
    array([ True, False])
    """
    return np.asarray(((values == 0.0) | np.isnan(values)).all(axis=1))
