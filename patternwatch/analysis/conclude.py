"""Reduce: from the scans of a request to its report. The same scans in any order give the same report."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.candidates import candidates_considered
from patternwatch.analysis.entities import Ranked, callee_of, entity_of, rank_entities
from patternwatch.analysis.findings import Judged, Shape, finding
from patternwatch.analysis.onset import find_onset
from patternwatch.analysis.scoring import movement, pooled_floors, scales_with_floors, scores
from patternwatch.analysis.verdict import verdict
from patternwatch.classifier.naming import Namer
from patternwatch.contracts.codec import encode
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.messages import AnalysisRequest, Candidate, ShardResult
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import EntityRank, Finding, MissingShard, Report, SeriesCounts
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE, DETECTORS

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
    namer: Namer,
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
    votes = np.sum([np.array(r.votes, dtype=np.int64) for r in good], axis=0)
    judged, onset = _judge(request, good, votes, settings)
    ranked = rank_entities(
        judged.entities,
        [c.kind for c in judged.candidates],
        judged.scores.tolist(),
        judged.ids,
        [callee_of(c.labels, settings.peer_labels) for c in judged.candidates],
    )
    findings = _findings(request, judged, ranked, onset, namer)
    onset_ms = request.window.start_ms + onset * request.window.step_ms if findings else None
    counts = _counts(good, len(findings))
    shown = findings[: settings.findings]
    entities = _entity_ranks(ranked, shown)
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
        taught=dict(sorted(Counter(f.taught.name for f in findings if f.taught).items())),
        entities=entities,
        findings=shown,
        omitted=len(findings) - len(shown),
        missing=missing,
        model=namer.version,
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


def split_seen(onset: int, rows: int) -> int:
    """Where the current part begins for the shape model, given the onset's row in a window of `rows`."""
    return max(onset, rows - FARTHEST_SPLIT)


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


@dataclass(frozen=True, slots=True)
class _Placed:
    id: str
    candidate: Candidate


def _strongest(results: Sequence[ShardResult], most: int) -> list[_Placed]:
    placed = [_Placed(series_id(c.labels, c.derivation), c) for r in results for c in r.candidates]
    return sorted(placed, key=lambda p: (-p.candidate.interest, p.id))[:most]


def _judge(
    request: AnalysisRequest,
    results: Sequence[ShardResult],
    votes: npt.NDArray[np.int64],
    settings: AnalysisSettings,
) -> tuple[Judged, int]:
    """The strongest candidates, measured anew at the onset that all series agree on."""
    window = request.window
    placed = _strongest(results, candidates_considered(settings))
    candidates = [p.candidate for p in placed]
    values = np.empty((len(candidates), window.rows))
    for i, candidate in enumerate(candidates):
        values[i] = candidate.values
    onset = find_onset(votes, values, window.split_row)
    kinds = [c.kind for c in candidates]
    floors = pooled_floors(_pooled(results))
    moved = movement(values, onset)
    scale = scales_with_floors(moved, kinds, np.array([floors.get(kind, 0.0) for kind in kinds]))
    detections = {detector.name: detector(values, onset) for detector in DETECTORS}
    change = detections[CHANGE.name]
    strength = scores(moved, scale, change.score, kinds, onset, window.rows)
    judged = Judged(
        candidates=candidates,
        ids=[p.id for p in placed],
        entities=[entity_of(c.labels, settings.entity_labels) for c in candidates],
        moved=moved,
        scale=scale,
        detections=detections,
        scores=np.where(change.flagged, strength, 0.0),
    )
    return judged, onset


def _pooled(results: Sequence[ShardResult]) -> dict[str, npt.NDArray[np.float64]]:
    pools: dict[str, list[npt.NDArray[np.float64]]] = defaultdict(list)
    for result in results:
        for kind, scales in result.scales.items():
            pools[kind].append(scales.astype(np.float64))
    return {kind: np.concatenate(parts) for kind, parts in pools.items()}


def _findings(
    request: AnalysisRequest, judged: Judged, ranked: Sequence[Ranked], onset: int, namer: Namer
) -> list[Finding]:
    """Every abnormal series, ranked: by its own score and by how suspicious its entity is."""
    members = [i for r in ranked for i in r.members]
    if not members:
        return []
    values = np.array([judged.candidates[i].values for i in members], dtype=np.float64)
    named = namer.name(values, split_seen(onset, request.window.rows))
    shapes = dict(zip(members, named.probabilities, strict=True))
    taught = dict(zip(members, named.taught, strict=True))
    suspicion = {i: r.score for r in ranked for i in r.members}

    def key(i: int) -> tuple[float, str]:
        surely_normal = shapes[i][_NORMAL] >= _SURELY_NORMAL
        return -judged.scores[i] * suspicion[i] * (0.25 if surely_normal else 1.0), judged.ids[i]

    return [
        finding(judged, i, Shape(shapes[i], taught[i], namer.version), request.window, rank)
        for rank, i in enumerate(sorted(members, key=key), start=1)
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
