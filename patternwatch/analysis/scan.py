"""Map: from a shard's series to sums that add up over shards, and its strongest candidates."""

from collections import Counter, defaultdict

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metric_categories import CategoryTable
from patternwatch.analysis.onset import earliest_row, votes_of
from patternwatch.analysis.scoring import baseline_scale
from patternwatch.analysis.seasonal import SeasonalComparison, compare
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.messages import Candidate, Shard, ShardResult
from patternwatch.contracts.series import Matrix, SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE
from patternwatch.detectors.base import MIN_BASELINE
from patternwatch.detectors.edges import edges_of

Vector = npt.NDArray[np.float64]

MIN_SCREENING_SCORE = 0.5
"""Change score under which a series is no candidate: it cannot become a finding at another onset."""
_ALWAYS_THERE = ("", "rate", "count_rate")
"""Derivations that have a point wherever the series was scraped; a mean has none while nothing happens."""
_MIN_SHARE = 0.2
_MAX_FLOAT32 = 3e38


def scan(shard: Shard, batch: SeriesBatch, settings: AnalysisSettings, fetch_ms: float = 0.0) -> ShardResult:
    """Look at every series of a shard.

    The batch is on the grid of the request's window; raises ValueError where it is not.
    """
    window = shard.request.window
    if len(batch.times) != window.rows:
        raise ValueError(f"a batch of {len(batch.times)} rows for a window of {window.rows}")
    values = batch.values
    edges = edges_of(values)
    always = np.array([d in _ALWAYS_THERE for d in batch.derivation], dtype=bool)
    if np.isinf(values).any():
        values = np.where(np.isinf(values), np.nan, values)
    usable, skipped = _usable(values, window.split_row)
    kept = np.flatnonzero(usable)
    values = values if len(kept) == len(batch) else values[kept]
    table = CategoryTable(settings.metric_categories)
    categories = [table.category_of(batch.labels[i], batch.derivation[i]) for i in kept]
    split, earliest = window.split_row, earliest_row(window.rows, window.split_row)
    detection, screening_score = CHANGE.over_splits(values, split, earliest)
    compared = None
    if batch.earlier is not None:
        compared = compare(
            values,
            batch.earlier[kept],
            split,
            earliest,
            detection.score,
            screening_score,
            MIN_SCREENING_SCORE,
        )
        screening_score = compared.screening_score
    flagged = detection.flagged if compared is None else compared.score >= CHANGE.threshold
    return ShardResult(
        shard_id=shard.shard_id,
        number=shard.number,
        of=shard.of,
        request=shard.request,
        series=len(batch) + sum(batch.skipped.values()) + sum(shard.left_out.values()),
        analysed=len(kept),
        flagged=int(flagged.sum()),
        compared=0 if compared is None else int(compared.known.sum()),
        suppressed_by_season=int((detection.flagged & ~flagged).sum()),
        skipped=dict(sorted((Counter(batch.skipped) + skipped + Counter(shard.left_out)).items())),
        appeared=int((edges.appeared & always).sum()),
        vanished=int((edges.vanished & always).sum()),
        votes=votes_of(values if compared is None else compared.residual(values), split).tolist(),
        scales=_scales(values, split, categories),
        candidates=_candidates(
            batch, kept, values, categories, screening_score, compared, shard.max_candidates
        ),
        fetch_ms=fetch_ms,
    )


def _usable(values: Matrix, split: int) -> tuple[npt.NDArray[np.bool_], Counter[str]]:
    """Which series can be judged, and why the others cannot."""
    present = ~np.isnan(values)
    before = present[:, :split].sum(axis=1)
    after = present[:, split:].sum(axis=1)
    flat = np.fmax.reduce(values, axis=1, initial=-np.inf) <= np.fmin.reduce(values, axis=1, initial=np.inf)
    reasons = {
        "no points": before + after == 0,
        "constant": flat,
        "too short": before < MIN_BASELINE,
        "mostly gaps": before < _MIN_SHARE * split,
        "ended before the current part": after == 0,
    }
    residual = np.ones(len(values), dtype=bool)
    skipped: Counter[str] = Counter()
    for reason, holds in reasons.items():
        if count := int((holds & residual).sum()):
            skipped[reason] = count
        residual &= ~holds
    return residual, skipped


def _scales(values: Matrix, split: int, categories: list[str]) -> dict[str, npt.NDArray[np.float32]]:
    _, spread = baseline_scale(values, split)
    rows: dict[str, list[int]] = defaultdict(list)
    for i, category in enumerate(categories):
        rows[category].append(i)
    return {category: np.sort(_packed(spread[rows[category]])) for category in sorted(rows)}


def _candidates(
    batch: SeriesBatch,
    kept: npt.NDArray[np.intp],
    values: Matrix,
    categories: list[str],
    screening_score: Vector,
    compared: SeasonalComparison | None,
    max_candidates: int,
) -> list[Candidate]:
    """The series that changed most, ties by series id, so that another order of series changes nothing.

    kept  rows of the batch that `values`, `categories` and `screening_score` are of
    """
    rows = np.flatnonzero(screening_score >= MIN_SCREENING_SCORE)
    if len(rows) > max_candidates:
        bar = np.partition(screening_score[rows], len(rows) - max_candidates)[len(rows) - max_candidates]
        rows = rows[screening_score[rows] >= bar]
    own = {i: batch.labels[kept[i]] for i in rows.tolist()}
    ids = {i: series_id(labels, batch.derivation[kept[i]]) for i, labels in own.items()}
    chosen = sorted(own, key=lambda i: (-screening_score[i], ids[i]))[:max_candidates]
    return [
        Candidate(
            labels=own[i],
            derivation=batch.derivation[kept[i]],
            category=categories[i],
            screening_score=float(screening_score[i]),
            values=packed,
            expected=_expected(compared, i),
        )
        for i, packed in zip(chosen, _packed(values[chosen]), strict=True)
    ]


def _expected(compared: SeasonalComparison | None, row: int) -> npt.NDArray[np.float32] | None:
    if compared is None or not compared.known[row]:
        return None
    return _packed(compared.expected.get(row, np.empty(0)))


def _packed(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """As float32; what lies outside its range is cut to it, since infinity would read as a gap."""
    return np.clip(values, -_MAX_FLOAT32, _MAX_FLOAT32).astype(np.float32)
