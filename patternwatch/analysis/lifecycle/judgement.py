"""Reduce's side of what stopped and what began: told apart, in words, and how much each series counts."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.ended_series import MAX_SHOWN, are_nothing, first_of_each, order_of
from patternwatch.analysis.lifecycle.facts import intended_of
from patternwatch.analysis.lifecycle.joined_lives import joined_lives
from patternwatch.analysis.lifecycle.lost_nodes import drained_nodes, lost_nodes, released_machines
from patternwatch.analysis.lifecycle.placed_lives import replica_of
from patternwatch.analysis.lifecycle.replica import Group
from patternwatch.analysis.lifecycle.restarts import Restarts, by_entity, started_anew
from patternwatch.analysis.lifecycle.scrape_gaps import data_begins, scrape_gaps
from patternwatch.analysis.lifecycle.shared_ends import Shared, entities_of
from patternwatch.analysis.lifecycle.shared_words import shared_event_of
from patternwatch.analysis.lifecycle.takeovers import with_takeovers
from patternwatch.analysis.lifecycle.termination import Terminations, terminations_of
from patternwatch.analysis.lifecycle.turnover import APART_ROWS, Turnover, turnover_of
from patternwatch.analysis.lifecycle.words import event_of, restart_event_of
from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.lives import ENDED, LifeEvent
from patternwatch.contracts.series import Flags, Matrix, Vector, Window
from patternwatch.contracts.shard_results import Candidate, ShardResult

_SLACK_ROWS = 3
"""Rows that a series may end before or after its replica did."""
SURE_ROWS = 10
"""Rows without samples at the window's end from which on a source has stopped; before, it may be late."""
MAX_EVENTS = 50
"""Events that a report tells of, trouble first."""


