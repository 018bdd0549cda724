"""Reduce: from the scans of a request to its report. The same scans in any order give the same report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from patternwatch.analysis.findings.evidence import with_evidence
from patternwatch.analysis.findings.findings import ranked_findings
from patternwatch.analysis.findings.shown_labels import with_shown_labels
from patternwatch.analysis.identity.explanations import Explanation
from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.judgement import Lifecycle, lifecycle_of
from patternwatch.analysis.lifecycle.outage_verdict import fields_with_events, with_events
from patternwatch.analysis.ranking.best_onset import evaluate_onsets
from patternwatch.analysis.ranking.dead_backends import backend_first
from patternwatch.analysis.ranking.entity_ranks import entity_ranks
from patternwatch.analysis.ranking.explained_entities import explained_entities
from patternwatch.analysis.ranking.missed_workloads import with_missed_workload
from patternwatch.analysis.ranking.new_neighbours import new_neighbour
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.ranking.troubled_hosts import troubled_host
from patternwatch.analysis.ranking.troubled_nodes import TroubledNode, node_first, troubled_node
from patternwatch.analysis.ranking.troubled_places import troubled_place
from patternwatch.analysis.report.failed import failed, header_of
from patternwatch.analysis.report.lacks import lacks_of
from patternwatch.analysis.report.lone_instances import lone_instances, named_by_instance
from patternwatch.analysis.report.looks import next_look_ms
from patternwatch.analysis.report.report_size import MAX_BYTES, trimmed
from patternwatch.analysis.report.series_counts import not_judged, series_counts
from patternwatch.analysis.report.shard_results import CollatedResults, collate, unread_of
from patternwatch.analysis.report.unfelt import below_bar
from patternwatch.analysis.samples.freshness import freshness_of
from patternwatch.analysis.samples.newest_samples import NewestSamples, newest_samples
from patternwatch.analysis.samples.waiting import early_note, waiting_parts
from patternwatch.analysis.series.near_duplicates import with_duplicates
from patternwatch.analysis.verdict import Judged, verdict, verdict_fields, verdict_parts
from patternwatch.analysis.verdict.confidence import confidence_of
from patternwatch.analysis.verdict.symptoms import is_felt
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult


def conclude(
    request: AnalysisRequest,
    results: Sequence[ShardResult],
    classifier: ShapeClassifier,
    settings: AnalysisSettings,
    of: int | None = None,
) -> Report:
    """The report of a request.

    results     what the scans found, in any order; a shard with several results counts once
    classifier  names the shape of each series that is found
    settings    number of findings, labels that name entities, and so on
    of          number of planned shards, needed where no result arrived to say it

    Shards without a successful result make the report `partial`; with none at all it is `failed`.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.classifier.shape_classifier import PlainClassifier
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> unused = PlainClassifier(lambda values, split: None)
    >>> report = conclude(request, [], unused, settings, of=2)
    >>> report.status, report.reason
    ('failed', 'not read before the deadline')
    """
    collated = collate(results, of)
    missing = collated.missing
    if not collated.good:
        reason = missing[0].reason if missing else "no part of the series was analysed"
        return failed(request, reason, missing=missing)
    return _concluded(request, collated, classifier, settings)


@dataclass(frozen=True, slots=True)
class _Ranking:
    """What the scans say together: until when, who lives, when it began, who moved, and where it lies."""

    newest: NewestSamples
    life: Lifecycle
    evaluation: OnsetEvaluation
    explained: Mapping[str, Explanation]
    node: TroubledNode | None


def _ranking(
    request: AnalysisRequest, results: Sequence[ShardResult], settings: AnalysisSettings
) -> _Ranking:
    newest = newest_samples(request.window, results)
    scope = Scope(results, settings)
    life = lifecycle_of(request.window, results, newest.row, scope)
    window = newest.judged(request.window)
    evaluation = evaluate_onsets(window, results, settings, life.series, request=request, scope=scope)
    evaluation = with_missed_workload(evaluation, life.series)
    explained = explained_entities(evaluation, results, scope)
    node = (
        troubled_node(evaluation, life)
        or troubled_host(evaluation)
        or new_neighbour(evaluation, life)
        or troubled_place(evaluation, explained)
    )
    ranked = backend_first(evaluation, life.events)
    evaluation = replace(evaluation, ranked=node_first(ranked, node))
    return _Ranking(newest, life, evaluation, explained, node)


def _concluded(
    request: AnalysisRequest,
    collated: CollatedResults,
    classifier: ShapeClassifier,
    settings: AnalysisSettings,
) -> Report:
    """The report of a request with at least one successful result."""
    missing = collated.missing
    ranking = _ranking(request, collated.good, settings)
    evaluation = ranking.evaluation
    findings = ranked_findings(request, evaluation, classifier, settings.findings)
    onset_ms = request.window.start_ms + evaluation.onset * request.window.step_ms if findings.total else None
    moved = evaluation.change.score[evaluation.scores > 0.0]
    begun = sum(e.series for e in ranking.life.events if e.kind == "data_begins")
    counts = series_counts(collated.good, moved, ranking.newest.vanished, begun)
    fresh = freshness_of(request, [result.newest for result in collated.good])
    next_ms = next_look_ms(request, fresh)
    # River's detectors see little before the current part is whole, and cost a third of a millisecond each.
    drift_findings = settings.drift_findings if next_ms is None else 0
    originals = with_duplicates(findings.shown, _recorded(evaluation))
    shown = with_evidence(originals, evaluation.onset, drift_findings)
    entities = entity_ranks(evaluation, shown, ranking.life, ranking.explained, ranking.node)
    names = lone_instances(entities, shown)
    entities, shown, events = named_by_instance(names, entities, shown, ranking.life.events)
    if not is_felt(shown, request.alert):
        entities, shown = below_bar(entities, shown)
    sure = confidence_of(entities, shown, request.window, onset_ms, request.alert, counts.significant)
    judged = Judged(counts, entities, shown, onset_ms, findings.total, sure, missing)
    lacks = lacks_of(request, collated, ranking.newest, ranking.life, counts)
    parts = waiting_parts(request, fresh, next_ms) if not findings.total else None
    if parts is None:
        parts = with_events(
            verdict_parts(request, judged), events, entities, shown, lacks.beside, counts.analysed > 0
        )
    notes = [*lacks.notes, *ranking.newest.notes(request.window)]
    if findings.total and (early := early_note(request, fresh, next_ms)):
        notes = [*lacks.notes, early]  # says the same, and what comes of it
    report = Report(
        **header_of(request, missing, [*notes, *(note for r in collated.good for note in r.notes)]),
        status="partial" if missing or lacks.notes else "complete",
        reason=lacks.reason,
        onset_ms=onset_ms,
        verdict=verdict(parts),
        verdict_parts=parts,
        verdict_fields=fields_with_events(verdict_fields(request, judged), events, lacks.gaps),
        confidence=judged.confidence.chance,
        how_sure=judged.confidence.how_sure,
        counts=counts,
        patterns=findings.patterns,
        taught=findings.taught,
        entities=entities,
        findings=with_shown_labels(shown),
        events=events,
        no_all_clear=lacks.no_all_clear,
        omitted=findings.total - len(shown),
        not_judged=not_judged(*(r.not_judged for r in collated.good), unread_of(missing)),
        model=classifier.version,
        next_look_ms=next_ms,
    )
    return trimmed(report, MAX_BYTES)


def _recorded(evaluation: OnsetEvaluation) -> dict[str, str]:
    """Series id of what a recording rule made -> id of the series that it repeats."""
    ids = evaluation.series.ids
    return {ids[i]: ids[raw] for i, raw in evaluation.series.recorded.originals.items()}
