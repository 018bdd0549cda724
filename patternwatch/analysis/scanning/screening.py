"""Screening: which series of a batch can be judged, and how much each changed at any onset."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.onset.earliest_row import earliest_row
from patternwatch.analysis.samples.usable_series import usable_series
from patternwatch.analysis.scoring.changed import by_meaning
from patternwatch.analysis.scoring.deviations import are_failures, deviation_stats, lasting_spread
from patternwatch.analysis.scoring.ended_work import are_running_work, changed_by_its_end, fell_to_nothing
from patternwatch.analysis.scoring.scores import category_weights, log_size, scales_with_floors
from patternwatch.analysis.scoring.seasonal import SeasonalComparison, compare
from patternwatch.contracts.series import Flags, Matrix, SeriesBatch, Vector
from patternwatch.contracts.skipped import Skipped
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.quantiles import SortedRows, sorted_rows

MIN_CHANGE = 0.5
"""Change score at any onset under which a series is no candidate: half of what flags a series."""
_ONSETS_BACK = (0, 10, 40, 160)
"""Rows before the split at which a trouble is tried to begin: no onset is far from one of them."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The K series of a batch that can be judged.

    kept             their rows in the batch, shape (K,)
    values           shape (K, T); NaN is a gap
    categories       what each measures
    baseline         the rows before the nominal split, sorted (`sorted_rows`)
    spread           usual in both halves of its baseline (`lasting_spread`), shape (K,)
    detection        the change ratio at the nominal split
    compared         what the seasonal reference does to it, where the request compares
    change           the best change score at any onset, shape (K,)
    screening_score  how far it moved from the best of several onsets on, which orders the candidates: 0 for
                     what only ticks now and then, shape (K,)
    notes            sentences about those that cannot be judged
    """

    kept: npt.NDArray[np.intp]
    values: Matrix
    categories: Sequence[str]
    baseline: SortedRows
    spread: Vector
    detection: Detection
    compared: SeasonalComparison | None
    change: Vector
    screening_score: Vector
    notes: Sequence[str] = ()

    @property
    def flagged(self) -> Flags:
        """Which are abnormal at the nominal split, shape (K,)."""
        if self.compared is None:
            return self.detection.flagged
        return np.asarray(self.compared.score >= CHANGE.threshold)

    @property
    def residual(self) -> Matrix:
        """The values without what the seasonal reference leads to expect."""
        return self.values if self.compared is None else self.compared.residual(self.values)


def screen(batch: SeriesBatch, split: int, categories: Sequence[str]) -> tuple[Screened, Skipped]:
    """The series of a batch that can be judged, screened; and those that cannot.

    split       first row of the current part, 0 < split < T
    categories  what each of the N series measures

    >>> rng, times = np.random.default_rng(0), np.arange(300)
    >>> values = np.array([rng.normal(size=300) + 40.0 * (times >= 240), np.full(300, 2.0)])
    >>> labels = [{"__name__": "cpu_usage", "service": name} for name in ("cart", "redis")]
    >>> screened, skipped = screen(SeriesBatch(labels, times, values, ["", ""]), 240, ["cpu", "cpu"])
    >>> screened.kept.tolist(), screened.flagged.tolist(), screened.categories, skipped
    ([0], [True], ['cpu'], {'constant': {'cpu_usage': 1}})
    """
    values = batch.values
    if np.isinf(values).any():
        values = np.where(np.isinf(values), np.nan, values)
    usable = usable_series(values, split, batch.labels, int(np.diff(batch.times[:2]).sum()))
    kept = np.flatnonzero(usable.flags)
    values = values if len(kept) == len(batch) else values[kept]
    categories = [categories[i] for i in kept.tolist()]
    derivations = [batch.derivation[i] for i in kept.tolist()]
    failures = are_failures(categories, derivations)
    earliest = earliest_row(values.shape[1], split)
    baseline = sorted_rows(values[:, :split])  # once for all that asks for order statistics of it
    detection, change = CHANGE.over_splits(values, split, earliest, baseline)
    running = are_running_work([batch.labels[i] for i in kept.tolist()], derivations)
    ended = fell_to_nothing(values, split, running)
    detection = changed_by_its_end(by_meaning(detection, categories), ended)
    change = np.where(ended, np.maximum(change, CHANGE.threshold), change)
    compared = None
    if batch.seasonal_reference is not None:
        reference = batch.seasonal_reference[kept]
        compared = compare(
            values, reference, split, earliest, detection.score, change, MIN_CHANGE, categories
        )
        change = compared.change
    if compared is None:
        score = _best_movement(values, change, categories, failures, split, earliest, baseline)
    else:
        score = _best_movement(compared.residual(values), change, categories, failures, split, earliest)
    return Screened(
        kept,
        values,
        categories,
        baseline,
        lasting_spread(values[:, :split], baseline),
        detection,
        compared,
        change,
        score,
        usable.notes,
    ), usable.skipped


def _best_movement(
    values: Matrix,
    change: Vector,
    categories: Sequence[str],
    failures: Flags,
    split: int,
    earliest: int,
    baseline: SortedRows | None = None,
) -> Vector:
    """The score of each series from the onset that suits it best, without what only all shards know.

    A change score of one row in a hundred is as high as that of a lasting shift; the score is not.
    """
    best = np.zeros(len(values))
    rows = np.flatnonzero(change >= MIN_CHANGE)
    if not len(rows):
        return best
    own, weight = [categories[i] for i in rows.tolist()], np.minimum(change[rows], 1.0)
    for onset in (split - back for back in _ONSETS_BACK if split - back >= earliest):
        known = (baseline[0][rows], baseline[1][rows]) if baseline and onset == split else None
        moved = deviation_stats(values[rows], onset, known, failures[rows])
        size = log_size(moved, scales_with_floors(moved, own, np.zeros(len(rows))))
        best[rows] = np.maximum(best[rows], size * category_weights(moved, own) * weight)
    return best
