"""Reduce: from the scans of a request to its report. The same scans in any order give the same report."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.entities import Ranked
from patternwatch.analysis.findings import Shape, finding, with_evidence
from patternwatch.analysis.near_duplicates import same_as
from patternwatch.analysis.onset_evaluation import OnsetEvaluation, evaluate_onsets
from patternwatch.analysis.verdict import verdict, verdict_parts
from patternwatch.classifier.shape_classifier import ShapeClassifier
from patternwatch.contracts.codec import encode
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.messages import AnalysisRequest, ShardResult
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import EntityRank, Finding, MissingShard, Report, SeriesCounts
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE
from patternwatch.detectors.calibration import discoveries, p_values

MAX_BYTES = 900_000
"""A report travels as one Kafka record, whose usual limit is 1 MB."""
MAX_SPLIT_DISTANCE = 110
"""The shape model looks at no more than this many rows from its split on."""
_NORMAL = PATTERNS.index(Pattern.NORMAL)
_SURELY_NORMAL = 0.8
_TOP_FINDINGS = 5


def conclude(
    request: AnalysisRequest,
    results: Sequence[ShardResult],
    classifier: ShapeClassifier,
    settings: AnalysisSettings,
    of: int | None = None,
) -> Report:
    """The report of a request.

    results   what the scans found; a shard told of twice counts once
    namer     names the shape of each series that is found
    of        how many shards were planned, where no result says so; those without a good result make the
              report partial, and where none has one it is failed
    """
    planned, good, missing = _sorted_out(results, of)
    if not good:
        reason = missing[0].reason if missing else "no part of the series was analysed"
        return failed(request, reason, missing=missing)
    evaluation = evaluate_onsets(request.window, good, settings)
    findings = _findings(request, evaluation, classifier)
    onset_ms = request.window.start_ms + evaluation.onset * request.window.step_ms if findings else None
    counts = _counts(good, evaluation)
    shown = with_evidence(
        _with_duplicates(findings[: settings.findings]), evaluation.onset, settings.drift_findings
    )
    entities = _entity_ranks(evaluation.ranked, shown)
    parts = verdict_parts(request, counts, entities, shown, onset_ms, len(findings))
    report = Report(
        report_id=request.request_id,
        request_id=request.request_id,
        tenant=request.tenant,
        status="partial" if missing else "complete",
        reason=f"{len(missing)} of {planned} parts of the series are missing" if missing else "",
        trigger=request.trigger,
        title=request.title,
        selector=format_selector(request.matchers),
        alert=request.alert,
        watch=request.watch,
        window=request.window,
        compare=request.compare,
        onset_ms=onset_ms,
        verdict=verdict(parts),
        verdict_parts=parts,
        counts=counts,
        patterns=dict(sorted(Counter(f.pattern for f in findings).items())),
        taught=dict(sorted(Counter(f.taught.name for f in findings if f.taught).items())),
        entities=entities,
        findings=shown,
        omitted=len(findings) - len(shown),
        missing=missing,
        model=classifier.version,
        requested_at_ms=request.requested_at_ms,
    )
    return _within(report, MAX_BYTES)


def failed(request: AnalysisRequest, reason: str, missing: Sequence[MissingShard] = ()) -> Report:
    """The report of a request that came to nothing, and why."""
    return Report(
        report_id=request.request_id,
        request_id=request.request_id,
        tenant=request.tenant,
        status="failed",
        reason=reason,
        trigger=request.trigger,
        title=request.title,
        selector=format_selector(request.matchers),
        alert=request.alert,
        watch=request.watch,
        window=request.window,
        compare=request.compare,
        verdict=f"No result: {reason.rstrip('.')}.",
        counts=SeriesCounts(selected=0, analysed=0, flagged=0),
        missing=list(missing),
        requested_at_ms=request.requested_at_ms,
    )


def classifier_split(onset: int, rows: int) -> int:
    """Where the current part begins for the shape model, given the onset's row in a window of `rows`."""
    return max(onset, rows - MAX_SPLIT_DISTANCE)


