"""The trouble that a watch saw, as an analysis names it: its window, whether it is named, when it is over."""

from patternwatch.analysis.verdict import clock, duration
from patternwatch.contracts.episodes import Episode, EpisodeSpan
from patternwatch.contracts.looks import RevisionSummary
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.report import Report
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Watch

MIN_CURRENT_ROWS, MAX_CURRENT_ROWS = 8, 12
"""Rows of the first look's current part. With fewer a series that rises by half is not told from noise; with
more, of what has just begun, the quiet rows before it outvote it: on nine recordings a current part of 60
rows named the cause within 3 ticks of a minute in none, one of 10 rows in five."""


def request_for_episode(
    watch: Watch, episode: Episode, settings: AnalysisSettings, at_ms: int
) -> AnalysisRequest:
    """The first look at an episode: split where the watch saw it begin, in a short current part.

    at_ms  the tick that asks

    The request has the id of the episode's report, so that asking again is the same analysis. Raises
    SelectorError for an unreadable selector, WindowError where the settings' window is too short.

    >>> watch = Watch(name="shop", tenant="default", selector='{cluster="shop"}')
    >>> at_ms = 1_760_000_010_000
    >>> episode = Episode(
    ...     tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=at_ms, last_seen_ms=at_ms,
    ...     open=True, since_ms=at_ms - 90_000,
    ... )
    >>> request = request_for_episode(watch, episode, AnalysisSettings(), at_ms)
    >>> request.request_id, request.window.rows - request.window.split_row - 1
    ('e1', 8)
    """
    return AnalysisRequest(
        request_id=episode.report_id,
        tenant=watch.tenant,
        trigger="watch",
        title=watch.name,
        matchers=parse_selector(watch.selector),
        window=_short_current(at_ms, episode.began_ms, settings.step_ms, settings.window_rows),
        requested_at_ms=at_ms,
        compare=settings.compare,
        watch=watch.name,
        episode=EpisodeSpan(
            entity=episode.cause, since_ms=episode.began_ms, why=episode.why, min_score=watch.min_score
        ),
    )


def _short_current(at_ms: int, began_ms: int, step_ms: int, rows: int) -> Window:
    """A window up to now whose current part begins with the trouble, or a little before or after."""
    end_ms = at_ms - at_ms % step_ms
    earliest_ms, latest_ms = end_ms - MAX_CURRENT_ROWS * step_ms, end_ms - MIN_CURRENT_ROWS * step_ms
    return Window.ending(end_ms, min(max(began_ms, earliest_ms), latest_ms), step_ms, rows=rows)


def request_of_growth(
    request: AnalysisRequest, grew_ms: int, grew: str, before: RevisionSummary | None, now_ms: int
) -> AnalysisRequest:
    """The look at what an episode grew by long after its first looks: up to now, split where it grew.

    before  the last report, whose trouble goes on in the baseline of this one: it is said in a note

    >>> request = AnalysisRequest(
    ...     request_id="e1", tenant="default", trigger="watch", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window.ending(9_000_000, 7_200_000, 30_000), watch="shop",
    ...     episode=EpisodeSpan(entity="cart", since_ms=7_200_000),
    ... )
    >>> summary = RevisionSummary(entities=["cart", "web"], flagged=4, analysed=90, missing=0)
    >>> grown = request_of_growth(request, 16_200_000, "queue is gone", summary, 16_440_000)
    >>> grown.window.end_ms, grown.window.split_ms, grown.growing, grown.episode.grew
    (16440000, 16200000, True, 'queue is gone')
    >>> grown.notes
    ['What began at 02:00:00 UTC goes on and is not told here: cart, then web.']
    """
    assert request.episode is not None, "only a watch knows what grows"
    window, span = request.window, request.episode
    notes = list(request.notes)
    if before is not None and before.entities and not span.grew:
        first = ", then ".join(before.entities[:2])
        since = clock(span.since_ms if before.onset_ms is None else before.onset_ms)
        notes.append(f"What began at {since} goes on and is not told here: {first}.")
    return request.model_copy(
        update={
            "window": _short_current(now_ms, grew_ms, window.step_ms, window.rows),
            "episode": span.model_copy(update={"grew_ms": grew_ms, "grew": grew}),
            "growing": True,
            "onset_ms": None,
            "notes": notes,
        }
    )


def why_unnamed(report: Report) -> str:
    """Why a report of a watch names no cause, in words; empty where it does.

    It does where an entity reaches the watch's `min_score`, and where the first one is the very entity that
    the watch saw: two ways of looking that agree need no score to be believed. The watch names the place too,
    `shop-1/prod/cart`, where that tells entities apart, and the analysis the instance, `cart/db-3`.

    >>> from patternwatch.contracts.report import SeriesCounts
    >>> report = Report(
    ...     report_id="e1", request_id="e1", tenant="default", status="complete", trigger="watch", title="t",
    ...     selector='{a="b"}', verdict="v", window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ...     counts=SeriesCounts(selected=1, analysed=1, flagged=0), requested_at_ms=2,
    ... )
    >>> why_unnamed(report)
    'Nothing stands out in the analysis'
    """
    if not report.entities:
        return "Nothing stands out in the analysis"
    first, episode = report.entities[0], report.episode or EpisodeSpan(entity="", since_ms=0)
    if first.score >= episode.min_score or episode.entity.rpartition("/")[2] in first.entity.split("/"):
        return ""
    return (
        f"{first.entity} stands out most in the analysis, by a score of {first.score:.1f} "
        f"(a report is published from {episode.min_score:g}, the watch's min_score)"
    )


def episode_notes(request: AnalysisRequest) -> list[str]:
    """When and by what the trouble grew; that it is over, and how long it lasted; nothing as long as it does.

    >>> request = AnalysisRequest(
    ...     request_id="e1", tenant="default", trigger="watch", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ...     episode=EpisodeSpan(entity="cart", since_ms=0, ended_ms=14_400_000),
    ... )
    >>> episode_notes(request)
    ['It is over: it lasted 4 h, until 04:00:00 UTC.']
    """
    episode, told = request.episode, list[str]()
    if episode is not None and episode.grew_ms is not None:
        told.append(f"It grew at {clock(episode.grew_ms)}: {episode.grew}.")
    if episode is not None and episode.ended_ms is not None and episode.lasted_ms is not None:
        told.append(f"It is over: it lasted {duration(episode.lasted_ms)}, until {clock(episode.ended_ms)}.")
    return told
