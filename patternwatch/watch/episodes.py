"""Always on: when a watched cluster's report is worth publishing, and as what.

A cluster that is in trouble is looked at again and again. It gets one report for one trouble: opened
when the strongest entity passes the severity bar, given a higher revision at every look while it lasts,
closed after a few quiet looks. Pure: time comes in with the reports.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from patternwatch.contracts.ids import episode_report_id
from patternwatch.contracts.messages import Episode
from patternwatch.contracts.report import EntityRank, Report
from patternwatch.contracts.settings import WatchSettings

QUIET_LOOKS = 3
"""Looks in a row without the trouble after which its episode is closed."""
_STILL_NAMED = 3
_STILL_STRONG = 0.6


@dataclass(frozen=True, slots=True)
class WatchDecision:
    """What follows from one look.

    report    to be published, or None where all is quiet
    episodes  those that are new or changed, to be remembered
    """

    report: Report | None
    episodes: tuple[Episode, ...]


def observe(watch: WatchSettings, episodes: Iterable[Episode], report: Report) -> WatchDecision:
    """Fit a concluded report into the open episodes of its cluster.

    A look that was already accounted for gives the same report and revision again, and one older than
    what is known changes nothing: redelivery does no harm.
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
    """The suspicious entities of a report over the bar; a report that failed tells nothing."""
    if report.status == "failed":
        return []
    return [e for e in report.entities if e.score >= watch.min_score]


def _continued(open_episodes: list[Episode], severe: list[EntityRank]) -> Episode | None:
    """The episode that this look goes on with.

    Two services in one trouble take turns at the top from look to look: a cause that is still among the
    first and strong keeps its episode.
    """
    strong = [e.entity for e in severe[:_STILL_NAMED] if e.score >= _STILL_STRONG * severe[0].score]
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
