"""The episodes of the watches that a worker owns: opened, asked for, over; as all owners have stored them."""

from dataclasses import dataclass, replace

import structlog

from patternwatch.analysis.report.watched_episode import request_for_episode
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import REQUESTS
from patternwatch.contracts.watches import Watch
from patternwatch.kafka.producer import Publisher
from patternwatch.streams.agents.looks.later_looks import LaterLooks
from patternwatch.streams.agents.watches.alarms import Alarms
from patternwatch.streams.agents.watches.kept_watches import KeptWatch
from patternwatch.streams.state.episodes import EpisodeStore
from patternwatch.watch.episodes.episodes import EpisodeStep, is_another, open_episodes, step
from patternwatch.watch.episodes.growth import growth, measured
from patternwatch.watch.episodes.observation import Observation, Opening

log = structlog.get_logger()

RECENT_MS = 3_600_000
"""So long after its end an episode is seen to have told its analysis so: the word may be lost in a crash."""
UNSEEN_MS = 900_000
"""An owner notes the last sight of an episode every five minutes: three that are missing are no accident."""


@dataclass(frozen=True, slots=True)
class EpisodeKeeper:
    """Stores what the ticks of a watch do to its episode, asks for its analysis, and sends it as an alert."""

    publisher: Publisher
    looks: LaterLooks
    store: EpisodeStore
    settings: AnalysisSettings
    alarms: Alarms

    async def reconcile(self, kept: KeptWatch, tick: Tick) -> None:
        """Bring what is kept here in line with what all owners stored."""
        episodes, at_ms = await self.store.of(tick.tenant, tick.watch), tick.at_ms
        mine = {episode.report_id: episode for episode in kept.episodes}
        kept.episodes = [mine.get(one.report_id, one) for one in open_episodes(episodes)]
        for episode in episodes:
            if not episode.open and at_ms - episode.last_seen_ms < RECENT_MS:
                await self.looks.ended(episode)
                self.alarms.tell(kept.cluster.watch, episode, at_ms)

    async def take(self, watch: Watch, kept: KeptWatch, observation: Observation, at_ms: int) -> None:
        """What follows for the episodes of a watch."""
        if observation.opening is not None:
            kept.opening = observation.opening
        elif not observation.open_goes_on or (kept.opening and kept.opening.entity in observation.over):
            kept.opening = None
        noted_ms, left = kept.noted_ms, list[Episode]()
        for known in kept.episodes:
            done = step(watch, known, observation, at_ms, noted_ms=noted_ms, watched_from_ms=kept.begun_ms)
            left += await self._done(watch, kept, done, at_ms)
        left = [await self._grown(watch, kept, known, observation, at_ms) for known in left]
        kept.episodes = left
        opening = kept.opening
        if opening is None or not is_another(left, opening, observation):
            kept.opening = None
        elif _may_open(watch, opening, at_ms):  # what began in quiet hours and lasts is opened when they end
            done = step(watch, None, replace(observation, opening=opening), at_ms)
            kept.episodes = left + await self._done(watch, kept, done, at_ms)
            kept.opening = None

    async def _grown(
        self, watch: Watch, kept: KeptWatch, known: Episode, observation: Observation, at_ms: int
    ) -> Episode:
        """The episode, once its report is looked at again where it grew by what that does not tell of.

        In quiet hours that waits, as what opens does.
        """
        known = measured(known, observation)
        found = growth(known, observation, at_ms, round(watch.interval_s * 1000))
        if found is None or not watch.opens_at(at_ms):
            return known
        answer = await self.looks.grew(known, found.since_ms, found.words)
        if answer == "waits":
            return known
        told = found.episode
        if answer == "asked":
            told = told.model_copy(update={"grown_ms": [*told.grown_ms, at_ms]})
            log.info("episode.grew", tenant=watch.tenant, watch=watch.name, cause=known.cause, by=found.words)
        await self.store.put(told)
        kept.noted_ms = at_ms
        return told

    async def _done(self, watch: Watch, kept: KeptWatch, done: EpisodeStep, at_ms: int) -> list[Episode]:
        """Do what follows; its analysis is asked for before it is stored: a crash asks anew."""
        episode = done.episode
        if episode is None:
            return []
        if done.asks:
            await self.publisher.publish(REQUESTS, request_for_episode(watch, episode, self.settings, at_ms))
        if done.changed:
            await self.store.put(episode)
            kept.noted_ms = at_ms
            _log_episode(episode)
        if done.is_over:
            await self.looks.ended(episode)
        if episode.asked or not episode.open:
            self.alarms.tell(watch, episode, at_ms)
        return [episode] if episode.open else []

    async def left_open(self, at_ms: int) -> list[Episode]:
        """The open ones that nobody has seen for so long that their watch has no owner."""
        return [one for one in await self.store.open() if at_ms - one.last_seen_ms > UNSEEN_MS]

    async def end(self, episode: Episode) -> Episode:
        """Store that it is over, and tell its analysis so: nobody sees whether it goes on."""
        closed = episode.model_copy(update={"open": False})
        await self.store.put(closed)
        _log_episode(closed)
        await self.looks.ended(closed)
        return closed

    async def close(self, kept: KeptWatch) -> None:
        """End what is open of a watch that has ended or rests: its bank does not, and opens nothing twice."""
        for episode in kept.episodes:
            kept.opening = Opening(episode.cause, episode.began_ms, episode.score, episode.why)
            closed = await self.end(episode)
            self.alarms.tell(kept.cluster.watch, closed, closed.last_seen_ms)
        kept.episodes = []


def _may_open(watch: Watch, opening: Opening, at_ms: int) -> bool:
    muted = any(m.kind == "entity" and m.value == opening.entity for m in watch.muted_at(at_ms))
    return watch.opens_at(at_ms) and not muted


def _log_episode(episode: Episode) -> None:
    log.info(
        "episode.stored",
        tenant=episode.tenant,
        watch=episode.watch,
        cause=episode.cause,
        report_id=episode.report_id,
        open=episode.open,
        asked=episode.asked,
        why=episode.why,
    )
