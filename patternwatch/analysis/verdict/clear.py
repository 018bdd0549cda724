"""Whether the first entity is clearly the cause, or something that moved as far by chance may be it."""

from collections.abc import Sequence

import numpy as np

from patternwatch.analysis.metrics.space_left import runs_out
from patternwatch.analysis.onset.likely_onsets import lateness
from patternwatch.analysis.verdict.lead import lead_of
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.series import Window
from patternwatch.contracts.severity import CLEAR_SCORE


def is_clear(
    first: EntityRank, findings: Sequence[Finding], window: Window, onset_ms: int, significant: int
) -> bool:
    """Whether the score of the first entity reaches that from which a cause is clear; see `clear_score`.

    significant  how many series moved farther than chance among so many (`SeriesCounts.significant`)

    >>> window = Window(start_ms=0, split_ms=2_400_000, end_ms=2_990_000, step_ms=10_000)
    >>> first = EntityRank(rank=1, entity="cart", label="service", score=4.5, series=3, top_findings=[])
    >>> [is_clear(first, [], window, onset_ms, significant=0) for onset_ms in (2_400_000, 2_000_000)]
    [True, False]
    """
    by_chance = not significant and not _has_run_out(lead_of(first, findings))
    return first.score >= clear_score(window, onset_ms, by_chance=by_chance)


def clear_score(window: Window, onset_ms: int, *, by_chance: bool) -> float:
    """The score from which the first entity is clearly the cause.

    onset_ms   where the trouble began
    by_chance  whether it may have moved by chance: no series moved farther than that among so many, and no
               space has been filling up to its end, which is no chance however long it took

    Each row that an onset may lie farther back is one more at which something moved by chance, and one less
    of the baseline that tells what is normal. So for what may be chance the bar is higher, by as much as an
    alert that is so late is less likely.

    >>> window = Window(start_ms=0, split_ms=2_400_000, end_ms=2_990_000, step_ms=10_000)
    >>> [round(clear_score(window, 2_000_000, by_chance=chance), 2) for chance in (False, True)]
    [4.0, 5.19]
    """
    if not by_chance:
        return CLEAR_SCORE
    row = min((onset_ms - window.start_ms) // window.step_ms, window.split_row)
    return CLEAR_SCORE * lateness(row, window.split_row, window.step_ms)


def _has_run_out(lead: Finding | None) -> bool:
    if lead is None or lead.limit is not None:
        return lead is not None
    name = lead.labels.get("__name__", "")
    return bool(runs_out([name], np.array([lead.baseline]), np.array([lead.peak]))[0])
