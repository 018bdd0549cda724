"""Who is the likely cause, in words, and whether another one is about as likely."""

from collections.abc import Sequence

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.verdict.parts import entity_part, text_part
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.verdicts import HowSure, VerdictPart

_CLOSE_SECOND = 0.87
"""Part of the first entity's score from which another one is named beside it; judgement, words only."""
_MAX_NAMED = 4
"""Entities that are named as about as likely."""


def cause_parts(
    entities: Sequence[EntityRank],
    how_sure: HowSure = "",
    *,
    is_felt: bool = True,
    is_clear: bool = True,
) -> list[VerdictPart]:
    """The likely cause, and who else may be it unless that is sure; ends with a colon or a comma.

    entities  the likeliest cause first, at least one
    how_sure  empty where that is not known
    is_felt   whether something fails, waits or slows down: else nobody is the cause of anything
    is_clear  whether the first one moved far enough to be called a cause

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1])
    >>> web = EntityRank(rank=2, entity="web", label="service", score=3.1, series=2, top_findings=[2])
    >>> ["".join(part.text for part in cause_parts([cart, web], sure)) for sure in ("high", "medium", "low")]
    ['cart is the likely cause:', 'cart is the likely cause, web the next: in cart,', \
'cart may be the cause, or web: in cart,']
    """
    if entities[0].entity == UNLABELLED and is_felt and is_clear:
        return [text_part("Something without an entity label is the likely cause:")]
    is_named = entities[0].entity != UNLABELLED
    first = entity_part(entities[0]) if is_named else text_part("something without an entity label")
    if not is_felt:
        return [text_part("Nothing is seen to fail or slow down; "), first, text_part(" moved most:")]
    if not is_clear:
        return [text_part("Nothing stands out clearly; "), first, text_part(" moved most:")]
    others = [e for e in entities[1:_MAX_NAMED] if e.label]
    close = [entity_part(e) for e in others if e.score >= _CLOSE_SECOND * entities[0].score]
    if how_sure != "high" and len(close) > 1:
        middle = [part for other in close[:-1] for part in (text_part(", "), other)]
        together = [text_part("Not clear-cut between "), first, *middle, text_part(" and "), close[-1]]
        return [*together, text_part(": in "), first, text_part(",")]
    second = entity_part(others[0]) if others else None
    if how_sure == "high" or second is None or (not how_sure and not close):
        likely = " is the likely cause:" if how_sure != "low" else " may be the cause:"
        return [first, text_part(likely)]
    before, after = {
        "": (" is the likely cause, ", " a close second: in "),
        "medium": (" is the likely cause, ", " a close second: in " if close else " the next: in "),
        "low": (" may be the cause, or ", ": in "),
    }[how_sure]
    return [first, text_part(before), second, text_part(after), first, text_part(",")]
