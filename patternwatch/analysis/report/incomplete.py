"""What a report does not cover: parts that were not read, and what the source says that it left out."""

from collections.abc import Iterable, Sequence

from patternwatch.analysis.report.shard_results import CollatedResults
from patternwatch.analysis.verdict.words import some_of
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult

_REASON = "the source says that its answers are partial"
_QUOTED = 3
"""Sayings that are quoted: one store that is down says the same in many words."""


def partial_in_words(words: Sequence[str]) -> str:
    """That series may be missing, without a full stop; empty where all answers were whole.

    words  what the source said that it left out

    >>> partial_in_words(["store a: connection refused"])
    'The source says that its answers are partial, so series or samples may be missing (store a: connection \
refused)'
    >>> partial_in_words([])
    ''
    """
    if not words:
        return ""
    said = some_of(words, _QUOTED)
    return f"{_REASON[0].upper()}{_REASON[1:]}, so series or samples may be missing ({said})"


def left_out_of(request: AnalysisRequest, results: Iterable[ShardResult]) -> list[str]:
    """What was said to be left out of a request's series, each saying once, in an order of its own.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', 60_000_000, None, "", AnalysisSettings(), 60_000_000, "r1"
    ... )
    >>> left_out_of(request.model_copy(update={"partial_answers": ["b is down", "a is down"]}), [])
    ['a is down', 'b is down']
    """
    return sorted({*request.partial_answers, *(words for r in results for words in r.partial_answers)})


def why_partial(collated: CollatedResults, words: Sequence[str]) -> str:
    """Why the report is partial; empty where it is complete.

    words  what the source said that it left out

    >>> why_partial(CollatedResults(4, [], []), ["store a: connection refused"])
    'the source says that its answers are partial'
    """
    lost = len(collated.missing)
    missing = [f"{lost} of {collated.planned} parts of the series are missing"] if lost else []
    return "; ".join([*missing, *([_REASON] if words else [])])


def unread_in_words(collated: CollatedResults) -> str:
    """That parts were not read, without a full stop: nothing found says nothing of them.

    >>> from patternwatch.contracts.report import MissingShard
    >>> lost = MissingShard(number=1, reason="not read before the deadline", series=900)
    >>> unread_in_words(CollatedResults(4, [], [lost]))
    '1 of 4 parts of the series could not be read (900 series: not read before the deadline)'
    """
    missing = collated.missing
    if not missing:
        return ""
    series = sum(part.series for part in missing)
    number = f"{series:,} series: " if series else ""
    return (
        f"{len(missing)} of {collated.planned} parts of the series could not be read "
        f"({number}{missing[0].reason.rstrip('.')})"
    )
