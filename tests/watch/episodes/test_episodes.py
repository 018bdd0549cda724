"""One trouble is one episode, however long it lasts, whoever owns the watch meanwhile."""

from dataclasses import replace

import pytest

from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.watches import Watch
from patternwatch.watch.episodes.episodes import (
    NOTED_MS,
    QUIET_TICKS,
    EpisodeStep,
    is_another,
    open_episodes,
    step,
)
from patternwatch.watch.episodes.observation import Observation, Opening

WATCH = Watch(name="shop", tenant="default", selector='{a="b"}', interval_s=60)
T0, MINUTE = 1_760_000_000_000, 60_000


def seen(entity: str = "cart") -> Observation:
    return Observation(T0, opening=Opening(entity, T0 - MINUTE, 9.5, "errors rise"))


QUIET, GOES_ON, OVER = Observation(T0), Observation(T0, open_goes_on=True), Observation(T0, over=("cart",))
UNKNOWN = Observation(T0, not_judged="the source is away")


def opened() -> Episode:
    episode = step(WATCH, None, seen(), T0).episode
    assert episode is not None
    return episode


def asked(at_min: int = 1) -> Episode:
    episode = step(WATCH, opened(), GOES_ON, T0 + at_min * MINUTE).episode
    assert episode is not None
    return episode


def test_quiet_is_nothing() -> None:
    for observation in (QUIET, GOES_ON, OVER, UNKNOWN):
        assert step(WATCH, None, observation, T0) == EpisodeStep()


def test_what_opens_is_stored_and_asked_for_a_tick_later() -> None:
    first = step(WATCH, None, seen(), T0)
    assert (first.changed, first.asks, first.is_over) == (True, False, False)
    episode = opened()
    assert (episode.cause, episode.opened_ms, episode.began_ms) == ("cart", T0, T0 - MINUTE)
    assert (episode.score, episode.why, episode.open, episode.asked) == (9.5, "errors rise", True, False)
    later = step(WATCH, episode, GOES_ON, T0 + MINUTE)
    assert (later.changed, later.asks) == (True, True)
    assert later.episode is not None
    assert (later.episode.asked, later.episode.last_seen_ms) == (True, T0 + MINUTE)


def test_it_is_asked_for_once() -> None:
    again = step(WATCH, asked(), GOES_ON, T0 + 2 * MINUTE, noted_ms=T0 + MINUTE)
    assert (again.changed, again.asks) == (False, False)


def test_what_fades_before_it_was_asked_for_is_asked_for_all_the_same() -> None:
    assert step(WATCH, opened(), UNKNOWN, T0 + MINUTE).asks


def test_the_same_tick_again_changes_nothing() -> None:
    for observation in (seen(), seen("orders"), GOES_ON, OVER):
        assert step(WATCH, opened(), observation, T0) == EpisodeStep(opened())
        assert step(WATCH, asked(3), observation, T0 + 2 * MINUTE) == EpisodeStep(asked(3))


def test_another_opening_continues_the_one_that_is_open() -> None:
    """A new owner's bank opens anew what is open already, by another service of the same trouble perhaps."""
    done = step(WATCH, asked(), seen("orders"), T0 + 5 * MINUTE)
    assert done.episode is not None
    assert (done.episode.cause, done.episode.report_id, done.asks) == ("cart", opened().report_id, False)


def test_the_last_sight_is_stored_now_and_then() -> None:
    at_ms = T0 + MINUTE + NOTED_MS
    assert step(WATCH, asked(), GOES_ON, at_ms, noted_ms=T0 + MINUTE).changed
    assert not step(WATCH, asked(), GOES_ON, at_ms - 1, noted_ms=T0 + MINUTE).changed


def test_four_hours_are_one_episode_that_ends_when_it_was_seen_last() -> None:
    episode = asked()
    for minute in range(2, 241):
        done = step(WATCH, episode, GOES_ON, T0 + minute * MINUTE, noted_ms=T0 + (minute - 1) * MINUTE)
        assert done.episode is not None
        assert not done.asks
        episode = done.episode
    over = step(WATCH, episode, OVER, T0 + 250 * MINUTE)
    assert over.is_over
    assert over.episode is not None
    assert (over.episode.last_seen_ms, over.episode.open) == (T0 + 240 * MINUTE, False)
    assert over.episode.report_id == opened().report_id


@pytest.mark.parametrize(("ticks", "closed"), [(QUIET_TICKS - 1, False), (QUIET_TICKS, True)])
def test_one_that_the_bank_does_not_know_closes_after_as_many_quiet_ticks(ticks: int, closed: bool) -> None:
    """The new owner's bank was learned from history; what it does not open again is over."""
    episode = asked()
    at_ms = T0 + (1 + ticks) * MINUTE
    assert step(WATCH, episode, QUIET, at_ms).is_over == closed
    taken_over = T0 + 100 * MINUTE
    at_ms = taken_over + ticks * MINUTE
    assert step(WATCH, episode, QUIET, at_ms, watched_from_ms=taken_over).is_over == closed


def test_what_cannot_be_judged_closes_nothing() -> None:
    assert not step(WATCH, asked(), UNKNOWN, T0 + 600 * MINUTE).is_over


def test_one_of_two_is_over_by_itself() -> None:
    pool = asked().model_copy(update={"cause": "pool"})
    one_ends = Observation(T0, open_goes_on=True, over=("cart",))
    done = [step(WATCH, known, one_ends, T0 + 9 * MINUTE) for known in (asked(), pool)]
    assert [each.is_over for each in done] == [True, False]


def test_what_is_known_by_another_name_is_over_with_the_last_one_of_the_bank() -> None:
    other = Observation(T0, over=("orders",))
    assert step(WATCH, asked(), other, T0 + 9 * MINUTE).is_over
    assert not step(WATCH, asked(), replace(other, open_goes_on=True), T0 + 9 * MINUTE).is_over


@pytest.mark.parametrize(
    ("cause", "goes_on", "another"),
    [("orders", True, True), ("orders", False, False), ("cart", True, False), ("cart", False, False)],
)
def test_only_what_opens_beside_others_is_another_one(cause: str, goes_on: bool, another: bool) -> None:
    opening = Opening(cause, T0, 9.5, "errors rise")
    observation = Observation(T0, opening=opening, open_goes_on=goes_on)
    assert is_another([asked()], opening, observation) == another


def test_the_open_ones_come_in_the_order_of_their_opening() -> None:
    old = opened().model_copy(update={"opened_ms": T0 - MINUTE, "cause": "redis"})
    closed = opened().model_copy(update={"opened_ms": T0 + MINUTE, "open": False})
    assert open_episodes([opened(), old, closed]) == [old, opened()]
