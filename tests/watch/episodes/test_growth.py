"""An episode that grows is told of again: by whom it was not told of yet, once, and not too often."""

from dataclasses import replace

import pytest

from patternwatch.contracts.episodes import Episode
from patternwatch.watch.episodes.growth import APART_TICKS, GROWN, MAX_A_DAY, MAX_TOLD, growth, measured
from patternwatch.watch.episodes.observation import EpisodePart, Observation

T0, MINUTE, DAY = 1_760_000_000_000, 60_000, 24 * 3_600_000
CART, QUEUE = ("cart", T0), ("queue", T0 + 100 * MINUTE)
ALONE = EpisodePart("cart", (CART,), (), 12.0)
WITH_QUEUE = replace(ALONE, members=(CART, QUEUE))


def seen(*parts: EpisodePart) -> Observation:
    return Observation(T0, open_goes_on=True, parts=parts)


def told() -> Episode:
    """An hour old, and looked at."""
    episode = Episode(
        tenant="default", watch="shop", cause="cart", report_id="e1", opened_ms=T0, last_seen_ms=T0,
        open=True, since_ms=T0, asked=True,
    )  # fmt: skip
    return measured(episode, seen(ALONE))


AT = T0 + 102 * MINUTE


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (ALONE, None),
        (WITH_QUEUE, "queue fails or waits too"),
        (replace(WITH_QUEUE, gone=("queue",)), "queue is gone"),
        (replace(ALONE, gone=("cart",)), "cart is gone"),
        (replace(ALONE, height=12.0 * GROWN), "it is 2 times as strong as before"),
        (replace(ALONE, height=12.0 * GROWN - 0.1), None),
        (EpisodePart("other", (QUEUE,), ("queue",), 90.0), None),
    ],
)
def test_it_grows_by_who_is_new_by_who_is_gone_and_by_its_strength(
    part: EpisodePart, words: str | None
) -> None:
    found = growth(told(), seen(part), AT, MINUTE)
    assert (found and found.words) == words
    if found:
        assert growth(found.episode, seen(part), AT + MINUTE, MINUTE) is None, "once"


def test_when_it_grew_is_since_when_the_new_one_shows_it() -> None:
    found = growth(told(), seen(WITH_QUEUE), AT, MINUTE)
    assert found
    assert found.since_ms == QUEUE[1]


def test_what_is_not_asked_for_yet_grows_by_nothing() -> None:
    assert growth(told().model_copy(update={"asked": False}), seen(WITH_QUEUE), AT, MINUTE) is None


def test_looks_are_some_ticks_apart_and_so_many_a_day() -> None:
    episode = told().model_copy(update={"grown_ms": [AT]})
    early, late = AT + (APART_TICKS - 1) * MINUTE, AT + APART_TICKS * MINUTE
    assert growth(episode, seen(WITH_QUEUE), early, MINUTE) is None
    assert growth(episode, seen(WITH_QUEUE), late, MINUTE)
    often = told().model_copy(update={"grown_ms": [AT + 60 * MINUTE * n for n in range(MAX_A_DAY)]})
    assert growth(often, seen(WITH_QUEUE), AT + 600 * MINUTE, MINUTE) is None
    found = growth(often, seen(WITH_QUEUE), AT + DAY + MINUTE, MINUTE)
    assert found
    assert found.episode.grown_ms == often.grown_ms[1:], "those of the last day are kept"


def test_a_cluster_that_fails_as_a_whole_is_told_of_once() -> None:
    many = tuple((f"svc{n}", T0) for n in range(MAX_TOLD + 5))
    found = growth(told(), seen(replace(ALONE, members=many)), AT, MINUTE)
    assert found
    assert found.words == "svc0 fails or waits too; svc1 fails or waits too; svc2 fails or waits too; 52 more"
    assert growth(found.episode, seen(replace(ALONE, members=many)), AT + 20 * MINUTE, MINUTE) is None
