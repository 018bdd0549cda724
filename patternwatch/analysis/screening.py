"""Screening: which series of a batch can be judged, and how much each changed at any onset."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.analysis.metric_categories import CategoryTable
from patternwatch.analysis.onset import earliest_row
from patternwatch.analysis.seasonal import SeasonalComparison, compare
from patternwatch.contracts.series import Flags, Labels, Matrix, SeriesBatch, Vector
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.skipped import CONSTANT, Skipped, merged, skipped_for
from patternwatch.detectors import CHANGE, Detection
from patternwatch.detectors.base import MIN_BASELINE

MIN_SCREENING_SCORE = 0.5
"""Screening score under which a series is no candidate.

It is the best change score at any onset, and 1 flags a series: half of that is well below any finding."""
_MIN_PRESENT = 0.2
"""Share of the baseline that must hold points; judgement: with less, the rest is no baseline."""


@dataclass(frozen=True, slots=True)
class Screened:
    """The K series of a batch that can be judged.

    kept             their rows in the batch, shape (K,)
    values           shape (K, T); NaN is a gap
    categories       what each measures
    detection        the change ratio at the nominal split
    compared         what the seasonal reference does to it, where the request compares
    screening_score  the best score at any split, which orders the candidates, shape (K,)
    """

    kept: npt.NDArray[np.intp]
    values: Matrix
    categories: Sequence[str]
    detection: Detection
    compared: SeasonalComparison | None
    screening_score: Vector

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


def screen(batch: SeriesBatch, split: int, settings: AnalysisSettings) -> tuple[Screened, Skipped]:
    """The series of a batch that can be judged, screened; and those that cannot.

    split  first row of the current part, 0 < split < T

    >>> rng, times = np.random.default_rng(0), np.arange(300)
    >>> values = np.array([rng.normal(size=300) + 40.0 * (times >= 240), np.full(300, 2.0)])
    >>> labels = [{"__name__": "cpu_usage", "service": name} for name in ("cart", "redis")]
    >>> screened, skipped = screen(SeriesBatch(labels, times, values, ["", ""]), 240, AnalysisSettings())
    >>> screened.kept.tolist(), screened.flagged.tolist(), screened.categories, skipped
    ([0], [True], ['cpu'], {'constant': {'cpu_usage': 1}})
    """
    values = batch.values
    if np.isinf(values).any():
        values = np.where(np.isinf(values), np.nan, values)
    usable, skipped = _usable(values, split, batch.labels)
    kept = np.flatnonzero(usable)
    values = values if len(kept) == len(batch) else values[kept]
    table = CategoryTable(settings.metric_categories)
    categories = [table.category_of(batch.labels[i], batch.derivation[i]) for i in kept]
    earliest = earliest_row(values.shape[1], split)
    detection, score = CHANGE.over_splits(values, split, earliest)
    compared = None
    if batch.seasonal_reference is not None:
        reference = batch.seasonal_reference[kept]
        compared = compare(values, reference, split, earliest, detection.score, score, MIN_SCREENING_SCORE)
        score = compared.screening_score
    return Screened(kept, values, categories, detection, compared, score), skipped


def _usable(values: Matrix, split: int, labels: Sequence[Labels]) -> tuple[Flags, Skipped]:
    """Which series can be judged, shape (N,), and those that cannot, by the first reason that holds."""
    present = ~np.isnan(values)
    before = present[:, :split].sum(axis=1)
    after = present[:, split:].sum(axis=1)
    flat = np.fmax.reduce(values, axis=1, initial=-np.inf) <= np.fmin.reduce(values, axis=1, initial=np.inf)
    reasons = {
        "no points": before + after == 0,
        CONSTANT: flat,
        "too short": before < MIN_BASELINE,
        "mostly gaps": before < _MIN_PRESENT * split,
        "ended before the current part": after == 0,
    }
    usable = np.ones(len(values), dtype=bool)
    skipped: list[Skipped] = []
    for reason, holds in reasons.items():
        rows = np.flatnonzero(holds & usable)
        skipped.append(skipped_for(reason, (labels[i].get("__name__", "") for i in rows.tolist())))
        usable &= ~holds
    return usable, merged(*skipped)
