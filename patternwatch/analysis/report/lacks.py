"""What a report does not know, in words: series that were not read, not judged, or have no sample now."""

from collections.abc import Iterable
from dataclasses import dataclass

from patternwatch.analysis.lifecycle.clearance import gaps_in_words, late_in_words
from patternwatch.analysis.lifecycle.judgement import Lifecycle
from patternwatch.analysis.report.incomplete import (
    left_out_of,
    partial_in_words,
    unread_in_words,
    why_partial,
)
from patternwatch.analysis.report.shard_results import CollatedResults
from patternwatch.analysis.samples.newest_samples import NewestSamples
from patternwatch.contracts.report import SeriesCounts
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.shard_results import ShardResult


@dataclass(frozen=True, slots=True)
class Lacks:
    """What a report does not know, in words.

    reason        why it is partial, empty where it is not
    notes         the same for its notes
    gaps          what was not there to be judged
    beside        what the verdict says beside its finding
    no_all_clear  why nothing found would not mean that all is well
    """

    reason: str
    notes: list[str]
    gaps: str
    beside: str
    no_all_clear: str


def lacks_of(
    request: AnalysisRequest,
    collated: CollatedResults,
    newest: NewestSamples,
    life: Lifecycle,
    counts: SeriesCounts,
) -> Lacks:
    """What the report of these results does not know.

    newest  until when there are samples
    life    what ended and began

    >>> from patternwatch.analysis.lifecycle.judgement import EventSeries
    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.analysis.report.shard_results import collate
    >>> from patternwatch.analysis.samples.newest_samples import newest_samples
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> from patternwatch.contracts.shard_results import ShardResult
    >>> settings, now_ms = AnalysisSettings(), 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", settings, now_ms, "r1"
    ... )
    >>> collated = collate([ShardResult(shard_id="r1-0", number=0, of=2, request=request, series=9)], 2)
    >>> life, newest = Lifecycle([], EventSeries.none(300), 0, 0), newest_samples(request.window, [])
    >>> lacks_of(request, collated, newest, life, SeriesCounts(selected=9, analysed=9, flagged=0)).beside
    '1 of 2 parts of the series could not be read (not read before the deadline)'
    """
    left_out = left_out_of(request, collated.good)
    partial, unread = partial_in_words(left_out), unread_in_words(collated)
    late = late_in_words(request.window, newest)
    gaps = _sentences(partial, late or gaps_in_words(counts, life))
    # Where nothing was judged, the verdict has said why: what can be done about it is news.
    beside = gaps if counts.analysed else _sentences(partial, late or _advice(collated.good))
    return Lacks(
        reason=why_partial(collated, left_out),
        notes=[f"{partial}."] if partial else [],
        gaps=gaps,
        beside=_sentences(unread, beside),
        no_all_clear=_sentences(unread, gaps),
    )


def _advice(results: Iterable[ShardResult]) -> str:
    """What scans say of the series that they could not judge."""
    return " ".join(dict.fromkeys(note for r in results for note in r.notes)).removesuffix(".")


def _sentences(*said: str) -> str:
    return ". ".join(filter(None, said))
