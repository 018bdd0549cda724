"""From the scans of a request to its onset: of the rows that are proposed, the one where most begins."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from patternwatch.analysis.entities.call_graph import call_graph
from patternwatch.analysis.entities.call_labels import first_calls
from patternwatch.analysis.entities.name_servers import name_servers
from patternwatch.analysis.identity.calls import calls_in_scope
from patternwatch.analysis.identity.outside_callers import outside_callers
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.facts import intended_of, is_intended
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.lifecycle.restarts import only_began_anew
from patternwatch.analysis.lifecycle.rolling_restarts import (
    only_while_rolling,
    planned_restarts,
    roles_moved,
    rolling_restarts,
)
from patternwatch.analysis.lifecycle.termination import since_last_request, without_termination
from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.onset.entity_onsets import rows_of_entities
from patternwatch.analysis.onset.likely_onsets import likely_onsets, onset_prior
from patternwatch.analysis.onset.onsets_again import is_again, onset_before, tried_again
from patternwatch.analysis.onset.shifts import starts_of_rises
from patternwatch.analysis.onset.watched_onset import first_watched_row
from patternwatch.analysis.ranking.known_limits import KnownLimits
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.onset_evaluator import OnsetEvaluator
from patternwatch.analysis.ranking.replica_counts import replica_counts
from patternwatch.analysis.ranking.request_candidates import (
    Candidates,
    candidates_in_columns,
    most_changed,
    recurrent,
    strongest,
)
from patternwatch.analysis.ranking.usual_scales import usual_scales
from patternwatch.analysis.scoring.chance import ChanceWeights
from patternwatch.analysis.scoring.first_failures import FirstFailures
from patternwatch.analysis.scoring.pools import unit_pool
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult


def evaluate_onsets(
    window: Window,
    results: Sequence[ShardResult],
    settings: AnalysisSettings,
    events: EventSeries | None = None,
    request: AnalysisRequest | None = None,
    scope: Scope | None = None,
) -> OnsetEvaluation:
    """The strongest candidates of a request, evaluated at the row where the trouble most likely began.

    window   the request's window
    results  successful results of its shards, at least one
    events   the series that ended or began and count; none where nothing did
    request  where its look may be one before the last (`onsets_again`), or a watch asked (`watched_onset`)
    scope    names the entities of these results, where it is made already

    Each row that votes, gains or an even rise propose is tried, and rows that an entity proposes of which
    then much shows trouble. The one with the largest product of prior and evidence wins: a fault that lies in
    the baseline hides itself, so at a wrong row its entity scores little.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> quiet = ShardResult(shard_id="r1-0", number=0, of=1, request=request, votes=[0] * 300)
    >>> evaluation = evaluate_onsets(request.window, [quiet], settings)
    >>> evaluation.onset == request.window.split_row, evaluation.evidence
    (True, 0.0)
    """
    weights = ChanceWeights(r.families for r in results)
    first = FirstFailures(r.families for r in results)
    events = events or EventSeries.none(window.rows)
    scope = scope or Scope(results, settings)
    intended = intended_of(results, scope)
    rollings = rolling_restarts(events.anew, events.leaving)
    sent = [c for r in results for c in r.candidates]
    told = {series_id(c.labels, c.derivation) for c in events.candidates}
    told |= roles_moved(sent, planned_restarts(events.anew), scope)
    leaving = since_last_request(events.leaving, sent, scope)
    placed, again = (
        [
            (without_termination(c, leaving, scope, window.step_ms), own)
            for c, own in those
            if own not in told
            and not is_intended(c.labels, c.values, intended, scope)
            and not only_began_anew(c, events.anew, scope)
            and not only_while_rolling(c, rollings, scope)
        ]
        for those in (strongest(sent, weights, settings), recurrent(sent))
    )
    rows = len(results[0].votes)
    calls = call_graph(calls_in_scope(first_calls(r.calls for r in results), scope.names))
    calls = replace(calls, outside=outside_callers(calls, scope.kind_of))
    series = candidates_in_columns([*placed, *again], window, scope, events)
    metrics = [c.labels.get("__name__", "") for c in series.candidates]
    limits = KnownLimits(group for r in results for group in r.limits).of_all(series.candidates)
    asked_by_all = name_servers(metrics, series.entities)
    calls = replace(calls, asked_by_all=asked_by_all)
    series = replace(series, limits=limits, calls=calls)
    votes = np.sum([np.array(r.votes, dtype=np.int64) for r in results], axis=0)
    floors = usual_scales(
        metrics,
        series.categories,
        [
            unit_pool(category, family, name, c.derivation)
            for category, family, name, c in zip(
                series.categories, series.families, metrics, series.candidates, strict=True
            )
        ],
        (r.scales for r in results),
        (r.family_scales for r in results),
    )
    split, step_ms = window.split_row, window.step_ms
    rises = starts_of_rises(series.residual[: len(placed)], split)
    replicas = replica_counts(results, scope)
    evaluator = OnsetEvaluator(series, floors, weights, first, settings, events, rises, split, replicas)
    changed = most_changed(placed, rows)
    before = onset_before(request, window) if request else None
    ends = set(events.rows[events.weights > 0.0].astype(int).tolist())
    told_rows = {*ends, *rises} if before is None else {*ends, *rises, before}
    since = first_watched_row(request, split)
    priors = likely_onsets(votes, changed, series.residual, split, step_ms, told_rows)
    priors = {row: prior for row, prior in priors.items() if row >= since}
    further: dict[int, float] = {}
    if request and is_again(request):
        priors = tried_again(priors, split, before)
    else:
        further = {
            row: onset_prior(votes, row, split, step_ms)
            for row in _by_entities(window, series, priors, ends)
            if row >= since
        }
    tried = [(prior, evaluator.at(row)) for row, prior in priors.items()]
    found = [(prior, evaluator.broad_at(row)) for row, prior in further.items()]
    tried += [(prior, one) for prior, one in found if one is not None]
    return max(tried, key=lambda t: (t[0] * t[1].evidence, t[1].onset == split))[1]


def _by_entities(
    window: Window, series: Candidates, known: Collection[int], ends: Collection[int]
) -> list[int]:
    """Rows that entities propose beside the known ones.

    ends  rows at which something ended or began. What shifts later is no beginning of its own: the pods of a
          lost node load other nodes when they are made again.
    """
    split, earliest = window.split_row, earliest_row(window.rows, window.split_row)
    last = min((row for row in ends if row >= earliest), default=split)
    own = rows_of_entities(series.residual, series.entities, series.categories, earliest, split, known)
    return [row for row in own if row <= last]
