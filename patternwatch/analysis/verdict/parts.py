"""Pieces of a verdict: text, entities, instants."""

from collections.abc import Sequence

from patternwatch.analysis.verdict.words import clock
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.verdicts import VerdictPart


def text_part(text: str) -> VerdictPart:
    """A piece that is only text.

    >>> text_part("at ").kind
    'text'
    """
    return VerdictPart(text=text)


def entity_part(ranked: EntityRank) -> VerdictPart:
    """The name of a likely cause.

    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.2, series=3, top_findings=[1])
    >>> entity_part(cart).text
    'cart'
    """
    return VerdictPart(kind="entity", text=ranked.entity)


def instant_part(at_ms: int) -> VerdictPart:
    """A time of day.

    >>> instant_part(1_760_000_000_000).text
    '08:53:20 UTC'
    """
    return VerdictPart(kind="instant", text=clock(at_ms), ms=at_ms)


def merged_parts(parts: Sequence[VerdictPart]) -> list[VerdictPart]:
    """The same parts with adjacent texts as one, without empty ones.

    >>> [part.text for part in merged_parts([text_part("at "), text_part("last")])]
    ['at last']
    """
    merged: list[VerdictPart] = []
    for part in parts:
        if merged and merged[-1].kind == part.kind == "text":
            merged[-1] = text_part(merged[-1].text + part.text)
        elif part.text:
            merged.append(part)
    return merged
