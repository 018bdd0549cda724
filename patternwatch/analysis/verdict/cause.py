"""Who is the likely cause, in words, and whether another one is about as likely."""

from collections.abc import Sequence

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.verdict.parts import entity_part, text_part
from patternwatch.contracts.report import EntityRank, VerdictPart
from patternwatch.contracts.severity import CLEAR_SCORE

_CLOSE_SECOND = 0.87
"""Part of the first entity's score from which another one is named beside it; judgement, words only."""


def cause_parts(entities: Sequence[EntityRank]) -> list[VerdictPart]:
    """The likely cause, and whether another one is about as likely; ends with a colon or a comma.

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1])
    >>> [part.text for part in cause_parts([cart])]
    ['cart', ' is the likely cause:']
    """
    if entities[0].entity == UNLABELLED:
        return [text_part("Something without an entity label is the likely cause:")]
    first = entity_part(entities[0])
    if entities[0].score < CLEAR_SCORE:
        return [text_part("Nothing stands out clearly; "), first, text_part(" moved most:")]
    close = [
        entity_part(e) for e in entities[1:4] if e.score >= _CLOSE_SECOND * entities[0].score and e.label
    ]
    if not close:
        return [first, text_part(" is the likely cause:")]
    if len(close) == 1:
        return [
            first,
            text_part(" is the likely cause, "),
            *close,
            text_part(" a close second: in "),
            first,
            text_part(","),
        ]
    middle = [part for other in close[:-1] for part in (text_part(", "), other)]
    close_call = [text_part("Not clear-cut between "), first, *middle, text_part(" and "), close[-1]]
    return [*close_call, text_part(": in "), first, text_part(",")]
