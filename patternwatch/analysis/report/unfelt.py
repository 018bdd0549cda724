"""Where all that moved is work, and nothing is felt, the scores of a report stay below the bar."""

from collections.abc import Sequence

from patternwatch.analysis.verdict.symptoms import is_work
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.severity import CLEAR_SCORE

_HIGHEST = CLEAR_SCORE - 0.1
"""Of such a report's scores: below the bar as they are shown, too, by one digit."""


def below_bar(
    entities: Sequence[EntityRank], findings: Sequence[Finding]
) -> tuple[list[EntityRank], list[Finding]]:
    """The entities and findings of a report in which nothing fails, waits or slows down (`is_felt`).

    A compaction, a backup or the build of an index multiplies what a database reads by any number. How far
    work moves says nothing about trouble, so where nothing else moved far enough to be clear, all scores
    shrink alike until the first is below the bar from which a watch tells of it; their order stays.

    >>> db, web = (
    ...     EntityRank(rank=rank, entity=name, label="server", score=score, series=3, top_findings=[])
    ...     for rank, name, score in ((1, "db", 7.8), (2, "web", 2.0))
    ... )
    >>> [entity.score for entity in below_bar([db, web], [])[0]]
    [3.9, 1.0]
    """
    first = max((entity.score for entity in entities), default=0.0)
    clear = any(one.score >= CLEAR_SCORE and not is_work(one, findings) for one in findings)
    if first <= _HIGHEST or clear:
        return list(entities), list(findings)
    part = _HIGHEST / first
    return (
        [one.model_copy(update={"score": round(one.score * part, 6)}) for one in entities],
        [one.model_copy(update={"score": round(one.score * part, 6)}) for one in findings],
    )
