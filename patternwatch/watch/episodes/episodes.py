"""When an episode of a watched cluster opens, when its analysis is asked for, and when it is over.

The bank opens, an analysis names: one tick after the opening, when what it saw fills a row or two more. Later
looks at the same report follow by themselves, as at every report that grows, and a last one once it is over.
A cluster has one open episode at a time, however long it lasts. Pure: the time comes with the ticks.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.ids import episode_report_id
from patternwatch.contracts.watches import Watch
from patternwatch.watch.episodes.observation import Observation, Opening

QUIET_TICKS = 10
"""Ticks without the trouble after which an episode is closed that the bank does not know: its last owner's
bank is lost, and this one's has not opened it again. The bank's own hysteresis is as long."""
NOTED_MS = 300_000
"""How old the time of the last sight may be in the stored episode: the next owner goes on from it."""


@dataclass(frozen=True, slots=True)
class EpisodeStep:
    """What one tick does to the episode of a watch.

    episode  as it is now; None where there is none
    changed  whether it is to be stored: opened, asked for, over, or not noted for a while
    asks     whether its analysis is to be asked for
    """

    episode: Episode | None = None
    changed: bool = False
    asks: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it ended with this tick."""
        return self.changed and self.episode is not None and not self.episode.open


def open_episode(episodes: Iterable[Episode]) -> Episode | None:
    """Of the episodes of a watch the one that is open, the latest where an earlier release left several.

    >>> open_episode([]) is None
    True
    """
    return max((e for e in episodes if e.open), key=lambda e: (e.opened_ms, e.cause), default=None)


def step(
    watch: Watch,
    known: Episode | None,
    observation: Observation,
    at_ms: int,
    *,
    noted_ms: int = 0,
    watched_from_ms: int = 0,
) -> EpisodeStep:
    """Take in what the bank says at a tick.

    known            the open episode of this watch, None where there is none
    at_ms            the tick; one that is delivered again changes nothing that the first one did not
    noted_ms         when the last sight was stored
    watched_from_ms  since when this bank looks: before that, its silence says nothing

    >>> from patternwatch.watch.episodes.observation import Opening
    >>> watch = Watch(name="shop", tenant="default", selector='{cluster="shop"}')
    >>> seen = Observation(60_000, opening=Opening("cart", 30_000, 9.5, "errors rise"))
    >>> first = step(watch, None, seen, 60_000)
    >>> first.episode.cause, first.changed, first.asks
    ('cart', True, False)
    >>> step(watch, first.episode, Observation(120_000, open_goes_on=True), 120_000).asks
    True
    """
    if known is None:
        # What is open in the bank alone was closed by another owner meanwhile: it opens nothing again.
        opening = observation.opening
        return EpisodeStep() if opening is None else EpisodeStep(_opened(watch, opening, at_ms), changed=True)
    if at_ms <= known.opened_ms or at_ms < known.last_seen_ms:
        return EpisodeStep(known)
    if observation.opening is not None or observation.open_goes_on:
        seen = known.model_copy(update={"last_seen_ms": at_ms, "asked": True})
        asks = not known.asked
        return EpisodeStep(seen, changed=asks or at_ms - noted_ms >= NOTED_MS, asks=asks)
    quiet_ms = at_ms - max(known.last_seen_ms, watched_from_ms)
    forgotten = not observation.not_judged and quiet_ms >= QUIET_TICKS * watch.interval_s * 1000
    if observation.over or forgotten:
        return EpisodeStep(known.model_copy(update={"open": False}), changed=True)
    asks = not known.asked
    return EpisodeStep(known.model_copy(update={"asked": True}), changed=asks, asks=asks)


def _opened(watch: Watch, opening: Opening, at_ms: int) -> Episode:
    return Episode(
        tenant=watch.tenant,
        watch=watch.name,
        cause=opening.entity,
        report_id=episode_report_id(watch.tenant, watch.name, opening.entity, at_ms),
        opened_ms=at_ms,
        last_seen_ms=at_ms,
        open=True,
        since_ms=min(opening.since_ms, at_ms),
        score=opening.score,
        why=opening.why,
    )
