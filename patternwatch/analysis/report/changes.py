"""What a revision of a report says that the one before did not, in words."""

from patternwatch.contracts.looks import MAX_SUMMARY_ENTITIES, RevisionSummary
from patternwatch.contracts.report import Report

NOTHING_CHANGED = "nothing changed"
_TOLD_RANKS = 3
"""Ranks of which a change is told."""


def summary_of(report: Report) -> RevisionSummary:
    """What the next revision will be compared with.

    >>> from patternwatch.contracts.report import SeriesCounts
    >>> from patternwatch.contracts.series import Window
    >>> report = Report(
    ...     report_id="r", request_id="r", tenant="t", status="complete", trigger="manual", title="x",
    ...     selector='{a="b"}', window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1), verdict="v",
    ...     counts=SeriesCounts(selected=3, analysed=2, flagged=1), requested_at_ms=2,
    ... )
    >>> summary_of(report)
    RevisionSummary(entities=[], flagged=1, analysed=2, missing=0, onset_ms=None, grew='')
    """
    return RevisionSummary(
        entities=[e.entity for e in report.entities[:MAX_SUMMARY_ENTITIES]],
        flagged=report.counts.flagged,
        analysed=report.counts.analysed,
        missing=len(report.missing),
        onset_ms=report.onset_ms,
        grew=report.episode.grew if report.episode else "",
    )


def changes(before: RevisionSummary | None, now: RevisionSummary) -> list[str]:
    """What changed from one revision to the next; empty where there was none before.

    >>> ranked = ["cart", "web", "login", "payment"]
    >>> before = RevisionSummary(entities=ranked, flagged=7, analysed=40, missing=0)
    >>> after = RevisionSummary(entities=["payment", "cart", "web"], flagged=10, analysed=52, missing=0)
    >>> changes(before, after)
    ['payment moved from 4th to 1st', '3 more series changed', '12 more series were judged']
    >>> changes(after, after), changes(None, after)
    (['nothing changed'], [])
    >>> changes(before, after.model_copy(update={"entities": ["queue"], "grew": "queue is gone"}))[:2]
    ['it grew: queue is gone', 'queue is new, 1st']
    """
    if before is None:
        return []
    # Of what has grown another window is looked at: who stood out before goes on in its baseline.
    grew = bool(now.grew) and now.grew != before.grew
    told = [
        *([f"it grew: {now.grew}"] if grew else []),
        *_ranks(before.entities, now.entities, is_same_window=not grew),
        *_difference(now.flagged - before.flagged, "changed"),
        *_difference(now.analysed - before.analysed, "were judged"),
    ]
    if before.missing and not now.missing:
        told.append("no part of the series is missing any more")
    return told or [NOTHING_CHANGED]


def _ranks(before: list[str], now: list[str], *, is_same_window: bool) -> list[str]:
    """Who came up among the first, and what became of who was first."""
    told = []
    for rank, entity in enumerate(now[:_TOLD_RANKS], start=1):
        was = before.index(entity) + 1 if entity in before else None
        if was is None:
            told.append(f"{entity} is new, {ordinal(rank)}")
        elif was > rank:
            told.append(f"{entity} moved from {ordinal(was)} to {ordinal(rank)}")
    if is_same_window and before and before[0] not in now:
        told.append(f"{before[0]}, the first before, stands out no more")
    return told


def _difference(more: int, what: str) -> list[str]:
    if not more:
        return []
    return [f"{abs(more):,} {'more' if more > 0 else 'fewer'} series {what}"]


def ordinal(rank: int) -> str:
    """A rank in words.

    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 21, 102, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '21st', '102nd', '113th']
    """
    if rank % 100 in (11, 12, 13):
        return f"{rank}th"
    return f"{rank}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(rank % 10, 'th') }"