@dataclass(frozen=True, slots=True)
class EventSeries:
    """N ended or begun series that count as evidence.

    candidates  as the scans sent them
    presence    1 where each is there and 0 where it is not, shape (N, T)
    rows        when each ended or began, shape (N,)
    weights     how much each says about a cause, 0 to 1, shape (N,)
    texts       what happened to its workload, in words
    whole       the entities that ended as a whole, each with the row at which it did
    away        those that their specification scaled to nothing, alike; their series weigh nothing
    leaving     the replicas that ended on purpose
    anew        the replicas that were started anew
    """

    candidates: Sequence[Candidate]
    presence: Matrix
    rows: Vector
    weights: Vector
    texts: Sequence[str]
    whole: dict[str, int]
    away: dict[str, int] = field(default_factory=dict)
    leaving: Terminations = field(default_factory=dict)
    anew: Restarts = field(default_factory=dict)

    @classmethod
    def none(cls, rows: int) -> "EventSeries":
        """No such series, in a window of `rows` rows."""
        return cls((), np.empty((0, rows)), np.empty(0), np.empty(0), (), {})


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What ended and began in the window of a request.

    events     in words, trouble first
    series     the candidates among it
    lost       how many series ended by no one's intention
    excused    how many ended or began as they should: nothing is missing where they are not judged
    ended      by entity, how many of its series ended
    began      by entity, how many began
    nodes      by entity, the node of each of its living pods, as far as they are known
    lost_nodes nodes of which all pods ended
    new        the row at which each entity began that is wholly new
    """

    events: Sequence[LifeEvent]
    series: EventSeries
    lost: int
    excused: int
    ended: Mapping[str, int] = field(default_factory=dict)
    began: Mapping[str, int] = field(default_factory=dict)
    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lost_nodes: Sequence[Shared] = ()
    new: Mapping[str, int] = field(default_factory=dict)


def lifecycle_of(window: Window, results: Sequence[ShardResult], late_row: int, scope: Scope) -> Lifecycle:
    """What ended and began, from the scans of a request in any order.

    late_row  up to which nearly all series have samples: see `newest_samples`
    scope     names the entities

    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> window = Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000)
    >>> lifecycle_of(window, [], 299, Scope([], AnalysisSettings())).events
    []
    """
    table = joined_lives([r.lives for r in results], late_row, scope)
    groups = table.groups([scope.kind_of(name) for name in table.entities])
    earliest = earliest_row(window.rows, window.split_row)
    lost = lost_nodes(table, groups, earliest)
    intended = intended_of(results, scope)
    intended = intended.also_gone(
        [*drained_nodes(lost, groups), *released_machines(groups, intended.released)]
    )
    busy = [g for g in groups if not g.is_still]
    turnovers = (t for g in busy if (t := turnover_of(g, intended, earliest)) is not None)
    found = with_takeovers(turnovers, busy, scope.names.place_of)
    nodes = [node for node in lost if intended.desired.get(node.name) != (1, 0)]  # the others were drained
    of_nodes = entities_of(nodes)
    gaps = scrape_gaps(groups, [t for t in found if t.group.entity not in of_nodes])
    begins = data_begins(groups, found)
    explained = entities_of((*gaps, *begins))
    own = [t for t in found if t.group.entity not in explained]
    told = [s for s in gaps if window.rows - s.last >= SURE_ROWS]
    # The pods of a node that was lost are replaced too, and nobody ended them on purpose.
    ended_alone = (t for t in own if t.kind != "replaced" or t.group.entity not in of_nodes)
    leaving = terminations_of(ended_alone, window.step_ms)
    anew = started_anew(results, scope)
    restarted = by_entity(anew, APART_ROWS)
    of = {g.entity: len(g.replicas) for g in groups if g.entity in restarted}
    events = [
        # That other tellers go on is no news of a node that was lost.
        *(event_of(t, window) for t in own if t.group.entity not in {n.name for n in nodes}),
        *(shared_event_of(s, window) for s in (*told, *begins, *nodes)),
        *(
            restart_event_of(name, starts, of.get(name, 0), window.split_row - APART_ROWS)
            for name, starts in restarted.items()
        ),
    ]
    events.sort(key=lambda e: (not e.is_trouble, -e.series, e.at_ms, e.text))
    troubled = {t.group.entity for t in own if t.kind in ENDED} | explained
    ended = Counter[str]()
    began = Counter[str]()
    for group in busy:
        ended[group.entity] += sum(r.series for r in group.replicas if r.gone is not None)
        began[group.entity] += sum(r.series for r in group.replicas if r.born is not None)
    return Lifecycle(
        events=events[:MAX_EVENTS],
        series=replace(_series(results, own, window, scope), leaving=leaving, anew=anew),
        lost=_lost(own, told),
        excused=sum(_turned_over(g) for g in busy if g.entity not in troubled),
        ended=+ended,
        began=+began,
        nodes=table.living(),
        lost_nodes=nodes,
        new={t.group.entity: t.row for t in own if t.kind == "began"},
    )


def _turned_over(group: Group) -> int:
    """How many series of it ended or began."""
    return sum(r.series for r in group.replicas if r.gone is not None or r.born is not None)


def _lost(turnovers: Sequence[Turnover], gaps: Sequence[Shared]) -> int:
    troubled = [r for t in turnovers if t.kind in ENDED for r in t.replicas]
    return sum(r.series for r in (*troubled, *(r for gap in gaps for r in gap.replicas)))


def _series(
    results: Sequence[ShardResult], turnovers: Sequence[Turnover], window: Window, scope: Scope
) -> EventSeries:
    """The candidates whose entity's turnover counts, `MAX_SHOWN` of each."""
    by_key = {t.group.entity: t for t in turnovers if t.weight > 0.0 or t.is_scaled_away}
    sent, rows = _first([c for r in results for c in r.candidates if c.event], scope)
    members: dict[str, list[int]] = defaultdict(list)
    for i, candidate in enumerate(sent):
        subject = scope.subject_of(candidate.labels)
        entity = scope.entity(subject)
        key = entity.name
        turnover = by_key.get(key)
        if turnover is None or (candidate.event == "began") != (turnover.kind == "began"):
            continue
        is_part = replica_of(subject, entity) in {r.name for r in turnover.replicas}
        if is_part and turnover.row - _SLACK_ROWS <= rows[i] <= turnover.last + _SLACK_ROWS:
            members[key].append(i)
    chosen = [(key, i) for key, own in sorted(members.items()) for i in own[:MAX_SHOWN]]
    return EventSeries(
        candidates=[sent[i] for _, i in chosen],
        presence=_presence([sent[i] for _, i in chosen], [rows[i] for _, i in chosen], window.rows),
        rows=np.array([rows[i] for _, i in chosen], dtype=np.float64),
        weights=np.array([by_key[key].weight for key, _ in chosen], dtype=np.float64),
        texts=[event_of(by_key[key], window).text for key, _ in chosen],
        whole={t.group.entity: t.row for t in turnovers if t.kind == "ended" and t.weight >= 1.0},
        away={t.group.entity: t.row for t in turnovers if t.is_scaled_away},
    )


def _first(sent: Sequence[Candidate], scope: Scope) -> tuple[list[Candidate], list[int]]:
    """Those of all shards that a lone shard would have sent, in their order, and when each ended or began."""
    if not sent:
        return [], []
    values = np.array([c.values for c in sent])
    rows = _rows(values, np.array([c.event == "ended" for c in sent]))
    orders = [
        order_of(c.labels, c.category, nothing, row, series_id(c.labels, c.derivation))
        for c, nothing, row in zip(sent, are_nothing(values).tolist(), rows, strict=True)
    ]
    read = scope.read([c.labels for c in sent])
    told = [read[i] for i in range(len(sent))]
    first = first_of_each([c.event for c in sent], told, orders)
    return [sent[i] for i in first], [rows[i] for i in first]


def _rows(values: Matrix, ended: Flags) -> list[int]:
    """The rows at which series ended or else began, shape (N, T)."""
    there = ~np.isnan(values)
    after_last = values.shape[1] - there[:, ::-1].argmax(axis=1)
    return [int(row) for row in np.where(ended, after_last, there.argmax(axis=1))]


def _presence(candidates: Sequence[Candidate], rows: Sequence[int], length: int) -> Matrix:
    """1 before a series ends or from its beginning on, else 0, shape (N, T)."""
    at = np.arange(length)
    presence = [(at < row) == (c.event == "ended") for c, row in zip(candidates, rows, strict=True)]
    return np.array(presence, dtype=np.float64).reshape(len(candidates), length)
