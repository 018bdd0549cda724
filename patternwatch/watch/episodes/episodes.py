"""When an episode of a watched cluster opens, when its analysis is asked for, and when it is over.

The bank opens, an analysis names: one tick after the opening, when what it saw fills a row or two more. Later
looks at the same report follow by themselves, as at every report that grows, and a last one once it is over.
A trouble is one episode, however long it lasts; another cause that comes meanwhile is one of its own. Pure:
the time comes with the ticks.
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
    """What one tick does to one episode of a watch.

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


def open_episodes(episodes: Iterable[Episode]) -> list[Episode]:
    """Of the episodes of a watch those that are open, in the order of their opening.

    >>> open_episodes([])
    []
    """
    return sorted((e for e in episodes if e.open), key=lambda e: (e.opened_ms, e.cause))


def is_another(known: Iterable[Episode], opening: Opening, observation: Observation) -> bool:
    """Whether what the bank opens, or has opened, is none of the open episodes that are known.

    What it opens while nothing else is open in it is what is known: a new owner's bank opens it anew, by
    another entity perhaps.

    >>> is_another([], Opening("cart", 0, 9.0, ""), Observation(0))
    True
    """
    causes = {episode.cause for episode in known}
    return not causes or (observation.open_goes_on and opening.entity not in causes)


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

    known            an open episode of this watch, None for what opens
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
    goes_on = observation.opening is not None or observation.open_goes_on
    if known.cause in observation.over or (observation.over and not goes_on):
        return EpisodeStep(known.model_copy(update={"open": False}), changed=True)
    if goes_on:
        seen = known.model_copy(update={"last_seen_ms": at_ms, "asked": True})
        asks = not known.asked
        return EpisodeStep(seen, changed=asks or at_ms - noted_ms >= NOTED_MS, asks=asks)
    quiet_ms = at_ms - max(known.last_seen_ms, watched_from_ms)
    if not observation.not_judged and quiet_ms >= QUIET_TICKS * watch.interval_s * 1000:
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
