"""How many series a report is about: selected, judged, abnormal, left out and why."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from patternwatch.contracts.report import NotJudged, SeriesCounts
from patternwatch.contracts.series import Vector
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.skipped import NOTHING_LOST, Skipped, merged, shortened, totals
from patternwatch.detectors import CHANGE
from patternwatch.detectors.calibration import discoveries, p_values


def series_counts(
    results: Sequence[ShardResult], moved: Vector, vanished: int, begun: int = 0
) -> SeriesCounts:
    """The counts of all scans together.

    moved     how far each candidate moved that counts at the onset that won: it is abnormal, too
    vanished  series that ended inside the window
    begun     series that begin there because the samples of much do: none of them appeared

    >>> counts = series_counts([], np.array([9.0, 40.0]), vanished=3)
    >>> counts.flagged, counts.vanished
    (2, 3)
    """
    skipped: Counter[str] = Counter()
    for result in results:
        skipped.update(result.skipped)
    analysed = sum(r.analysed for r in results)
    return SeriesCounts(
        selected=sum(r.series for r in results),
        analysed=analysed,
        flagged=max(sum(r.flagged for r in results), len(moved)),
        by_chance=round(analysed * float(p_values(np.array([CHANGE.threshold]))[0])),
        significant=discoveries(p_values(moved), analysed),
        skipped=dict(sorted(skipped.items())),
        appeared=max(sum(r.appeared for r in results) - begun, 0),
        vanished=vanished,
        compared=sum(r.compared for r in results),
        suppressed_by_season=sum(r.suppressed_by_season for r in results),
    )


def not_judged(*parts: Skipped) -> list[NotJudged]:
    """What was not judged, or not read, by reason, the most frequent first.

    >>> [one.reason for one in not_judged({"mostly gaps": {"up": 3}}, {"too short": {"load": 2}})]
    ['mostly gaps', 'too short']
    """
    skipped = shortened(merged(*parts))
    number = totals(skipped)
    reasons = sorted(skipped.keys() - NOTHING_LOST, key=lambda reason: (-number[reason], reason))
    return [NotJudged(reason=r, series=number[r], metrics=dict(skipped[r])) for r in reasons]
