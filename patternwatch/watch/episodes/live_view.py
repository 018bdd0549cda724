"""How a watch does, for people who look at it now: one small record a look."""

from collections.abc import Iterable, Sequence

from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.watch_states import (
    MAX_SHOWN_EPISODES,
    OpenEpisode,
    SuspectEntity,
    SuspectSeries,
    WatchCondition,
    WatchState,
)
from patternwatch.contracts.watches import Watch
from patternwatch.watch.episodes.episodes import open_episodes
from patternwatch.watch.episodes.observation import Observation, SeenEntity, SeenSeries

MAX_SAID = 10


def state_of(
    watch: Watch,
    observation: Observation,
    episodes: Iterable[Episode],
    at_ms: int,
    series: int = 0,
    look_ms: float = 0.0,
) -> WatchState:
    """What is shown of a look.

    episodes  those of the watch, of which the open ones are shown
    at_ms     the tick
    series    how many are watched
    look_ms   how long the look took

    >>> from patternwatch.contracts.watches import make_watch
    >>> watch = make_watch("default", "shop", "up")
    >>> state_of(watch, Observation(60_000, suspects=2, bar=8.0), (), 60_000, series=10).condition
    'quiet'
    >>> state_of(watch, Observation(60_000, not_judged="no data"), (), 60_000).reason
    'no data'
    """
    is_open = open_episodes(episodes)[:MAX_SHOWN_EPISODES]
    return WatchState(
        tenant=watch.tenant,
        watch=watch.name,
        at_ms=at_ms,
        condition=_condition(observation, bool(is_open)),
        reason=observation.not_judged,
        series=series,
        suspects=observation.suspects,
        bar=observation.bar,
        look_ms=round(look_ms, 1),
        entities=tuple(map(_entity, observation.entities)),
        said=tuple(observation.said[:MAX_SAID]),
        open_episodes=tuple(
            OpenEpisode(cause=one.cause, report_id=one.report_id, opened_ms=one.opened_ms) for one in is_open
        ),
    )


def learning_state(watch: Watch, reason: str, at_ms: int) -> WatchState:
    """What is shown while a watch reads its history.

    >>> from patternwatch.contracts.watches import make_watch
    >>> learning_state(make_watch("default", "shop", "up"), "Its history is being read", 0).condition
    'learning'
    """
    return WatchState(tenant=watch.tenant, watch=watch.name, at_ms=at_ms, condition="learning", reason=reason)


def blind_state(watch: Watch, reason: str, at_ms: int) -> WatchState:
    """What is shown where a look could not be had.

    >>> from patternwatch.contracts.watches import make_watch
    >>> blind_state(make_watch("default", "shop", "up"), "Cortex is away", 0).condition
    'blind'
    """
    return WatchState(tenant=watch.tenant, watch=watch.name, at_ms=at_ms, condition="blind", reason=reason)


def divided_state(watch: Watch, values: Sequence[str], at_ms: int) -> WatchState:
    """What is shown of a watch of each value of a label.

    >>> from patternwatch.contracts.watches import make_watch
    >>> divided_state(make_watch("default", "all", "up", each="cluster"), ["eu", "us"], 0).reason
    '2 values of cluster, each a watch by itself: eu, us'
    """
    shown = ", ".join(values[:MAX_SAID]) + (
        f" and {len(values) - MAX_SAID} more" if len(values) > MAX_SAID else ""
    )
    counted = f"{len(values):,} value{'' if len(values) == 1 else 's'} of {watch.each}"
    said = f"{counted}, each a watch by itself: {shown}"
    return WatchState(tenant=watch.tenant, watch=watch.name, at_ms=at_ms, condition="divided", reason=said)


def changes_the_view(before: WatchState | None, now: WatchState) -> bool:
    """Whether somebody who looks would see another picture, times and scores aside.

    >>> from patternwatch.contracts.watches import make_watch
    >>> watch = make_watch("default", "shop", "up")
    >>> before, later = (blind_state(watch, "Cortex is away", at_ms) for at_ms in (0, 60_000))
    >>> changes_the_view(before, later), changes_the_view(before, learning_state(watch, "", 60_000))
    (False, True)
    """
    return before is None or _picture(before) != _picture(now)


def _picture(state: WatchState) -> tuple[object, ...]:
    names = tuple(entity.entity for entity in state.entities)
    return state.condition, state.reason, state.open_episodes, names, state.said


def _condition(observation: Observation, is_open: bool) -> WatchCondition:
    if is_open:
        return "open"
    if observation.not_judged:
        return "blind"
    return "suspicious" if observation.entities else "quiet"


def _entity(seen: SeenEntity) -> SuspectEntity:
    return SuspectEntity(
        entity=seen.name,
        score=float(seen.score),
        since_ms=int(seen.since_ms),
        series=tuple(map(_series, seen.series)),
        muted=seen.muted,
    )


def _series(seen: SeenSeries) -> SuspectSeries:
    return SuspectSeries(
        labels=dict(seen.labels),
        derivation=seen.derivation,
        rises=seen.up,
        score=float(seen.score),
        words=seen.sentence,
        muted=seen.muted,
    )
