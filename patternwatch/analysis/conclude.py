"""Reduce: from the scans of a request to its report. The same scans in any order give the same report."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.alike import same_as
from patternwatch.analysis.entities import Ranked
from patternwatch.analysis.findings import finding
from patternwatch.analysis.judging import Judged, judge
from patternwatch.analysis.verdict import verdict
from patternwatch.contracts.codec import encode
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.messages import AnalysisRequest, ShardResult
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import EntityRank, Finding, MissingShard, Report, SeriesCounts
from patternwatch.contracts.series import Matrix
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE, DETECTORS

Classify = Callable[[Matrix, int], npt.NDArray[np.float32]]

MOST_BYTES = 900_000
"""A report travels as one Kafka record, whose usual limit is 1 MB."""
FARTHEST_SPLIT = 110
"""The shape model looks at no more than this many rows from its split on."""
_NORMAL = PATTERNS.index(Pattern.NORMAL)
_SURELY_NORMAL = 0.8
_TOP_FINDINGS = 5


def conclude(
    request: AnalysisRequest,
    results: Sequence[ShardResult],
    classify: Classify,
    model_version: str,
    settings: AnalysisSettings,
    of: int | None = None,
) -> Report:
    """The report of a request.

    results   what the scans found; a shard told of twice counts once
    classify  (N, T) values and a split row -> (N, 15) probabilities in the order of PATTERNS
    of        how many shards were planned, where no result says so; those without a good result make the
              report partial, and where none has one it is failed
    """
    planned, good, missing = _sorted_out(results, of)
    if not good:
        reason = missing[0].reason if missing else "no part of the series was analysed"
        return failed(request, reason, missing=missing)
    judged = judge(request.window, good, settings)
    findings = _findings(request, judged, classify)
    onset_ms = request.window.start_ms + judged.onset * request.window.step_ms if findings else None
    counts = _counts(good, len(findings))
    shown = _with_likenesses(findings[: settings.findings])
    entities = _entity_ranks(judged.ranked, shown)
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
        onset_ms=onset_ms,
        verdict=verdict(request, counts, entities, shown, onset_ms, len(findings)),
        counts=counts,
        patterns=dict(sorted(Counter(f.pattern for f in findings).items())),
        entities=entities,
        findings=shown,
        omitted=len(findings) - len(shown),
        missing=missing,
        model=model_version,
        requested_at_ms=request.requested_at_ms,
    )
    return _within(report, MOST_BYTES)


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
        verdict=f"No result: {reason.rstrip('.')}.",
        counts=SeriesCounts(selected=0, analysed=0, flagged=0),
        missing=list(missing),
        requested_at_ms=request.requested_at_ms,
    )


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


def _findings(request: AnalysisRequest, judged: Judged, classify: Classify) -> list[Finding]:
    """Every abnormal series, ranked: by its own score and by how suspicious its entity is."""
    members = [i for r in judged.ranked for i in r.members]
    if not members:
        return []
    split = max(judged.onset, request.window.rows - FARTHEST_SPLIT)
    shapes = dict(zip(members, classify(judged.series.values[members], split), strict=True))
    suspicion = {i: r.score for r in judged.ranked for i in r.members}
    scores = judged.scores

    def key(i: int) -> tuple[float, str]:
        surely_normal = shapes[i][_NORMAL] >= _SURELY_NORMAL
        return -scores[i] * suspicion[i] * (0.25 if surely_normal else 1.0), judged.series.ids[i]

    detections = {d.name: d(judged.series.values, judged.onset) for d in DETECTORS if d is not CHANGE}
    detections[CHANGE.name] = judged.change
    return [
        finding(judged, detections, i, shapes[i], request.window, rank)
        for rank, i in enumerate(sorted(members, key=key), start=1)
    ]


def _with_likenesses(findings: Sequence[Finding]) -> list[Finding]:
    values = np.array([f.points for f in findings], dtype=np.float64)
    likenesses = same_as(values, [(f.entity, f.kind) for f in findings])
    return [
        f if first is None else f.model_copy(update={"same_as": findings[first].rank})
        for f, first in zip(findings, likenesses, strict=True)
    ]


def _counts(results: Sequence[ShardResult], flagged: int) -> SeriesCounts:
    skipped: Counter[str] = Counter()
    for result in results:
        skipped.update(result.skipped)
    return SeriesCounts(
        selected=sum(r.series for r in results),
        analysed=sum(r.analysed for r in results),
        flagged=flagged,
        skipped=dict(sorted(skipped.items())),
        appeared=sum(r.appeared for r in results),
        vanished=sum(r.vanished for r in results),
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


def _within(report: Report, most_bytes: int) -> Report:
    """The report without its lowest findings, where they would make it too large to travel."""
    size = len(encode(report))
    while size > most_bytes and report.findings:
        keep = min(len(report.findings) - 1, int(len(report.findings) * most_bytes / size))
        findings = report.findings[:keep]
        entities = [
            e.model_copy(update={"top_findings": [rank for rank in e.top_findings if rank <= keep]})
            for e in report.entities
        ]
        omitted = report.omitted + len(report.findings) - keep
        report = report.model_copy(update={"findings": findings, "entities": entities, "omitted": omitted})
        size = len(encode(report))
    return report
