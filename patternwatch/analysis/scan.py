"""Map: from a shard's series to sums that add up over shards, and the shard's strongest candidates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.entities.call_rules import CALL_LABELS
from patternwatch.analysis.identity.label_counts import label_counts
from patternwatch.analysis.lifecycle.ended_series import event_candidates
from patternwatch.analysis.lifecycle.exits import exits_of
from patternwatch.analysis.lifecycle.facts import facts_of
from patternwatch.analysis.lifecycle.lives import lives_of
from patternwatch.analysis.lifecycle.regular import are_regular
from patternwatch.analysis.lifecycle.restarts import restarts_of
from patternwatch.analysis.lifecycle.succession import succession
from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.onset.votes import votes_of
from patternwatch.analysis.samples.newest_samples import newest_and_due
from patternwatch.analysis.scanning.label_facts import KEPT_LABEL_FACTS
from patternwatch.analysis.scanning.limits_told import limits_told
from patternwatch.analysis.scanning.moved_series import moved_candidates, recurrent_candidates
from patternwatch.analysis.scanning.refused_calls import with_refusals
from patternwatch.analysis.scanning.screening import screen
from patternwatch.analysis.scoring.chance import ChanceWeights
from patternwatch.analysis.scoring.family_movements import movements_of
from patternwatch.analysis.scoring.pools import unit_pool
from patternwatch.analysis.series.replicas import without_replicas
from patternwatch.analysis.series.summed import with_sums
from patternwatch.contracts.arrays import as_float32
from patternwatch.contracts.series import AGES, SeriesBatch, Vector
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.skipped import merged, shortened, totals
from patternwatch.detectors.edges import edges_of

_ALWAYS_PRESENT = ("", "rate", "count_rate", *AGES)
"""Derivations that have a point wherever the series was scraped; a mean has none while nothing happens."""


def scan(shard: Shard, batch: SeriesBatch, settings: AnalysisSettings, fetch_ms: float = 0.0) -> ShardResult:
    """Scan every series of a shard.

    batch     the shard's N series, on the grid of the request's window; infinite values count as gaps
    fetch_ms  how long the source took to deliver them, for the result

    Raises ValueError where the batch has another number of rows than the window.

    >>> from patternwatch.analysis.planning.shards import plan_shards
    >>> from patternwatch.analysis.planning.requests import request_for_selector
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
    batch = without_replicas(batch, window.split_row, settings.replica_labels)
    if not shard.is_part_of_a_metric:
        batch = with_sums(batch)
    told = KEPT_LABEL_FACTS.of(shard, batch, settings)
    read, replicas = told.read, told.replicas
    edges = edges_of(batch.values)
    always = np.array([d in _ALWAYS_PRESENT for d in batch.derivation], dtype=bool)
    # Calls end with whoever calls: they tell of no life of their own.
    lives = np.array([one.subject.label not in CALL_LABELS for one in read.distinct], dtype=bool)
    living = always & lives[read.of]
    regular = living & are_regular(batch.values, edges)
    earliest = earliest_row(window.rows, window.split_row)
    categories = with_refusals(told.categories, told.doors, batch.values, earliest)
    succeeded = succession(batch, edges, told.twins, categories, earliest)
    screened, unusable = screen(replace(batch, values=succeeded.values), window.split_row, categories)
    left_out = shard.left_out_metrics or {reason: {"": n} for reason, n in shard.left_out.items()}
    skipped = merged(batch.skipped, unusable, left_out)
    compared = screened.compared
    families = [told.families[i] for i in screened.kept.tolist()]
    pools = [
        unit_pool(category, family, batch.labels[i].get("__name__", ""), batch.derivation[i])
        for category, family, i in zip(screened.categories, families, screened.kept.tolist(), strict=True)
    ]
    residual = screened.residual
    movements = movements_of(
        residual,
        window.split_row,
        screened.flagged,
        families,
        screened.categories,
        is_part=shard.is_part_of_a_metric,
    )
    worth = ChanceWeights([movements]).of(families, screened.screening_score) * screened.screening_score
    limits, cut = limits_told(batch.labels, batch.values, told.limits)
    newest, due = newest_and_due(batch.values, edges, always)
    put_forward = [
        *moved_candidates(batch, screened, worth, shard.max_candidates, succeeded, told.ids),
        *recurrent_candidates(batch, screened, window.split_row, succeeded, told.ids),
        *event_candidates(batch, edges, replicas, regular, succeeded, categories, earliest, told.ids),
    ]
    return ShardResult(
        shard_id=shard.shard_id,
        number=shard.number,
        of=shard.of,
        request=shard.request,
        expected=shard.expected,
        series=len(batch) + sum(totals(merged(batch.skipped, left_out)).values()),
        analysed=len(screened.kept),
        flagged=int(screened.flagged.sum()),
        compared=0 if compared is None else int(compared.known.sum()),
        suppressed_by_season=int((screened.detection.flagged & ~screened.flagged).sum()),
        skipped=totals(skipped),
        not_judged=shortened(skipped),
        notes=[*batch.notes, *screened.notes, *cut],
        partial_answers=list(batch.partial_answers),
        appeared=int((edges.appeared & always).sum()),
        vanished=int((edges.vanished & always).sum()),
        newest=newest,
        due=due,
        votes=votes_of(residual, window.split_row).tolist(),
        scales=_scales(screened.spread, screened.categories),
        family_scales=_scales(screened.spread, pools),
        families=movements,
        census=told.census,
        calls=told.calls,
        candidates=[candidate for _, candidate in put_forward],
        lives=lives_of(batch.labels, batch.values, replicas, edges, living, regular),
        facts=facts_of(batch.labels, batch.values),
        restarts=[
            *restarts_of(batch.labels, batch.derivation, batch.values, window, earliest),
            *exits_of(batch.labels, batch.derivation, batch.values, window, earliest),
        ],
        owners=told.owner_links,
        coverage=told.coverage,
        untold=told.untold,
        label_counts=label_counts(
            told.counted, (i for i, _ in put_forward), is_part=shard.is_part_of_a_metric
        ),
        pod_parts=told.pod_parts,
        limits=limits,
        fetch_ms=fetch_ms,
    )


def _scales(spread: Vector, pools: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
    rows: dict[str, list[int]] = defaultdict(list)
    for i, pool in enumerate(pools):
        rows[pool].append(i)
    return {pool: np.sort(as_float32(spread[rows[pool]])) for pool in sorted(rows) if pool}