def _sorted_out(
    results: Sequence[ShardResult], of: int | None
) -> tuple[int, list[ShardResult], list[MissingShard]]:
    """How many shards there are, the good results by number, and what is missing."""
    planned = max([of or 0, *(r.of for r in results)])
    good: dict[int, ShardResult] = {}
    reasons: dict[int, str] = {}
    for result in sorted(results, key=lambda r: (r.number, r.reason)):
        if result.status == "ok":
            good.setdefault(result.number, result)
        else:
            reasons.setdefault(result.number, result.reason)
    missing = [
        MissingShard(number=n, reason=reasons.get(n, "no answer before the deadline"))
        for n in range(planned)
        if n not in good
    ]
    return planned, [good[n] for n in sorted(good)], missing


def _findings(
    request: AnalysisRequest, evaluation: OnsetEvaluation, classifier: ShapeClassifier
) -> list[Finding]:
    """Every abnormal series, ranked: by its own score and by how suspicious its entity is."""
    members = [i for r in evaluation.ranked for i in r.members]
    if not members:
        return []
    named = classifier.name(
        evaluation.series.values[members], classifier_split(evaluation.onset, request.window.rows)
    )
    shapes = dict(zip(members, named.probabilities, strict=True))
    taught = dict(zip(members, named.taught, strict=True))
    suspicion = {i: r.score for r in evaluation.ranked for i in r.members}
    scores = evaluation.scores

    def key(i: int) -> tuple[float, str]:
        surely_normal = shapes[i][_NORMAL] >= _SURELY_NORMAL
        return -scores[i] * suspicion[i] * (0.25 if surely_normal else 1.0), evaluation.series.ids[i]

    return [
        finding(
            evaluation,
            i,
            Shape(shapes[i], taught[i], classifier.version),
            request.window,
            rank,
            request.compare,
        )
        for rank, i in enumerate(sorted(members, key=key), start=1)
    ]


def _with_duplicates(findings: Sequence[Finding]) -> list[Finding]:
    values = np.array([f.points for f in findings], dtype=np.float64)
    likenesses = same_as(values, [(f.entity, f.category) for f in findings])
    return [
        f if first is None else f.model_copy(update={"same_as": findings[first].rank})
        for f, first in zip(findings, likenesses, strict=True)
    ]


def _counts(results: Sequence[ShardResult], evaluation: OnsetEvaluation) -> SeriesCounts:
    skipped: Counter[str] = Counter()
    for result in results:
        skipped.update(result.skipped)
    analysed = sum(r.analysed for r in results)
    flagged = evaluation.scores > 0.0
    return SeriesCounts(
        selected=sum(r.series for r in results),
        analysed=analysed,
        flagged=int(flagged.sum()),
        by_chance=round(analysed * float(p_values(np.array([CHANGE.threshold]))[0])),
        significant=discoveries(p_values(evaluation.change.score[flagged]), analysed),
        skipped=dict(sorted(skipped.items())),
        appeared=sum(r.appeared for r in results),
        vanished=sum(r.vanished for r in results),
        compared=sum(r.compared for r in results),
        suppressed_by_season=sum(r.suppressed_by_season for r in results),
    )


def _entity_ranks(ranked: Sequence[Ranked], findings: Sequence[Finding]) -> list[EntityRank]:
    shown: dict[str, list[int]] = defaultdict(list)
    for found in findings:
        shown[found.entity].append(found.rank)
    return [
        EntityRank(
            rank=rank,
            entity=r.entity.name,
            label=r.entity.label,
            score=round(r.score, 6),
            series=len(r.members),
            top_findings=shown[r.entity.name][:_TOP_FINDINGS],
        )
        for rank, r in enumerate(ranked, start=1)
    ]


def _within(report: Report, max_bytes: int) -> Report:
    """The report without its lowest findings, where they would make it too large to travel."""
    size = len(encode(report))
    while size > max_bytes and report.findings:
        keep = min(len(report.findings) - 1, int(len(report.findings) * max_bytes / size))
        findings = report.findings[:keep]
        entities = [
            e.model_copy(update={"top_findings": [rank for rank in e.top_findings if rank <= keep]})
            for e in report.entities
        ]
        omitted = report.omitted + len(report.findings) - keep
        report = report.model_copy(update={"findings": findings, "entities": entities, "omitted": omitted})
        size = len(encode(report))
    return report
