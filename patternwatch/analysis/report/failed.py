"""The report of a request without any result, and what every report repeats of its request."""

from collections.abc import Iterable, Sequence
from typing import Any

from patternwatch.analysis.report.series_counts import not_judged
from patternwatch.analysis.report.shard_results import unread_of
from patternwatch.analysis.report.watched_episode import episode_notes
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.report import MissingShard, Report, SeriesCounts
from patternwatch.contracts.requests import AnalysisRequest


def failed(request: AnalysisRequest, reason: str, missing: Sequence[MissingShard] = ()) -> Report:
    """The report of a request without any result.

    reason   why there is none, a sentence for the operator
    missing  the shards that were planned, where planning got that far

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> now_ms = 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", AnalysisSettings(), now_ms, "r1"
    ... )
    >>> failed(request, "The source is unreachable.").verdict
    'No result: The source is unreachable.'
    """
    return Report(
        **header_of(request, missing),
        status="failed",
        reason=reason,
        verdict=f"No result: {reason.rstrip('.')}.",
        counts=SeriesCounts(selected=0, analysed=0, flagged=0),
        not_judged=not_judged(unread_of(missing)),
    )


def header_of(
    request: AnalysisRequest, missing: Sequence[MissingShard], notes: Iterable[str] = ()
) -> dict[str, Any]:
    """The fields of a report that repeat the request, the missing shards, and notes beside its own.

    >>> from patternwatch.analysis.planning.requests import request_for_selector
    >>> from patternwatch.contracts.settings import AnalysisSettings
    >>> now_ms = 1_760_000_010_000
    >>> request = request_for_selector(
    ...     "default", '{cluster="shop"}', now_ms - 600_000, None, "", AnalysisSettings(), now_ms, "r1"
    ... )
    >>> header_of(request, [], ["late", "late"])["notes"]
    ['late']
    """
    return {
        "report_id": request.request_id,
        "request_id": request.request_id,
        "tenant": request.tenant,
        "trigger": request.trigger,
        "title": request.title,
        "selector": format_selector(request.matchers),
        "alert": request.alert,
        "watch": request.watch,
        "episode": request.episode,
        "window": request.window,
        "compare": request.compare,
        "look": request.look,
        "missing": list(missing),
        "notes": list(dict.fromkeys([*episode_notes(request), *request.notes, *notes])),
        "requested_at_ms": request.requested_at_ms,
    }
