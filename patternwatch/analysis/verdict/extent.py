"""How much of what was selected changed, or why nothing is said of it."""

from collections.abc import Sequence

from patternwatch.analysis.verdict.words import plural, series_in_words
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.report import SeriesCounts


def quiet(counts: SeriesCounts) -> str:
    """The verdict where no series points at a cause.

    >>> quiet(SeriesCounts(selected=40, analysed=40, flagged=0))
    'Nothing abnormal found: none of 40 series moved beyond its own past.'
    """
    if not counts.flagged:
        return (
            f"Nothing abnormal found: none of {series_in_words(counts.analysed)} moved beyond its own past."
        )
    return (
        f"Nothing stands out: {counts.flagged:,} of {series_in_words(counts.analysed)} "
        "moved beyond their own past, none in a way that points at a cause."
    )


def changed_series(entities: Sequence[EntityRank], counts: SeriesCounts, changed: int) -> str:
    """How many series of how many entities changed, and of how many that changed at all.

    entities  the likeliest cause first, at least one
    changed   number of series that point at one of them, shown or not

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1])
    >>> changed_series([cart], SeriesCounts(selected=9, analysed=9, flagged=3), 3)
    '3 series of it changed'
    >>> changed_series([cart, cart], SeriesCounts(selected=90, analysed=90, flagged=77), 60)
    '60 of 77 series that changed point at 2 services'
    """
    labels = {e.label for e in entities}
    noun = labels.pop() if len(labels) == 1 else "entity"
    whose = "it" if len(entities) == 1 else f"{len(entities)} {plural(noun or 'entity')}"
    if changed < counts.flagged:
        return f"{changed:,} of {series_in_words(counts.flagged)} that changed point at {whose}"
    return f"{series_in_words(changed)} of {whose} changed"


def left_out(counts: SeriesCounts) -> str:
    """Why nothing could be judged.

    >>> left_out(SeriesCounts(selected=4, analysed=0, flagged=0, skipped={"constant": 4}))
    'all 4 series were left out (4 constant)'
    """
    if not counts.selected:
        return "no series match"
    reasons = ", ".join(f"{count:,} {reason}" for reason, count in sorted(counts.skipped.items()))
    return f"all {series_in_words(counts.selected)} were left out ({reasons})"
