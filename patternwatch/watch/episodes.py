"""When the report of a watched cluster is published, and under which id and revision.

A watched cluster is analysed at every tick (a look). One trouble gets one report: it opens when an entity
reaches the watch's `min_score`, has a higher revision at every look while it lasts, and closes after a few
quiet looks. Pure: the time comes with the reports.

The constants are judgement: they decide how many reports one trouble makes, never what a report says.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from patternwatch.contracts.ids import episode_report_id
from patternwatch.contracts.messages import Episode
from patternwatch.contracts.report import EntityRank, Report
from patternwatch.contracts.settings import WatchSettings

QUIET_LOOKS = 3
"""Consecutive looks without the trouble after which its episode is closed."""
_CONTINUED_RANKS = 3
"""Ranks of a report among which an open episode's cause must be to continue it."""
_CONTINUED_SCORE = 0.6
"""Part of the strongest entity's score that this cause must reach."""


@dataclass(frozen=True, slots=True)
class WatchDecision:
    """What follows from one look.

    report    the report to publish, with its id and revision; None where there is nothing to publish
    episodes  the episodes to store: new, continued or closed
    """

    report: Report | None
    episodes: tuple[Episode, ...]


def observe(watch: WatchSettings, episodes: Iterable[Episode], report: Report) -> WatchDecision:
    """Match a concluded report with the open episodes of its cluster.

    watch     settings of the watched cluster
    episodes  known episodes; those of other clusters and closed ones are ignored
    report    the report of one look; its `requested_at_ms` is the time of the look

    The same look again gives the same report and revision, and an older look changes nothing: redelivery
    is harmless.

    >>> from patternwatch.contracts.report import SeriesCounts
    >>> from patternwatch.contracts.series import Window
    >>> watch = WatchSettings(name="shop", tenant="default", selector='{cluster="shop"}')
    >>> cart = EntityRank(rank=1, entity="cart", label="service", score=5.0, series=1, top_findings=[])
    >>> report = Report(
    ...     report_id="r", request_id="r", tenant="default", status="complete", trigger="watch",
    ...     title="shop", selector=watch.selector, verdict="cart is the likely cause.", entities=[cart],
    ...     window=Window(start_ms=0, split_ms=240_000, end_ms=299_000, step_ms=1000),
    ...     counts=SeriesCounts(selected=1, analysed=1, flagged=1), requested_at_ms=300_000,
    ... )
    >>> first = observe(watch, [], report)
    >>> first.report.revision, first.episodes[0].cause
    (1, 'cart')
    >>> later = report.model_copy(update={"requested_at_ms": 360_000})
    >>> observe(watch, first.episodes, later).report.revision
    2
    """
    at_ms = report.requested_at_ms
    mine = [e for e in episodes if e.watch == watch.name and e.tenant == watch.tenant and e.open]
    mine.sort(key=lambda e: (e.opened_ms, e.cause))
    severe = _severe(watch, report)
    current = _continued(mine, severe) if severe else None
    faded = tuple(
        e.model_copy(update={"open": False})
        for e in mine
        if e is not current and at_ms - e.last_seen_ms >= QUIET_LOOKS * 1000 * watch.interval_s
    )
    if not severe or (current and at_ms < current.last_seen_ms):
        return WatchDecision(None, faded)
    if current is None:
        current = _opened(watch, severe[0].entity, at_ms)
    elif at_ms > current.last_seen_ms:
        current = current.model_copy(update={"revision": current.revision + 1, "last_seen_ms": at_ms})
    published = report.model_copy(update={"report_id": current.report_id, "revision": current.revision})
    return WatchDecision(published, (*faded, current))


def _severe(watch: WatchSettings, report: Report) -> list[EntityRank]:
    """The entities of a report that reach the watch's minimal score; none of a failed report."""
    if report.status == "failed":
        return []
    return [e for e in report.entities if e.score >= watch.min_score]


def _continued(open_episodes: list[Episode], severe: list[EntityRank]) -> Episode | None:
    """The open episode that this look continues, None where it opens a new one.

    Two services in one trouble may swap the first rank from look to look: an episode continues while its
    cause is among the first ranks with a score near the strongest.
    """
    strong = [e.entity for e in severe[:_CONTINUED_RANKS] if e.score >= _CONTINUED_SCORE * severe[0].score]
    for entity in strong:
        for episode in open_episodes:
            if episode.cause == entity:
                return episode
    return None


def _opened(watch: WatchSettings, cause: str, at_ms: int) -> Episode:
    return Episode(
        tenant=watch.tenant,
        watch=watch.name,
        cause=cause,
        report_id=episode_report_id(watch.tenant, watch.name, cause, at_ms),
        revision=1,
        opened_ms=at_ms,
        last_seen_ms=at_ms,
        open=True,
    )
