"""Map: from a shard's series to sums that add up over shards, and the shard's strongest candidates."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metric_categories import CategoryTable
from patternwatch.analysis.onset import earliest_row, votes_of
from patternwatch.analysis.scoring import baseline_scale
from patternwatch.analysis.seasonal import SeasonalComparison, compare
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.messages import Candidate, Shard, ShardResult
from patternwatch.contracts.series import Flags, Matrix, SeriesBatch, Vector
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.detectors import CHANGE
from patternwatch.detectors.base import MIN_BASELINE
from patternwatch.detectors.edges import edges_of

MIN_SCREENING_SCORE = 0.5
"""Screening score under which a series is no candidate.

It is the best change score at any onset, and 1 flags a series: half of that is well below any finding."""
_ALWAYS_PRESENT = ("", "rate", "count_rate")
"""Derivations that have a point wherever the series was scraped; a mean has none while nothing happens."""
_MIN_PRESENT = 0.2
"""Share of the baseline that must hold points; judgement: with less, the rest is no baseline."""
_MAX_FLOAT32 = 3e38
"""Just inside the range of float32."""


def scan(shard: Shard, batch: SeriesBatch, settings: AnalysisSettings, fetch_ms: float = 0.0) -> ShardResult:
    """Scan every series of a shard.

    batch     the shard's N series, on the grid of the request's window; infinite values count as gaps
    fetch_ms  how long the source took to deliver them, for the result

    Raises ValueError where the batch has another number of rows than the window.

    >>> from patternwatch.analysis.planning import plan_shards
    >>> from patternwatch.analysis.requests import request_for_selector
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> [shard] = plan_shards(request, {"cpu_usage": 2}, settings)
    >>> rng, step = np.random.default_rng(0), np.where(np.arange(300) >= request.window.split_row, 40.0, 0.0)
    >>> values = np.array([10.0 + rng.normal(size=300) + step, np.full(300, 2.0)])
    >>> labels = [{"__name__": "cpu_usage", "service": name} for name in ("cart", "redis")]
    >>> result = scan(shard, SeriesBatch(labels, request.window.times(), values, ["", ""]), settings)
    >>> result.analysed, result.flagged, result.skipped
    (1, 1, {'constant': 1})
    >>> [(c.labels["service"], c.category) for c in result.candidates]
    [('cart', 'cpu')]
    """
    window = shard.request.window
    if len(batch.times) != window.rows:
        raise ValueError(f"a batch of {len(batch.times)} rows for a window of {window.rows}")
    values = batch.values
    edges = edges_of(values)
    always = np.array([d in _ALWAYS_PRESENT for d in batch.derivation], dtype=bool)
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


def _usable(values: Matrix, split: int) -> tuple[Flags, Counter[str]]:
    """Which series can be judged, shape (N,), and how many cannot, by the first reason that holds."""
    present = ~np.isnan(values)
    before = present[:, :split].sum(axis=1)
    after = present[:, split:].sum(axis=1)
    flat = np.fmax.reduce(values, axis=1, initial=-np.inf) <= np.fmin.reduce(values, axis=1, initial=np.inf)
    reasons = {
        "no points": before + after == 0,
        "constant": flat,
        "too short": before < MIN_BASELINE,
        "mostly gaps": before < _MIN_PRESENT * split,
        "ended before the current part": after == 0,
    }
    usable = np.ones(len(values), dtype=bool)
    skipped: Counter[str] = Counter()
    for reason, holds in reasons.items():
        if count := int((holds & usable).sum()):
            skipped[reason] = count
        usable &= ~holds
    return usable, skipped


def _scales(values: Matrix, split: int, categories: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
    _, spread = baseline_scale(values, split)
    rows: dict[str, list[int]] = defaultdict(list)
    for i, category in enumerate(categories):
        rows[category].append(i)
    return {category: np.sort(_packed(spread[rows[category]])) for category in sorted(rows)}


def _candidates(
    batch: SeriesBatch,
    kept: npt.NDArray[np.intp],
    values: Matrix,
    categories: Sequence[str],
    screening_score: Vector,
    compared: SeasonalComparison | None,
    max_candidates: int,
) -> list[Candidate]:
    """The series that changed most, ties by series id: the order of series in the batch does not matter.

    kept             positions in the batch of the M series that could be judged
    values           of these, shape (M, T)
    categories       M metric categories
    screening_score  shape (M,)
    compared         the comparison with an earlier window, None without one
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
    """As float32; values outside its range are cut to it, since infinity would read as a gap."""
    return np.clip(values, -_MAX_FLOAT32, _MAX_FLOAT32).astype(np.float32)
